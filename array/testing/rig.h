// For tests: an array on a clock that only the test moves, and initiators that send it CDBs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "array/array.h"
#include "base/testing/manual_scheduler.h"
#include "scsi/sense.h"

namespace array::testing {

using Raw = std::vector<uint8_t>;

// How a command ended.
struct Outcome {
  uint8_t status = 0xff;
  scsi::Sense sense;
  Raw data;

  // Sense key, ASC and ASCQ as one number: 052400h. 0 without sense data.
  uint32_t code() const {
    return (uint32_t{sense.key} << 16) | (uint32_t{sense.asc} << 8) | sense.ascq;
  }
  // The field pointer of an ILLEGAL REQUEST.
  unsigned field() const { return base::load_be16(&sense.key_specific[1]); }
};

// An initiator port logged in at one port of the array.
class Host final : NexusOwner {
 public:
  Host(Array& array, unsigned port, std::string name);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Outcome send(std::initializer_list<unsigned> cdb, base::Bytes data_out = {}, uint64_t lun = 0);
  Outcome send(const scsi::Cdb& cdb, base::Bytes data_out = {}, uint64_t lun = 0);
  // Takes the unit attentions of LUN 0 away, and returns how many there were.
  size_t clear_attentions();
  Nexus& nexus() { return *nexus_; }
  bool logged_in() const { return nexus_ != nullptr; }
  void log_out();

 private:
  void on_nexus_ended(NexusEnd) override { nexus_ = nullptr; }

  Array& array_;
  Nexus* nexus_;
};

struct Rig {
  // One LUN of 16 MiB of memory, two controllers with a port each, both active/optimized.
  static Config usual();
  explicit Rig(const Config& config = usual());
  explicit Rig(const LunConfig& lun);

  // A host without pending unit attentions.
  Host& host(unsigned port = 0);

  base::testing::ManualScheduler scheduler;
  std::unique_ptr<Array> array;
  std::list<Host> hosts;
};

// True when files in the test's temporary folder have holes as small as their map unit, and tell
// where they are.
bool file_system_knows_holes();

// `count` bytes that differ from place to place and from seed to seed.
Raw pattern(size_t count, uint8_t seed);

}  // namespace array::testing
