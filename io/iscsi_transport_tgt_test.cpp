// IscsiTransport against a real target, Debian's tgtd: login, data, death in all its forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "io/iscsi_transport.h"
#include "io/transport_probe.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tgt.h"

namespace io {
namespace {

using mpio::Delivery;
using mpio::LinkResult;
using test::Io;
using test::make_read;
using test::make_test_unit_ready;
using test::make_write;
using test::Probe;
using test::run_until;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr uint64_t kLunBytes = 64u << 20;
constexpr const char* kInitiator = "iqn.2026-11.test.dsmkit:initiator";

class IscsiTransportTgt : public testing::Test {
 protected:
  void SetUp() override {
    DSMKIT_NEED_TOOL("tgtd");
    DSMKIT_NEED_TOOL("tgtadm");
  }

  void start_target(test_support::TgtOptions options = {}) {
    options.backing_file = folder_.sparse_file("lun", kLunBytes);
    tgt_ = std::make_unique<test_support::Tgt>(folder_, options);
    ASSERT_EQ(tgt_->error(), "");
  }

  IscsiPathConfig config() const {
    IscsiPathConfig config;
    config.host = "127.0.0.1";
    config.port = tgt_->port();
    config.target = tgt_->options().target;
    config.lun = 1;
    config.initiator_name = kInitiator;
    config.isid =
        make_isid(kInitiator, "127.0.0.1:" + std::to_string(config.port), config.target, 0);
    return config;
  }

  void make_transport(const IscsiPathConfig& config) {
    transport_ = std::make_unique<IscsiTransport>(loop_, config);
    transport_->set_handler(probe_);
  }

  LinkResult login(const IscsiPathConfig& config) {
    make_transport(config);
    return login();
  }
  LinkResult login() {
    const size_t before = probe_.logins.size();
    transport_->start_login();
    EXPECT_EQ(probe_.logins.size(), before) << "called back from inside start_login()";
    EXPECT_TRUE(run_until(loop_, [&] { return probe_.logins.size() > before; }));
    return probe_.logins.size() > before ? probe_.logins.back() : LinkResult::dropped;
  }

  void run(Io& io) {
    transport_->submit(io.command);
    EXPECT_EQ(io.done, 0) << "called back from inside submit()";
    EXPECT_TRUE(run_until(loop_, [&] { return io.done > 0; }));
    EXPECT_EQ(io.done, 1);
  }

  // A new I_T nexus first hears that it was reset (unit attention).
  void settle() {
    for (int i = 0; i < 3; ++i) {
      const auto ready = make_test_unit_ready();
      run(*ready);
      if (ready->good()) {
        return;
      }
    }
    ADD_FAILURE() << "the unit does not become ready";
  }

  void login_and_settle() {
    start_target();
    if (HasFatalFailure()) {
      return;
    }
    ASSERT_EQ(login(config()), LinkResult::ok) << probe_.last_detail;
    settle();
    probe_.order.clear();
    probe_.commands_done = 0;
  }

  // Reads submitted to a target that does not move any more.
  std::vector<std::unique_ptr<Io>> outstanding_at_frozen_target(size_t count) {
    tgt_->process().signal(SIGSTOP);
    std::vector<std::unique_ptr<Io>> ios;
    for (size_t i = 0; i < count; ++i) {
      ios.push_back(i % 2 == 0 ? make_read(i * 8, 8, 2) : make_write(i * 8, 8, 1, 3));
      transport_->submit(ios.back()->command);
    }
    return ios;
  }

  test_support::TempDir folder_;
  std::unique_ptr<test_support::Tgt> tgt_;
  EventLoop loop_;
  Probe probe_;
  std::unique_ptr<IscsiTransport> transport_;
};

TEST_F(IscsiTransportTgt, LogsInWritesAndReadsBack) {
  login_and_settle();
  const auto write = make_write(8, 8, 42);
  run(*write);
  ASSERT_TRUE(write->good());
  const auto read = make_read(8, 8);
  run(*read);
  ASSERT_TRUE(read->good());
  EXPECT_EQ(read->bytes, write->bytes);
  EXPECT_EQ(read->command.residual_bytes, 0u);
  EXPECT_GT(probe_.heard, 0);
}

}  // namespace
}  // namespace io
