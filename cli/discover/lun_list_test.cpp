// The list of LUNs behind a portal: at tgtd, whose LUN 0 is its controller, and where nobody
// answers.
#include "cli/discover/lun_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "io/iscsi_url.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tgt.h"

namespace cli::discover {
namespace {

using testing::HasSubstr;

TEST(LunList, AsksTgtd) {
  DSMKIT_NEED_TOOL("tgtd");
  const test_support::TempDir folder;
  test_support::Tgt tgt(folder, {.backing_file = folder.sparse_file("lun", 1 << 20)});
  ASSERT_EQ(tgt.error(), "");
  for (int lun = 2; lun <= 300; lun += 149) {  // 2, 151, 300: also flat space addressing
    ASSERT_TRUE(tgt.admin({"--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun",
                           std::to_string(lun), "--bstype", "null", "-b", "1048576"}))
        << tgt.error();
  }
  io::EventLoop loop;
  io::IscsiPathConfig path;
  path.host = "127.0.0.1";
  path.port = tgt.port();
  path.target = tgt.options().target;
  io::set_initiator(path, "iqn.2026-11.test.dsmkit:initiator", 1);
  const LunList list = list_luns(loop, path, 30'000);
  ASSERT_EQ(list.error, "");
  std::vector<int> numbers;
  std::vector<bool> disks;
  for (const Lun& lun : list.luns) {
    numbers.push_back(lun.number);
    disks.push_back(lun.is_disk());
  }
  EXPECT_THAT(numbers, testing::ElementsAre(0, 1, 2, 151, 300));
  EXPECT_THAT(disks, testing::ElementsAre(false, true, true, true, true));
  EXPECT_EQ(list.luns[1].vendor, "DSMKIT");
  EXPECT_EQ(list.luns[1].product, "TEST");

  tgt.process().signal(SIGSTOP);
  EXPECT_THAT(list_luns(loop, path, 100).error, HasSubstr("in time"));
  tgt.process().signal(SIGCONT);

  path.target = "iqn.2026-11.test.dsmkit:nobody";
  const LunList none = list_luns(loop, path, 30'000);
  EXPECT_THAT(none.error, HasSubstr("knows no target"));
  EXPECT_TRUE(none.luns.empty());
}

}  // namespace
}  // namespace cli::discover
