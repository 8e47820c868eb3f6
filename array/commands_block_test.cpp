// READ, WRITE, SYNCHRONIZE CACHE, PRE-FETCH.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "array/testing/rig.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Outcome;
using testing::pattern;
using testing::Raw;
using testing::Rig;

constexpr size_t kBlock = 512;
constexpr unsigned kLast = (16U << 20) / kBlock - 1;

// A transfer of `blocks` at `lba` in each of its forms.
std::vector<scsi::Cdb> forms(uint8_t opcode6, uint8_t opcode10, uint8_t opcode12, uint8_t opcode16,
                             uint32_t lba, uint8_t blocks) {
  std::vector<scsi::Cdb> cdbs(4);
  cdbs[0].length = 6;
  cdbs[0].bytes[0] = opcode6;
  base::store_be24(&cdbs[0].bytes[1], lba);
  cdbs[0].bytes[4] = blocks;
  cdbs[1].length = 10;
  cdbs[1].bytes[0] = opcode10;
  base::store_be32(&cdbs[1].bytes[2], lba);
  cdbs[1].bytes[8] = blocks;
  cdbs[2].length = 12;
  cdbs[2].bytes[0] = opcode12;
  base::store_be32(&cdbs[2].bytes[2], lba);
  cdbs[2].bytes[9] = blocks;
  cdbs[3].length = 16;
  cdbs[3].bytes[0] = opcode16;
  base::store_be64(&cdbs[3].bytes[2], lba);
  cdbs[3].bytes[13] = blocks;
  return cdbs;
}

TEST(BlockCommands, EveryFormReadsWhatEveryFormWrites) {
  Rig rig;
  Host& host = rig.host();
  uint8_t seed = 1;
  for (const scsi::Cdb& write : forms(0x0a, 0x2a, 0xaa, 0x8a, 3, 4)) {
    const Raw data = pattern(4 * kBlock, seed++);
    ASSERT_EQ(host.send(write, data).status, scsi::kGood);
    for (const scsi::Cdb& read : forms(0x08, 0x28, 0xa8, 0x88, 3, 4)) {
      const Outcome outcome = host.send(read);
      EXPECT_EQ(outcome.status, scsi::kGood);
      EXPECT_EQ(outcome.data, data) << int{write.bytes[0]} << " " << int{read.bytes[0]};
    }
  }
}

TEST(BlockCommands, BeyondTheEnd) {
  Rig rig;
  Host& host = rig.host();
  for (const auto& cdbs :
       {forms(0x08, 0x28, 0xa8, 0x88, kLast, 2), forms(0x0a, 0x2a, 0xaa, 0x8a, kLast, 2)}) {
    for (const scsi::Cdb& cdb : cdbs) {
      const Outcome outcome = host.send(cdb, Raw(2 * kBlock));
      EXPECT_EQ(outcome.code(), 0x052100u);
      EXPECT_EQ(outcome.sense.information, kLast + 1u) << "the first block that is not there";
    }
  }
  const Outcome far = host.send(scsi::make_read(UINT64_MAX, 1));
  EXPECT_EQ(far.code(), 0x052100u);
}

TEST(BlockCommands, NothingIsDoneForZeroBlocks) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send(scsi::make_read(kLast + 1, 0)).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_write(0, 0)).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_read(kLast + 2, 0)).code(), 0x052100u);
}

TEST(BlockCommands, ProtectionInformationIsRefused) {
  Rig rig;
  Host& host = rig.host();
  for (const unsigned opcode : {0x28u, 0x2au, 0x2eu, 0x2fu, 0x41u}) {
    const Outcome outcome = host.send({opcode, 0x20, 0, 0, 0, 0, 0, 0, 1, 0}, Raw(kBlock));
    EXPECT_EQ(outcome.code(), 0x052400u) << opcode;
    EXPECT_EQ(outcome.field(), 1u);
  }
}

TEST(BlockCommands, LongerThanTheLimit) {
  Rig rig;
  Host& host = rig.host();
  const Outcome outcome = host.send(scsi::make_read(0, 8193));
  EXPECT_EQ(outcome.code(), 0x052400u);
  EXPECT_EQ(outcome.field(), 7u);
  EXPECT_EQ(host.send({0xa8, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0, 0}).field(), 6u);
  EXPECT_EQ(host.send({0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0, 0}).field(), 10u);
  EXPECT_EQ(host.send(scsi::make_read(0, 8192)).data.size(), 4u << 20);
}

TEST(BlockCommands, FewerDataThanTheCdbAsksFor) {
  Rig rig;
  Host& host = rig.host();
  host.send(scsi::make_write(0, 2), Raw(2 * kBlock, 'a'));
  EXPECT_EQ(host.send(scsi::make_write(0, 2), Raw(kBlock, 'b')).status, scsi::kGood);
  Raw expected(kBlock, 'b');
  expected.resize(2 * kBlock, 'a');
  EXPECT_EQ(host.send(scsi::make_read(0, 2)).data, expected) << "the block that came is written";
  EXPECT_EQ(host.send(scsi::make_write(0, 2), Raw(kBlock + 1, 'c')).code(), 0x050e03u);
  EXPECT_EQ(host.send(scsi::make_read(0, 2)).data, expected) << "half a block is not";
  EXPECT_EQ(host.send(scsi::make_write(0, 1), Raw(2 * kBlock, 'd')).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_read(1, 1)).data, Raw(kBlock, 'a')) << "what is too much is not";
}

TEST(BlockCommands, ReadOnlyLun) {
  Rig rig(LunConfig{.size_bytes = 1U << 20, .read_only = true});
  Host& host = rig.host();
  for (const scsi::Cdb& cdb : forms(0x0a, 0x2a, 0xaa, 0x8a, 0, 1)) {
    EXPECT_EQ(host.send(cdb, Raw(kBlock)).code(), 0x072700u);
  }
  EXPECT_EQ(host.send(scsi::make_write_same16(0, 1, {}), Raw(kBlock)).code(), 0x072700u);
  EXPECT_EQ(host.send(scsi::make_unmap(0)).code(), 0x072700u);
  EXPECT_EQ(host.send(scsi::make_read(0, 1)).status, scsi::kGood);
}

TEST(BlockCommands, PrefetchTellsWhetherAllIsInMemory) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0x34, 0, 0, 0, 0, 1, 0, 0, 8, 0}).status, scsi::kConditionMet);
  EXPECT_EQ(host.send({0x90, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}).status,
            scsi::kConditionMet)
      << "0 blocks: to the end";
  EXPECT_EQ(host.send({0x34, 0, 0, 0, 0x80, 0, 0, 0, 1, 0}).code(), 0x052100u);

  const std::string path = ::testing::TempDir() + "dsmkit-prefetch.img";
  std::ofstream(path) << std::string(1U << 20, 'x');
  Rig on_file(LunConfig{.file = path});
  EXPECT_EQ(on_file.host().send({0x34, 0, 0, 0, 0, 1, 0, 0, 8, 0}).status, scsi::kGood)
      << "not promised";
  std::remove(path.c_str());
}

TEST(BlockCommands, SynchronizeCache) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send(scsi::make_synchronize_cache(0, 0)).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_synchronize_cache(kLast, 2)).code(), 0x052100u);
}

// A limit on the size of files stands for a full file system.
TEST(BlockCommands, NoSpaceLeftForTheFile) {
  const std::string path = ::testing::TempDir() + "dsmkit-full.img";
  std::ofstream(path).close();
  ASSERT_EQ(truncate(path.c_str(), 1 << 20), 0);
  Rig rig(LunConfig{.file = path});
  Host& host = rig.host();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{64U << 10, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  const Outcome full = host.send(scsi::make_write(1024, 1), Raw(kBlock));
  const Outcome fits = host.send(scsi::make_write(0, 1), Raw(kBlock));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(full.code(), 0x072707u);
  EXPECT_EQ(fits.status, scsi::kGood);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace array
