// What nexuses have carried: counted per lane, summed on demand, cleared without touching the
// lanes.
#include "dsm/statistics.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "dsm/testing/test_host.h"
#include "scsi/opcodes.h"

namespace dsm::testing {
namespace {

Statistics statistics(TestHost& host, NexusId nexus) {
  Statistics out;
  EXPECT_TRUE(host.module->statistics(nexus, out));
  return out;
}

void carry(TestHost& host, unsigned lane, const Ended& ended) {
  Token token = host.begin(lane);
  dsm::complete(token, ended);
}

void clear(TestHost& host, NexusId nexus) {
  Event event = event::of_lun(EventKind::clear_statistics, host.now, host.lun().id);
  event.nexus = nexus;
  host.on(event);
}

TEST(Statistics, CountReadsAndWritesPerNexusOverAllLanes) {
  TestHost host(PolicyId::round_robin, 2);
  host.path(1);
  host.path(2);
  for (const unsigned lane : {0U, 1U}) {
    carry(host, lane, {.bytes = 4096, .direction = Direction::read});  // nexus 1
    carry(host, lane, {.bytes = 512, .direction = Direction::write});  // nexus 2
    carry(host, lane, {.bytes = 8192, .direction = Direction::read});  // nexus 1
    carry(host, lane, {.bytes = 100, .direction = Direction::none});   // nexus 2: an INQUIRY, say
  }
  EXPECT_EQ(statistics(host, 1), (Statistics{.reads = 4, .bytes_read = 2 * (4096 + 8192)}));
  EXPECT_EQ(statistics(host, 2), (Statistics{.writes = 2, .bytes_written = 1024}));
}

TEST(Statistics, CountFailuresToo) {
  TestHost host;
  host.path(1);
  carry(host, 0, {.bytes = 4096, .direction = Direction::write, .ok = false});
  carry(host, 0, {.bytes = 4096, .direction = Direction::write, .ok = false, .retried = true});
  carry(host, 0, {.bytes = 512, .direction = Direction::read, .ok = false, .failed_over = true});
  EXPECT_EQ(statistics(host, 1), (Statistics{.reads = 1,
                                             .writes = 2,
                                             .bytes_read = 512,
                                             .bytes_written = 8192,
                                             .errors = 3,
                                             .retries = 1,
                                             .failovers = 1}));
}

TEST(Statistics, TimesThatTheHostToldOf) {
  TestHost host;
  host.path(1);
  for (const uint64_t taken_ns : {uint64_t{1'000}, uint64_t{6'000'000'000}}) {
    const Token token = host.begin();
    note_service_time(token, taken_ns);
    Token ended = token;
    dsm::complete(ended, {.bytes = 512, .direction = Direction::read});
  }
  EXPECT_EQ(statistics(host, 1),
            (Statistics{.reads = 2, .bytes_read = 1024, .service_ns = 6'000'001'000, .timed = 2}));
  host.on(event::of_lun(EventKind::clear_statistics, host.now, host.lun().id));
  EXPECT_EQ(statistics(host, 1), Statistics{});
}

TEST(Statistics, AMoveIsAnErrorAndARetryOfTheOldNexus) {
  TestHost host;
  host.path(1);
  host.path(2);
  Token token = host.begin();
  ASSERT_TRUE(move(token, select(host.lun(), 0, {})).moved);
  dsm::complete(token, {.bytes = 512, .direction = Direction::read});
  EXPECT_EQ(statistics(host, 1), (Statistics{.errors = 1, .retries = 1}));
  EXPECT_EQ(statistics(host, 2), (Statistics{.reads = 1, .bytes_read = 512}));
}

TEST(Statistics, BytesNeed64Bits) {
  TestHost host;
  host.path(1);
  constexpr uint32_t kMuch = 0xffffff00;
  for (int i = 0; i < 3; ++i) {
    carry(host, 0, {.bytes = kMuch, .direction = Direction::write});
  }
  EXPECT_EQ(statistics(host, 1).bytes_written, uint64_t{3} * kMuch);
}

TEST(Statistics, ErrorsStopAtTheirLimit) {
  LaneCounters counters;
  counters.errors = std::numeric_limits<uint32_t>::max();
  counters.retries = std::numeric_limits<uint32_t>::max() - 1;
  counters.count_trouble({.ok = false, .retried = true});
  counters.count_trouble({.ok = false, .retried = true});
  EXPECT_EQ(counters.errors, std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(counters.retries, std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(counters.failovers, 0U);
}

TEST(Statistics, AreClearedForOneNexusOrTheWholeLun) {
  TestHost host;
  host.path(1);
  host.path(2);
  const auto carry_two = [&] {
    carry(host, 0, {.bytes = 512, .direction = Direction::read});
    carry(host, 0, {.bytes = 512, .direction = Direction::read});
  };
  const Statistics once{.reads = 1, .bytes_read = 512};
  carry_two();
  clear(host, 2);
  EXPECT_EQ(statistics(host, 1), once);
  EXPECT_EQ(statistics(host, 2), Statistics{});
  carry_two();
  EXPECT_EQ(statistics(host, 1), (Statistics{.reads = 2, .bytes_read = 1024}));
  EXPECT_EQ(statistics(host, 2), once);
  clear(host, 0);
  EXPECT_EQ(statistics(host, 1), Statistics{});
  EXPECT_EQ(statistics(host, 2), Statistics{});
}

TEST(Statistics, ANewNexusDoesNotInheritThoseOfItsSlot) {
  TestHost host;
  host.path(1);
  carry(host, 0, {.bytes = 512, .direction = Direction::read});
  host.path(2);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.path(3);
  ASSERT_EQ(host.module->find_nexus(3)->slot, 0);
  EXPECT_EQ(statistics(host, 3), Statistics{});
  Statistics out;
  EXPECT_FALSE(host.module->statistics(1, out)) << "it is gone";
}

TEST(Statistics, CanBeSwitchedOff) {
  TestHost host;
  host.config.statistics = false;
  host.path(1);
  carry(host, 0, {.bytes = 512, .direction = Direction::read, .ok = false});
  EXPECT_EQ(statistics(host, 1), Statistics{});
}

TEST(Direction, IsKnownByTheOperationCode) {
  const auto direction = [](std::vector<uint8_t> cdb) { return direction_of(cdb); };
  for (const uint8_t opcode : {scsi::kRead6, scsi::kRead10, scsi::kRead12, scsi::kRead16}) {
    EXPECT_EQ(direction({opcode}), Direction::read) << int{opcode};
  }
  for (const uint8_t opcode : {scsi::kWrite6, scsi::kWrite10, scsi::kWrite12, scsi::kWrite16}) {
    EXPECT_EQ(direction({opcode}), Direction::write) << int{opcode};
  }
  EXPECT_EQ(direction({0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0x00, 0x09}), Direction::read);
  EXPECT_EQ(direction({0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0x00, 0x0b}), Direction::write);
  EXPECT_EQ(direction({0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0x00, 0x0d}), Direction::none);
  EXPECT_EQ(direction({0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0x00}), Direction::none) << "cut off";
  EXPECT_EQ(direction({}), Direction::none);
  for (const uint8_t opcode : {scsi::kTestUnitReady, scsi::kUnmap, scsi::kVerify10,
                               scsi::kSynchronizeCache10, scsi::kCompareAndWrite}) {
    EXPECT_EQ(direction({opcode}), Direction::none) << int{opcode};
  }
}

}  // namespace
}  // namespace dsm::testing
