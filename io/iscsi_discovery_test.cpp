// Discovery: at tgtd, and at targets that answer wrongly or never.
#include "io/iscsi_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include "io/iscsi_url.h"
#include "io/scripted_target.h"
#include "io/transport_probe.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tgt.h"

namespace io {
namespace {

using mpio::LinkResult;
using test::Pdu;
using test::run_until;
using test::ScriptedTarget;
using test::TargetConnection;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::string_view_literals;

class IscsiDiscoveryTest : public testing::Test {
 protected:
  static IscsiPathConfig portal(uint16_t port) {
    IscsiPathConfig config;
    config.host = "127.0.0.1";
    config.port = port;
    set_initiator(config, "iqn.2026-11.test.dsmkit:initiator", 0);
    return config;
  }

  Discovery discover(const IscsiPathConfig& config, uint32_t deadline_ms = 30'000) {
    std::optional<Discovery> found;
    IscsiDiscovery discovery(loop_, config);
    discovery.start(deadline_ms, [&](const Discovery& result) {
      EXPECT_FALSE(found) << "called twice";
      found = result;
    });
    EXPECT_FALSE(found) << "called from inside start()";
    EXPECT_TRUE(run_until(loop_, [&] { return found.has_value(); }));
    return found.value_or(Discovery{});
  }

  // Answers SendTargets with these bytes, whatever they are.
  Discovery discover_text(std::string_view text, uint8_t flags = 0x80) {
    ScriptedTarget target({[&](TargetConnection& connection) {
      Pdu request;
      if (!connection.log_in() || !connection.read(request, 0x04)) {
        return;
      }
      Pdu answer;
      answer.header[0] = 0x24;
      answer.header[1] = flags;
      answer.set_word(16, request.tag());
      answer.set_word(20, 0xffffffff);
      answer.data.assign(text.begin(), text.end());
      connection.write(answer);
      while (connection.read(request)) {
      }
    }});
    last_port_ = target.port();
    return discover(portal(target.port()));
  }

  EventLoop loop_;
  uint16_t last_port_ = 0;
};

TEST_F(IscsiDiscoveryTest, ListsTheTargetsOfTgtd) {
  DSMKIT_NEED_TOOL("tgtd");
  const test_support::TempDir folder;
  test_support::Tgt tgt(folder, {.backing_file = folder.sparse_file("lun", 1 << 20)});
  ASSERT_EQ(tgt.error(), "");
  ASSERT_TRUE(tgt.admin(
      {"--op", "new", "--mode", "target", "--tid", "2", "-T", "iqn.2026-11.test.dsmkit:second"}));
  ASSERT_TRUE(tgt.admin({"--op", "bind", "--mode", "target", "--tid", "2", "-I", "ALL"}));
  const Discovery found = discover(portal(tgt.port()));
  ASSERT_EQ(found.failure.result, LinkResult::ok) << found.failure.detail;
  ASSERT_EQ(found.targets.size(), 2u);
  std::vector<std::string> names;
  for (const DiscoveredTarget& target : found.targets) {
    names.push_back(target.name);
    // tgtd names only the portal that was asked.
    EXPECT_THAT(target.portals, ElementsAre(DiscoveredPortal{"127.0.0.1", tgt.port()}));
  }
  EXPECT_THAT(
      names, testing::UnorderedElementsAre(tgt.options().target, "iqn.2026-11.test.dsmkit:second"));
}

TEST_F(IscsiDiscoveryTest, ReadsEveryFormOfPortal) {
  const Discovery found = discover_text(
      "TargetName=iqn.x:a\0TargetAddress=10.0.0.1:3261,1\0TargetAddress=[2001:db8::1]:3260,2\0"
      "TargetAddress=host.example\0TargetName=iqn.x:b\0"sv);
  ASSERT_EQ(found.failure.result, LinkResult::ok) << found.failure.detail;
  ASSERT_EQ(found.targets.size(), 2u);
  EXPECT_EQ(found.targets[0].name, "iqn.x:a");
  EXPECT_THAT(found.targets[0].portals,
              ElementsAre(DiscoveredPortal{"10.0.0.1", 3261}, DiscoveredPortal{"2001:db8::1", 3260},
                          DiscoveredPortal{"host.example", 3260}));
  EXPECT_EQ(found.targets[1].name, "iqn.x:b");
  EXPECT_THAT(found.targets[1].portals, ElementsAre(DiscoveredPortal{"127.0.0.1", last_port_}));
  EXPECT_EQ(found.ignored, 0u);
}

TEST_F(IscsiDiscoveryTest, AnEmptyListIsNoError) {
  const Discovery found = discover_text({});
  EXPECT_EQ(found.failure.result, LinkResult::ok) << found.failure.detail;
  EXPECT_TRUE(found.targets.empty());
}

TEST_F(IscsiDiscoveryTest, LeavesOutWhatNobodyShouldPaste) {
  const Discovery found = discover_text(
      "TargetName=iqn.x:\033[2J\0TargetAddress=10.0.0.1:3261,1\0TargetName=iqn.x:good\0"
      "TargetAddress=$(reboot):1,1\0TargetAddress=10.0.0.1:0,1\0TargetAddress=10.0.0.2,1\0TargetName=disk\0"sv);
  ASSERT_EQ(found.failure.result, LinkResult::ok) << found.failure.detail;
  ASSERT_EQ(found.targets.size(), 1u);
  EXPECT_THAT(found.targets[0].portals, ElementsAre(DiscoveredPortal{"10.0.0.2", 3260}));
  EXPECT_EQ(found.ignored, 4u);
}

TEST_F(IscsiDiscoveryTest, SurvivesRubbish) {
  for (const std::string_view text :
       {"TargetAddress=10.0.0.1:3260,1\0"sv, "TargetName="sv, "TargetName=\0"sv, "rubbish"sv,
        "\0\0\0\0"sv, "\xff\xfe\xfd\xfc"sv, "TargetName=iqn.x:a\0TargetAddress="sv,
        "TargetName=iqn.x:a\0Other=1\0"sv}) {
    const Discovery found = discover_text(text);
    for (const DiscoveredTarget& target : found.targets) {
      EXPECT_EQ(target.name, "iqn.x:a");
    }
  }
  EXPECT_NE(discover_text("TargetName=iqn.x:a\0"sv, 0x40).failure.result, LinkResult::ok)
      << "to be continued";
}

TEST_F(IscsiDiscoveryTest, SaysWhyThereIsNoList) {
  const Discovery refused = discover(portal(test_support::free_port()));
  EXPECT_EQ(refused.failure.result, LinkResult::refused);
  EXPECT_THAT(refused.failure.detail, HasSubstr("127.0.0.1"));

  ScriptedTarget hangs_up({[](TargetConnection& connection) {
    connection.log_in();
    Pdu request;
    connection.read(request, 0x04);
  }});
  const Discovery closed = discover(portal(hangs_up.port()));
  EXPECT_EQ(closed.failure.result, LinkResult::closed_by_peer) << closed.failure.detail;

  ScriptedTarget denies({[](TargetConnection& connection) {
    Pdu request;
    connection.read(request);
    connection.answer_login(request, {}, 0x0201);
    connection.read(request);
  }});
  IscsiPathConfig path = portal(denies.port());
  path.user = "alice";
  path.password = "s3cr3t";
  const Discovery denied = discover(path);
  EXPECT_EQ(denied.failure.result, LinkResult::auth_failed) << denied.failure.detail;
  EXPECT_THAT(denied.failure.detail, Not(HasSubstr("s3cr3t")));
}

TEST_F(IscsiDiscoveryTest, EndsAtItsDeadline) {
  ScriptedTarget mute({[](TargetConnection& connection) {
    Pdu request;
    while (connection.read(request)) {
    }
  }});
  const Discovery login = discover(portal(mute.port()), 50);
  EXPECT_EQ(login.failure.result, LinkResult::timed_out);
  EXPECT_THAT(login.failure.detail, HasSubstr("50 ms"));

  ScriptedTarget forgetful({[](TargetConnection& connection) {
    connection.log_in();
    Pdu request;
    while (connection.read(request)) {
    }
  }});
  EXPECT_EQ(discover(portal(forgetful.port()), 200).failure.result, LinkResult::timed_out);
}

TEST_F(IscsiDiscoveryTest, MayBeCancelledAndDestroyedFromInside) {
  const uint16_t nobody = test_support::free_port();
  bool called = false;
  {
    IscsiDiscovery cancelled(loop_, portal(nobody));
    cancelled.start(30'000, [&](const Discovery&) { called = true; });
  }
  EXPECT_FALSE(run_until(
      loop_, [&] { return called; }, std::chrono::milliseconds(50)));
  auto discovery = std::make_unique<IscsiDiscovery>(loop_, portal(nobody));
  discovery->start(30'000, [&](const Discovery&) { discovery.reset(); });
  EXPECT_TRUE(run_until(loop_, [&] { return discovery == nullptr; }));
}

}  // namespace
}  // namespace io
