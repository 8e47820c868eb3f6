// What a person reads when a login or a session fails.
#include "io/iscsi_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace io {
namespace {

using iscsi::initiator::Ending;
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
  const auto status = [](uint16_t number) { return login_failure(path(), number); };
  expect_sentence(status(0x0201), LinkResult::auth_failed, "'alice'");
  expect_sentence(status(0x0202), LinkResult::auth_failed, "access list");
  expect_sentence(status(0x0203), LinkResult::no_such_target, "dsmkit discover");
  expect_sentence(status(0x0204), LinkResult::no_such_target, "removed");
  expect_sentence(status(0x0206), LinkResult::refused, "too many");
  expect_sentence(status(0x0301), LinkResult::refused, "try again");
  expect_sentence(status(0x020b), LinkResult::protocol_error, "login failed");
  expect_sentence(status(0xffff), LinkResult::protocol_error, "FFFFh");
  IscsiPathConfig nobody = path();
  nobody.user.clear();
  EXPECT_THAT(login_failure(nobody, 0x0201).detail, HasSubstr("user%password@"));
}

TEST(IscsiErrors, SaysWhyASessionHasEnded) {
  const auto ended = [](Ending::Why why, const char* text, uint16_t status = 0) {
    return session_failure(path(), true, {why, status, text});
  };
  expect_sentence(ended(Ending::Why::login_refused, "", 0x0203), LinkResult::no_such_target,
                  "discover");
  expect_sentence(ended(Ending::Why::chap_failed, ""), LinkResult::auth_failed, "'alice'");
  expect_sentence(ended(Ending::Why::unproved, ""), LinkResult::auth_failed, "mutual");
  expect_sentence(ended(Ending::Why::unwilling, "it does no digests"), LinkResult::refused,
                  "it does no digests");
  expect_sentence(ended(Ending::Why::asked_for, "asks for the end"), LinkResult::closed_by_peer,
                  "array at portal 10.0.0.1:3260 asks for the end");
  expect_sentence(ended(Ending::Why::violation, "an R2T for no write"), LinkResult::protocol_error,
                  "broke the iSCSI protocol: an R2T for no write");
  EXPECT_THAT(session_failure(path(), false, {Ending::Why::violation, 0, "x"}).detail,
              HasSubstr("login"));
}

TEST(IscsiErrors, SortsTheEndsOfConnections) {
  expect_sentence(lost_connection(path(), true, ECONNRESET), LinkResult::reset, "session");
  expect_sentence(lost_connection(path(), false, ECONNRESET), LinkResult::reset, "login");
  expect_sentence(lost_connection(path(), true, ETIMEDOUT), LinkResult::timed_out, "session");
  expect_sentence(lost_connection(path(), true, 0), LinkResult::closed_by_peer, "closed");
  expect_sentence(lost_connection(path(), false, 0), LinkResult::closed_by_peer, "log");
}

}  // namespace
}  // namespace io
