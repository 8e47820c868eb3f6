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
using test::make_io;
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

// --- Login
// -----------------------------------------------------------------------------------------------------------

TEST_F(IscsiTransportTgt, SaysThatThePortalKnowsNoSuchTarget) {
  start_target();
  IscsiPathConfig wrong = config();
  wrong.target = "iqn.2026-11.test.dsmkit:nobody";
  EXPECT_EQ(login(wrong), LinkResult::no_such_target);
  EXPECT_THAT(probe_.last_detail, HasSubstr(wrong.target));
  EXPECT_THAT(probe_.last_detail, HasSubstr("127.0.0.1:" + std::to_string(wrong.port)));
}

TEST_F(IscsiTransportTgt, FindsAWrongLunOnlyByCommands) {
  start_target();
  IscsiPathConfig wrong = config();
  wrong.lun = 77;
  ASSERT_EQ(login(wrong), LinkResult::ok);
  const auto ready = make_test_unit_ready();
  run(*ready);
  EXPECT_EQ(ready->command.delivery, Delivery::delivered);
  EXPECT_EQ(ready->command.scsi_status, 2);
  EXPECT_EQ(ready->sense().code(), 0x2500);  // LOGICAL UNIT NOT SUPPORTED
}

TEST_F(IscsiTransportTgt, ChecksTheChapSecret) {
  start_target({.chap_user = "alice", .chap_password = "twelve-characters"});
  IscsiPathConfig path = config();
  EXPECT_EQ(login(path), LinkResult::auth_failed) << probe_.last_detail;
  EXPECT_THAT(probe_.last_detail, HasSubstr("user%password@"));

  path.user = "alice";
  path.password = "not-the-right-one";
  EXPECT_EQ(login(path), LinkResult::auth_failed) << probe_.last_detail;
  EXPECT_THAT(probe_.last_detail, HasSubstr("'alice'"));
  EXPECT_THAT(probe_.last_detail, Not(HasSubstr("not-the-right-one")));

  path.password = "twelve-characters";
  EXPECT_EQ(login(path), LinkResult::ok) << probe_.last_detail;
  settle();
}

TEST_F(IscsiTransportTgt, MakesTheTargetProveItselfByMutualChap) {
  start_target({.chap_user = "alice",
                .chap_password = "twelve-characters",
                .mutual_user = "array",
                .mutual_password = "another-dozen-of-them"});
  IscsiPathConfig path = config();
  path.user = "alice";
  path.password = "twelve-characters";
  path.target_user = "array";
  path.target_password = "another-dozen-of-them";
  EXPECT_EQ(login(path), LinkResult::ok) << probe_.last_detail;
  settle();

  path.target_password = "what-the-array-lacks";
  EXPECT_EQ(login(path), LinkResult::auth_failed) << probe_.last_detail;
  EXPECT_THAT(probe_.last_detail, HasSubstr("mutual"));
  EXPECT_THAT(probe_.last_detail, Not(HasSubstr("what-the-array-lacks")));

  path.target_password = "another-dozen-of-them";
  path.target_user = "impostor";
  EXPECT_EQ(login(path), LinkResult::auth_failed) << probe_.last_detail;
  EXPECT_THAT(probe_.last_detail, HasSubstr("mutual"));
}

TEST_F(IscsiTransportTgt, WillNotTrustATargetThatSkipsMutualChap) {
  start_target({.chap_user = "alice", .chap_password = "twelve-characters"});
  IscsiPathConfig path = config();
  path.user = "alice";
  path.password = "twelve-characters";
  path.target_user = "array";
  path.target_password = "another-dozen-of-them";
  EXPECT_EQ(login(path), LinkResult::auth_failed) << probe_.last_detail;
}

TEST_F(IscsiTransportTgt, SaysThatNobodyListens) {
  start_target();
  IscsiPathConfig path = config();
  path.port = test_support::free_port();
  EXPECT_EQ(login(path), LinkResult::refused);
  EXPECT_THAT(probe_.last_detail, HasSubstr("127.0.0.1:" + std::to_string(path.port)));
  EXPECT_EQ(login(), LinkResult::refused) << "the second try of the same object";
}

TEST_F(IscsiTransportTgt, ResolvesNamesAndSaysWhenItCannot) {
  start_target();
  IscsiPathConfig path = config();
  path.host = "localhost";  // ::1 may come first, and nobody listens there
  EXPECT_EQ(login(path), LinkResult::ok) << probe_.last_detail;
  path.host = "no-such-host.invalid";
  EXPECT_EQ(login(path), LinkResult::unreachable);
  EXPECT_THAT(probe_.last_detail, HasSubstr("no-such-host.invalid"));
}

TEST_F(IscsiTransportTgt, IsSilentAfterADropOfALoginThatHangs) {
  start_target();
  tgt_->process().signal(SIGSTOP);
  make_transport(config());
  transport_->start_login();
  EXPECT_FALSE(run_until(
      loop_, [&] { return !probe_.order.empty(); }, std::chrono::milliseconds(300)));
  transport_->drop();
  tgt_->process().signal(SIGCONT);
  EXPECT_FALSE(run_until(
      loop_, [&] { return !probe_.order.empty(); }, std::chrono::milliseconds(300)));
  EXPECT_EQ(login(), LinkResult::ok) << probe_.last_detail;
}

TEST_F(IscsiTransportTgt, ReportsATargetThatDiesDuringTheLogin) {
  start_target();
  tgt_->process().signal(SIGSTOP);
  make_transport(config());
  transport_->start_login();
  for (int i = 0; i < 5; ++i) {
    loop_.run_once(20);
  }
  tgt_->process().signal(SIGKILL);
  ASSERT_TRUE(run_until(loop_, [&] { return !probe_.logins.empty(); }));
  EXPECT_THAT(probe_.logins.front(), testing::AnyOf(LinkResult::closed_by_peer, LinkResult::reset));
  EXPECT_EQ(probe_.order, "L");
}

// A session is known by initiator name and ISID: the second login with the same ones ends the first
// session and its tasks. (tgtd does so only when the login has a security stage: see
// iscsi/initiator/login.h.)
TEST_F(IscsiTransportTgt, ReinstatesItsSessionByTheSameIsid) {
  login_and_settle();
  Probe second_probe;
  IscsiTransport second(loop_, config());
  second.set_handler(second_probe);
  second.start_login();
  ASSERT_TRUE(
      run_until(loop_, [&] { return !second_probe.logins.empty() && !probe_.losses.empty(); }));
  EXPECT_THAT(second_probe.logins, ElementsAre(LinkResult::ok));

  // With an ISID of its own the third disturbs nobody.
  IscsiPathConfig other = config();
  other.isid = make_isid(kInitiator, "127.0.0.1:" + std::to_string(other.port), other.target, 1);
  ASSERT_EQ(login(other), LinkResult::ok);
  settle();
  EXPECT_TRUE(second_probe.losses.empty());
}

TEST_F(IscsiTransportTgt, LogsInAgainAfterADrop) {
  login_and_settle();
  for (int i = 0; i < 20; ++i) {
    transport_->drop();
    ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  }
  settle();
  EXPECT_TRUE(probe_.losses.empty());
}

// --- Commands
// --------------------------------------------------------------------------------------------------------

TEST_F(IscsiTransportTgt, Carries64WritesAndReadsInSlices) {
  login_and_settle();
  std::vector<std::unique_ptr<Io>> writes;
  for (uint32_t i = 0; i < 64; ++i) {
    writes.push_back(make_write(i * 64, 1 + i, i, 1 + i % 7));
    transport_->submit(writes.back()->command);
  }
  ASSERT_TRUE(run_until(loop_, [&] { return probe_.commands_done == 64; }));
  std::vector<std::unique_ptr<Io>> reads;
  for (uint32_t i = 0; i < 64; ++i) {
    EXPECT_TRUE(writes[i]->good()) << i;
    reads.push_back(make_read(i * 64, 1 + i, 1 + i % 5));
    transport_->submit(reads.back()->command);
  }
  ASSERT_TRUE(run_until(loop_, [&] { return probe_.commands_done == 128; }));
  for (uint32_t i = 0; i < 64; ++i) {
    EXPECT_TRUE(reads[i]->good()) << i;
    EXPECT_EQ(reads[i]->bytes, writes[i]->bytes) << i;
  }
}

// Sizes round the limits that are negotiated: 8 KiB and 256 KiB segments and bursts.
TEST_F(IscsiTransportTgt, CarriesEverySize) {
  login_and_settle();
  for (const uint32_t blocks : {1u, 15u, 16u, 17u, 128u, 511u, 512u, 513u, 1024u, 2048u, 8192u}) {
    const auto write = make_write(100, blocks, blocks, 3);
    run(*write);
    ASSERT_TRUE(write->good()) << blocks;
    const auto read = make_read(100, blocks, 16);
    run(*read);
    ASSERT_TRUE(read->good()) << blocks;
    EXPECT_TRUE(read->bytes == write->bytes) << blocks;
  }
}

// tgtd checks ours, and we check its.
TEST_F(IscsiTransportTgt, CarriesDataWithDigests) {
  start_target();
  IscsiPathConfig path = config();
  path.header_digest = path.data_digest = DigestChoice::crc32c;
  EXPECT_EQ(login(path), LinkResult::refused) << "it has to be told that it may";
  EXPECT_THAT(probe_.last_detail, HasSubstr("header_digest=crc32c"));
  for (const char* digest : {"HeaderDigest", "DataDigest"}) {
    ASSERT_TRUE(tgt_->admin({"--op", "update", "--mode", "target", "--tid", "1", "--name", digest,
                             "--value", "CRC32C"}));
  }
  ASSERT_EQ(login(path), LinkResult::ok) << probe_.last_detail;
  settle();
  for (const uint32_t blocks : {1u, 17u, 513u, 2048u}) {
    const auto write = make_write(100, blocks, blocks, 3);
    run(*write);
    ASSERT_TRUE(write->good()) << blocks;
    const auto read = make_read(100, blocks, 16);
    run(*read);
    ASSERT_TRUE(read->good()) << blocks << probe_.last_detail;
    EXPECT_TRUE(read->bytes == write->bytes) << blocks;
  }
}

TEST_F(IscsiTransportTgt, ReportsUnderflowAndSense) {
  login_and_settle();
  const auto inquiry = make_io(scsi::make_inquiry(255), mpio::Direction::from_target, 255);
  run(*inquiry);
  ASSERT_TRUE(inquiry->good());
  EXPECT_EQ(inquiry->command.residual_bytes, 255u - (5u + inquiry->bytes[4]));
  EXPECT_EQ(std::string(inquiry->bytes.begin() + 8, inquiry->bytes.begin() + 14), "DSMKIT");

  const auto beyond = make_read(kLunBytes / 512, 8);
  run(*beyond);
  EXPECT_EQ(beyond->command.delivery, Delivery::delivered);
  EXPECT_EQ(beyond->command.scsi_status, 2);
  EXPECT_EQ(beyond->sense().code(), 0x2100);  // LOGICAL BLOCK ADDRESS OUT OF RANGE
}

// tgtd refuses the write while most of its data is still queued here; those bytes must not be
// touched any more.
TEST_F(IscsiTransportTgt, LetsGoOfTheBufferOfAWriteThatWasRefused) {
  login_and_settle();
  for (int round = 0; round < 4; ++round) {
    auto refused = make_write(kLunBytes / 512, 4096, 7, 5);
    run(*refused);
    EXPECT_EQ(refused->command.scsi_status, 2);
    refused.reset();  // address sanitizer watches who still reads it
    const auto ready = make_test_unit_ready();
    run(*ready);
    EXPECT_TRUE(ready->good());
  }
}

TEST_F(IscsiTransportTgt, HandsBackNotSentWhenTheLinkIsDown) {
  start_target();
  make_transport(config());
  const auto ready = make_test_unit_ready();
  run(*ready);
  EXPECT_EQ(ready->command.delivery, Delivery::not_sent);
  EXPECT_EQ(probe_.order, "c");
}

TEST_F(IscsiTransportTgt, HearsTheAnswerToANop) {
  login_and_settle();
  const int before = probe_.heard;
  EXPECT_TRUE(transport_->send_nop());
  EXPECT_TRUE(run_until(loop_, [&] { return probe_.heard > before; }));

  tgt_->process().signal(SIGSTOP);
  const int frozen = probe_.heard;
  EXPECT_TRUE(transport_->send_nop());
  EXPECT_TRUE(transport_->send_nop());
  EXPECT_FALSE(run_until(
      loop_, [&] { return probe_.heard > frozen; }, std::chrono::milliseconds(300)));
  tgt_->process().signal(SIGCONT);
  EXPECT_TRUE(run_until(loop_, [&] { return probe_.heard > frozen; }));
}

// --- The end of a link
// -----------------------------------------------------------------------------------------------

TEST_F(IscsiTransportTgt, HandsEverythingBackOnceWhenTheTargetIsKilled) {
  login_and_settle();
  const auto ios = outstanding_at_frozen_target(40);
  tgt_->process().signal(SIGKILL);
  ASSERT_TRUE(run_until(loop_, [&] { return !probe_.losses.empty(); }));
  for (const auto& io : ios) {
    EXPECT_EQ(io->done, 1);
    EXPECT_EQ(io->command.delivery, Delivery::link_lost);
  }
  EXPECT_EQ(probe_.order, std::string(40, 'c') + "X");
  EXPECT_THAT(probe_.losses.front(), testing::AnyOf(LinkResult::closed_by_peer, LinkResult::reset));
  EXPECT_FALSE(run_until(
      loop_, [&] { return probe_.order.size() > 41; }, std::chrono::milliseconds(100)));
  EXPECT_EQ(login(), LinkResult::refused);
}

TEST_F(IscsiTransportTgt, NoticesTheDeathOfAnIdleLink) {
  login_and_settle();
  tgt_->process().signal(SIGKILL);
  ASSERT_TRUE(run_until(loop_, [&] { return !probe_.losses.empty(); }));
  EXPECT_EQ(probe_.order, "X");
}

TEST_F(IscsiTransportTgt, DropHandsBackAtOnceWhatAFrozenTargetHolds) {
  login_and_settle();
  const auto ios = outstanding_at_frozen_target(32);
  EXPECT_FALSE(run_until(
      loop_, [&] { return !probe_.order.empty(); }, std::chrono::milliseconds(200)));
  transport_->drop();
  for (const auto& io : ios) {
    EXPECT_EQ(io->done, 1);
    EXPECT_EQ(io->command.delivery, Delivery::dropped);
  }
  EXPECT_EQ(probe_.order, std::string(32, 'c'));
  tgt_->process().signal(SIGCONT);
  EXPECT_FALSE(run_until(
      loop_, [&] { return probe_.order.size() > 32; }, std::chrono::milliseconds(200)));
  EXPECT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  settle();
}

TEST_F(IscsiTransportTgt, LogsOut) {
  login_and_settle();
  transport_->logout();
  EXPECT_TRUE(probe_.losses.empty());
  ASSERT_TRUE(run_until(loop_, [&] { return !probe_.losses.empty(); }));
  EXPECT_THAT(probe_.losses, ElementsAre(LinkResult::dropped));
  EXPECT_EQ(login(), LinkResult::ok) << probe_.last_detail;
}

TEST_F(IscsiTransportTgt, DropCutsALogoutShort) {
  login_and_settle();
  tgt_->process().signal(SIGSTOP);
  transport_->logout();
  EXPECT_FALSE(run_until(
      loop_, [&] { return !probe_.losses.empty(); }, std::chrono::milliseconds(100)));
  transport_->drop();
  EXPECT_THAT(probe_.losses, ElementsAre(LinkResult::dropped));
}

// --- What a handler may do from inside a callback
// --------------------------------------------------------------------

TEST_F(IscsiTransportTgt, MayBeDroppedFromInsideACommandDone) {
  login_and_settle();
  std::vector<std::unique_ptr<Io>> ios;
  bool in_drop = false;
  int back_when_drop_returned = 0;
  probe_.command_hook = [&](Io&) {
    if (!in_drop) {
      in_drop = true;
      transport_->drop();
      back_when_drop_returned = probe_.commands_done;
    }
  };
  for (uint32_t i = 0; i < 16; ++i) {
    ios.push_back(make_read(i, 1));
    transport_->submit(ios.back()->command);
  }
  ASSERT_TRUE(run_until(loop_, [&] { return in_drop; }));
  EXPECT_EQ(back_when_drop_returned, 16);
  EXPECT_EQ(probe_.order, std::string(16, 'c'));
  probe_.command_hook = nullptr;
  EXPECT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  settle();
}

TEST_F(IscsiTransportTgt, MayBeDroppedFromInsideTheFirstOfManyLostCommands) {
  login_and_settle();
  const auto ios = outstanding_at_frozen_target(16);
  int back_when_drop_returned = 0;
  probe_.command_hook = [&](Io&) {
    if (back_when_drop_returned == 0) {
      back_when_drop_returned = -1;
      transport_->drop();
      back_when_drop_returned = probe_.commands_done;
    }
  };
  tgt_->process().signal(SIGKILL);
  ASSERT_TRUE(run_until(loop_, [&] { return back_when_drop_returned > 0; }));
  EXPECT_EQ(back_when_drop_returned, 16);
  EXPECT_EQ(probe_.order, std::string(16, 'c')) << "no word of the link after drop()";
}

TEST_F(IscsiTransportTgt, MayLogInAgainFromInsideTheLoss) {
  login_and_settle();
  probe_.logins.clear();
  probe_.lost_hook = [&] {
    probe_.lost_hook = nullptr;
    transport_->start_login();
  };
  IscsiTransport second(loop_, config());  // the same session: its login ends the first one
  Probe second_probe;
  second.set_handler(second_probe);
  second.start_login();
  ASSERT_TRUE(run_until(loop_, [&] { return !probe_.logins.empty(); }));
  EXPECT_THAT(probe_.logins, ElementsAre(LinkResult::ok));
  EXPECT_EQ(probe_.order, "XL");
}

TEST_F(IscsiTransportTgt, MayBeDestroyedFromInsideAnyCallback) {
  start_target();
  const auto destroy = [&] { transport_.reset(); };

  make_transport(config());
  probe_.login_hook = destroy;
  transport_->start_login();
  ASSERT_TRUE(run_until(loop_, [&] { return transport_ == nullptr; })) << "login done";
  probe_ = {};

  IscsiPathConfig refused = config();
  refused.port = test_support::free_port();
  make_transport(refused);
  probe_.login_hook = destroy;
  transport_->start_login();
  ASSERT_TRUE(run_until(loop_, [&] { return transport_ == nullptr; })) << "login refused";
  probe_ = {};

  const auto submit_reads = [&] {
    std::vector<std::unique_ptr<Io>> ios;
    for (uint32_t i = 0; i < 8; ++i) {
      ios.push_back(make_read(i, 1));
      transport_->submit(ios.back()->command);
    }
    return ios;
  };
  ASSERT_EQ(login(config()), LinkResult::ok);
  settle();
  {
    probe_.command_hook = [&](Io&) { transport_.reset(); };
    const auto ios = submit_reads();
    ASSERT_TRUE(run_until(loop_, [&] { return transport_ == nullptr; })) << "command done";
    for (const auto& io : ios) {
      EXPECT_EQ(io->done, 1);
    }
    probe_ = {};
  }
  ASSERT_EQ(login(config()), LinkResult::ok);
  settle();
  {
    probe_.heard_hook = destroy;
    const auto ios = submit_reads();
    ASSERT_TRUE(run_until(loop_, [&] { return transport_ == nullptr; })) << "heard";
    for (const auto& io : ios) {
      EXPECT_EQ(io->done, 1);
    }
    probe_ = {};
  }
  ASSERT_EQ(login(config()), LinkResult::ok);
  settle();
  {
    const auto ios = outstanding_at_frozen_target(8);
    probe_.command_hook = [&](Io&) { transport_.reset(); };
    tgt_->process().signal(SIGKILL);
    ASSERT_TRUE(run_until(loop_, [&] { return transport_ == nullptr; })) << "link lost, commands";
    for (const auto& io : ios) {
      EXPECT_EQ(io->done, 1);
    }
    EXPECT_TRUE(probe_.losses.empty());
    probe_ = {};
  }
}

TEST_F(IscsiTransportTgt, MayBeDestroyedFromInsideTheLoss) {
  login_and_settle();
  probe_.lost_hook = [&] { transport_.reset(); };
  tgt_->process().signal(SIGKILL);
  EXPECT_TRUE(run_until(loop_, [&] { return transport_ == nullptr; }));
}

TEST_F(IscsiTransportTgt, DestructionHandsBackWhatIsOutstanding) {
  login_and_settle();
  const auto ios = outstanding_at_frozen_target(8);
  transport_.reset();
  for (const auto& io : ios) {
    EXPECT_EQ(io->done, 1);
    EXPECT_EQ(io->command.delivery, Delivery::dropped);
  }
}

}  // namespace
}  // namespace io
