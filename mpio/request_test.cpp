// How requests become commands: split at the target's limits, without copying, in order.
#include "mpio/request.h"

#include <gtest/gtest.h>

#include "scsi/opcodes.h"
#include "scsi/unmap.h"

namespace mpio {
namespace {

struct Commands {
  explicit Commands(const BlockRequest& block) : request_block(block) {
    request.block = &request_block;
  }
  // The next command, as if the one before had gone well.
  bool next(const CommandLimits& limits) {
    if (begun && request.step != RequestStep::synchronise) {
      request.done_blocks += request.blocks;
    }
    begun = true;
    return prepare_command(request, limits);
  }
  const TransportCommand& command() const { return request.command.transport; }
  uint8_t opcode() const { return command().cdb.opcode(); }

  BlockRequest request_block;
  Request request;
  bool begun = false;
};

TEST(PrepareCommand, AWholeWriteUsesTheClientsOwnSlices) {
  std::array<uint8_t, 4096> data{};
  const IoSlice slices[] = {{data.data(), 1024}, {data.data() + 1024, 3072}};
  Commands commands(
      {.op = BlockOp::write, .offset_bytes = 512 * 7, .length_bytes = 4096, .slices = slices});
  ASSERT_TRUE(commands.next({}));
  EXPECT_EQ(commands.opcode(), scsi::kWrite10);
  EXPECT_EQ(commands.request.lba, 7U);
  EXPECT_EQ(commands.request.blocks, 8U);
  EXPECT_EQ(commands.command().slices.data(), &slices[0]) << "not even the list is copied";
  EXPECT_FALSE(commands.next({}));
}

TEST(PrepareCommand, ALongReadIsSplitInsideItsSlices) {
  std::array<uint8_t, 4096> data{};
  const IoSlice slices[] = {{data.data(), 1024}, {data.data() + 1024, 3072}};
  const CommandLimits limits{.transfer_blocks = 3};
  Commands commands({.op = BlockOp::read, .length_bytes = 4096, .slices = slices});
  size_t at = 0;
  for (const uint32_t blocks : {3U, 3U, 2U}) {
    ASSERT_TRUE(commands.next(limits));
    EXPECT_EQ(commands.request.blocks, blocks);
    EXPECT_EQ(commands.request.lba, at / 512);
    for (const IoSlice& slice : commands.command().slices) {
      EXPECT_EQ(slice.data, data.data() + at);
      at += slice.size_bytes;
    }
  }
  EXPECT_EQ(at, data.size());
  EXPECT_FALSE(commands.next(limits));
}

TEST(PrepareCommand, ForcedUnitAccessIsAWriteAndThenASynchronizeCache) {
  std::array<uint8_t, 512> data{};
  const IoSlice slice{data.data(), data.size()};
  Commands commands(
      {.op = BlockOp::write, .length_bytes = 512, .fua = true, .slices = {&slice, 1}});
  ASSERT_TRUE(commands.next({}));
  EXPECT_EQ(commands.opcode(), scsi::kWrite10);
  EXPECT_TRUE(commands.request.changes_blocks());
  ASSERT_TRUE(commands.next({}));
  EXPECT_EQ(commands.opcode(), scsi::kSynchronizeCache10);
  EXPECT_FALSE(commands.request.changes_blocks());
  EXPECT_FALSE(commands.next({}));
}

TEST(PrepareCommand, AFlushIsOneSynchronizeCache) {
  Commands commands({.op = BlockOp::flush});
  ASSERT_TRUE(commands.next({}));
  EXPECT_EQ(commands.opcode(), scsi::kSynchronizeCache10);
  EXPECT_FALSE(commands.next({}));
}

TEST(PrepareCommand, TrimIsUnmapWithinTheTargetsLimit) {
  const CommandLimits limits{.unmap_blocks = 100};
  Commands commands({.op = BlockOp::trim, .offset_bytes = 512 * 50, .length_bytes = 512 * 150});
  ASSERT_TRUE(commands.next(limits));
  EXPECT_EQ(commands.opcode(), scsi::kUnmap);
  scsi::UnmapRange range;
  const IoSlice& list = commands.command().slices[0];
  ASSERT_TRUE(scsi::for_each_unmap_range(base::Bytes(list.data, list.size_bytes),
                                         [&](const scsi::UnmapRange& told) { range = told; }));
  EXPECT_EQ(range.lba, 50U);
  EXPECT_EQ(range.blocks, 100U);
  ASSERT_TRUE(commands.next(limits));
  EXPECT_EQ(commands.request.blocks, 50U);
  EXPECT_FALSE(commands.next(limits));
}

TEST(PrepareCommand, ZeroesAreWriteSameAndUnmapOnlyWhereBothSidesAllowIt) {
  const BlockRequest zeroes{.op = BlockOp::write_zeroes, .length_bytes = 512 * 8};
  Commands plain(zeroes);
  ASSERT_TRUE(plain.next({.write_same_unmap = true}));
  EXPECT_EQ(plain.opcode(), scsi::kWriteSame16);
  EXPECT_EQ(plain.command().cdb.bytes[1] & 0x08, 0);
  EXPECT_EQ(plain.command().length_bytes, 512U) << "one block of zeros for all";
  BlockRequest may_unmap = zeroes;
  may_unmap.may_unmap = true;
  Commands unmapping(may_unmap);
  ASSERT_TRUE(unmapping.next({.write_same_unmap = true}));
  EXPECT_EQ(unmapping.command().cdb.bytes[1] & 0x08, 0x08);
}

TEST(PrepareCommand, WithoutWriteSameZerosAreWritten) {
  const uint64_t length = 3u << 20;
  Commands commands({.op = BlockOp::write_zeroes, .length_bytes = length});
  uint64_t total = 0;
  while (commands.next({.write_same_refused = true})) {
    EXPECT_EQ(commands.opcode(), scsi::kWrite10);
    uint64_t bytes = 0;
    for (const IoSlice& slice : commands.command().slices) {
      EXPECT_EQ(std::count(slice.data, slice.data + slice.size_bytes, 0),
                static_cast<ptrdiff_t>(slice.size_bytes));
      bytes += slice.size_bytes;
    }
    EXPECT_EQ(bytes, commands.command().length_bytes);
    total += bytes;
  }
  EXPECT_EQ(total, length);
}

}  // namespace
}  // namespace mpio
