// The sums of what the lanes counted.
#include "dsm/statistics.h"

#include "dsm/locks.h"
#include "dsm/module.h"
#include "scsi/opcodes.h"

namespace dsm {
namespace {

constexpr uint8_t kVariableLength = 0x7f;  // READ(32) and WRITE(32): service actions 9 and 0Bh
constexpr uint16_t kServiceRead32 = 0x0009;
constexpr uint16_t kServiceWrite32 = 0x000b;
constexpr size_t kServiceAction32At = 8;

void add_once(std::atomic<uint32_t>& counter, bool wanted) {
  const uint32_t now = counter.load(std::memory_order_relaxed);
  if (wanted && now != UINT32_MAX) {
    counter.store(now + 1, std::memory_order_relaxed);
  }
}

template <typename T>
uint64_t value(const std::atomic<T>& counter) {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace

Direction direction_of(base::Bytes cdb) {
  if (cdb.empty()) {
    return Direction::none;
  }
  switch (cdb[0]) {
    case scsi::kRead6:
    case scsi::kRead10:
    case scsi::kRead12:
    case scsi::kRead16:
      return Direction::read;
    case scsi::kWrite6:
    case scsi::kWrite10:
    case scsi::kWrite12:
    case scsi::kWrite16:
      return Direction::write;
    case kVariableLength:
      break;
    default:
      return Direction::none;
  }
  if (cdb.size() < kServiceAction32At + 2) {
    return Direction::none;
  }
  const uint16_t service = base::load_be16(&cdb[kServiceAction32At]);
  return service == kServiceRead32    ? Direction::read
         : service == kServiceWrite32 ? Direction::write
                                      : Direction::none;
}

Statistics operator-(const Statistics& a, const Statistics& b) {
  return {.reads = a.reads - b.reads,
          .writes = a.writes - b.writes,
          .bytes_read = a.bytes_read - b.bytes_read,
          .bytes_written = a.bytes_written - b.bytes_written,
          .errors = a.errors - b.errors,
          .retries = a.retries - b.retries,
          .failovers = a.failovers - b.failovers,
          .service_ns = a.service_ns - b.service_ns,
          .timed = a.timed - b.timed};
}

void LaneCounters::count_trouble(Ended ended) {
  add_once(errors, !ended.ok);
  add_once(retries, ended.retried);
  add_once(failovers, ended.failed_over);
}

Statistics statistics_of_slot(const Lun& lun, unsigned slot) {
  Statistics sum;
  for (uint32_t i = 0; i < lun.published.lane_count; ++i) {
    const LaneCounters& row = lun.published.lanes[i].counters[slot];
    sum.reads += value(row.carried[0].commands);
    sum.writes += value(row.carried[1].commands);
    sum.bytes_read += value(row.carried[0].bytes);
    sum.bytes_written += value(row.carried[1].bytes);
    sum.errors += value(row.errors);
    sum.retries += value(row.retries);
    sum.failovers += value(row.failovers);
    sum.service_ns += value(row.service_ns);
    sum.timed += value(row.timed);
  }
  return sum;
}

bool Module::statistics(NexusId id, Statistics& out) const {
  const TopologyGuard guard(config_.locks);
  const Nexus* nexus = tables_.find_nexus(id);
  if (nexus == nullptr) {
    return false;
  }
  const LunGuard lun_guard(config_.locks, *nexus->lun);
  out = statistics_of(*nexus);
  return true;
}

Statistics statistics_of(const Nexus& nexus) {
  return statistics_of_slot(*nexus.lun, nexus.slot) - nexus.statistics_before;
}

}  // namespace dsm
