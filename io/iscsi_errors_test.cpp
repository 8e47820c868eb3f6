// What a person reads when a login or a session fails.
#include "io/iscsi_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace io {
namespace {

using mpio::LinkResult;
using testing::HasSubstr;
using testing::Not;

IscsiPathConfig path() {
  IscsiPathConfig config;
  config.host = "10.0.0.1";
  config.target = "iqn.2026-11.test.dsmkit:array";
  config.initiator_name = "iqn.2026-11.test.dsmkit:host";
  config.user = "alice";
  config.password = "s3cr3t";
  config.target_user = "array";
  config.target_password = "s3cr3t-too";
  return config;
}

void expect_sentence(const LinkFailure& failure, LinkResult result, const std::string& word) {
  EXPECT_EQ(failure.result, result) << failure.detail;
  EXPECT_THAT(failure.detail, HasSubstr(word));
  EXPECT_THAT(failure.detail, HasSubstr("10.0.0.1:3260"));
  EXPECT_THAT(failure.detail, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(failure.detail, Not(HasSubstr("\n")));
}

TEST(IscsiErrors, SortsConnectErrors) {
  expect_sentence(connect_failure(path(), ECONNREFUSED), LinkResult::refused, "nothing listens");
  expect_sentence(connect_failure(path(), EHOSTUNREACH), LinkResult::unreachable, "route");
  expect_sentence(connect_failure(path(), ENETUNREACH), LinkResult::unreachable, "route");
  expect_sentence(connect_failure(path(), ETIMEDOUT), LinkResult::timed_out, "does not answer");
  expect_sentence(connect_failure(path(), EPERM), LinkResult::refused, "firewall");
  expect_sentence(connect_failure(path(), EIO), LinkResult::reset, "failed");
  expect_sentence(resolve_failure(path(), "Name or service not known"), LinkResult::unreachable,
                  "spelling");
}

TEST(IscsiErrors, SortsLoginStatuses) {
  const auto status = [](unsigned number) {
    return login_failure(path(),
                         "Failed to log in to target. Status: x(" + std::to_string(number) + ")");
  };
  expect_sentence(status(0x0201), LinkResult::auth_failed, "'alice'");
  expect_sentence(status(0x0202), LinkResult::auth_failed, "access list");
  expect_sentence(status(0x0203), LinkResult::no_such_target, "dsmkit discover");
  expect_sentence(status(0x0204), LinkResult::no_such_target, "removed");
  expect_sentence(status(0x0206), LinkResult::refused, "too many");
  expect_sentence(status(0x0301), LinkResult::refused, "try again");
  expect_sentence(status(0x020b), LinkResult::protocol_error, "login failed");
  IscsiPathConfig nobody = path();
  nobody.user.clear();
  EXPECT_THAT(login_failure(nobody, "Status: Authentication failed(513)").detail,
              HasSubstr("user%password@"));
}

// libiscsi 1.19's own sentences of CHAP that fails on this side.
TEST(IscsiErrors, KnowsMutualChap) {
  for (const char* text : {"Failed to log in to target. It did not return CHAP_N during SECNEG.",
                           "Failed to log in to target. It did not return CHAP_R during SECNEG.",
                           "Failed to log in to target. Wrong CHAP targetname received: impostor",
                           "Wrong size of CHAP_R received from target.",
                           "Authentication failed. Invalid CHAP_R response from the target"}) {
    expect_sentence(login_failure(path(), text), LinkResult::auth_failed, "mutual");
  }
  expect_sentence(login_failure(path(), "No CHAP challenge found"), LinkResult::auth_failed,
                  "CHAP");
}

TEST(IscsiErrors, SortsTheEndsOfConnections) {
  expect_sentence(lost_connection(path(), true, ECONNRESET, false, ""), LinkResult::reset,
                  "session");
  expect_sentence(lost_connection(path(), false, ECONNRESET, false, ""), LinkResult::reset,
                  "login");
  expect_sentence(lost_connection(path(), true, ETIMEDOUT, false, ""), LinkResult::timed_out,
                  "session");
  expect_sentence(lost_connection(path(), true, 0, true, ""), LinkResult::closed_by_peer, "closed");
  expect_sentence(lost_connection(path(), false, 0, true, ""), LinkResult::closed_by_peer, "log");
  expect_sentence(lost_connection(path(), true, 0, false, "too long"), LinkResult::protocol_error,
                  "too long");
  for (const char* text :
       {"Error when writing to socket :104", "read from socket failed, errno:104"}) {
    expect_sentence(lost_connection(path(), true, 0, false, text), LinkResult::reset,
                    "reset by peer");
  }
  expect_sentence(lost_connection(path(), true, 0, false, "iscsi_service: socket is odd"),
                  LinkResult::protocol_error, "odd");
}

TEST(IscsiErrors, TakesRubbishForAStatus) {
  for (const char* text : {"", "(", "()", "(99999999999999999999999)", "Status: (513", ")513("}) {
    EXPECT_FALSE(login_failure(path(), text).detail.empty()) << text;
  }
}

}  // namespace
}  // namespace io
