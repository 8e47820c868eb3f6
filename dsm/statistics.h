// What each nexus has carried. Counted at completion on the completing lane, in 64 bits, never in a
// shared place; summed only when somebody asks. Errors, retries, failovers and timed commands stop
// at 2^32 - 1 per lane. Config::statistics turns all of it off.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/bytes.h"

namespace dsm {

struct Lun;
struct Nexus;

enum class Direction : uint8_t { none, read, write };

// READ and WRITE of 6, 10, 12, 16 and 32 bytes (SBC-3 5.8 to 5.12, 5.31 to 5.35); none for all
// other commands and for a CDB that is too short to tell.
Direction direction_of(base::Bytes cdb);

// How a command ended.
struct Ended {
  uint32_t bytes = 0;  // its transfer length, whether it succeeded or failed
  Direction direction = Direction::none;
  bool ok = true;
  bool retried = false;      // it will be sent again (Verdict::retry)
  bool failed_over = false;  // it took its nexus out of use (Verdict::failover)

  bool in_trouble() const {
    return ((ok ? 0U : 1U) | (retried ? 1U : 0U) | (failed_over ? 1U : 0U)) != 0;
  }
};

struct Statistics {
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t errors = 0;
  uint64_t retries = 0;
  uint64_t failovers = 0;
  // How long commands took of which the host told it (note_service_time()), and how many.
  uint64_t service_ns = 0;
  uint64_t timed = 0;

  friend bool operator==(const Statistics&, const Statistics&) = default;
};
Statistics operator-(const Statistics& a, const Statistics& b);

// One slot's row in a lane.
struct LaneCounters {
  struct Carried {
    std::atomic<uint64_t> commands{0};
    std::atomic<uint64_t> bytes{0};
  };
  std::array<Carried, 2> carried{};  // by Direction, reads first
  std::atomic<uint32_t> errors{0};
  std::atomic<uint32_t> retries{0};
  std::atomic<uint32_t> failovers{0};
  std::atomic<uint32_t> timed{0};
  std::atomic<uint64_t> service_ns{0};

  // The lane's owner only.
  void count(const Ended& ended) {
    if (ended.direction != Direction::none) {
      Carried& mine = carried[static_cast<unsigned>(ended.direction) - 1];
      add(mine.commands, 1);
      add(mine.bytes, ended.bytes);
    }
  }
  void count_trouble(Ended ended);
  void count_time(uint64_t taken_ns) {
    const uint32_t so_far = timed.load(std::memory_order_relaxed);
    if (so_far != UINT32_MAX) [[likely]] {
      timed.store(so_far + 1, std::memory_order_relaxed);
      add(service_ns, taken_ns);
    }
  }

 private:
  static void add(std::atomic<uint64_t>& counter, uint64_t delta) {
    counter.store(counter.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }
};

// The sum over the lanes of what slot `slot` has carried since the LUN exists, whoever had the
// slot. From any thread; commands that complete meanwhile are in it or not.
Statistics statistics_of_slot(const Lun& lun, unsigned slot);
// Since the nexus arrived, or since the event clear_statistics. Under the LUN's lock; from outside
// see Module::statistics().
Statistics statistics_of(const Nexus& nexus);

}  // namespace dsm
