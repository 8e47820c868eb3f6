// The multipath disk under test as the simulated world sees it: a block device over the fabric's
// transports, and what the judges must know of its promises. MpioHost puts mpio::Disk here; ToyHost
// is a small one of the tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "mpio/block_device.h"
#include "sim/clock.h"
#include "sim/fabric.h"

namespace sim {

// The times that the disk promises to keep, for computing deadlines.
struct HostLimits {
  uint64_t command_deadline_ns = 0;  // without an answer a command's path is given up
  uint64_t login_deadline_ns = 0;
  uint64_t backoff_max_ns = 0;  // longest pause between two logins of a path
  uint64_t stability_ns = 0;    // before a path that came back is used
  uint64_t no_path_ns = 0;      // then requests fail
  uint64_t settle_loss_ns = UINT64_MAX;
  // A request may take this long though some path works all the time.
  uint64_t request_ns = 0;
  // Without any path each request by itself takes so long to fail; 0: no_path_ns counts for all.
  uint64_t hopeless_ns = 0;
};

class Host {
 public:
  virtual ~Host() = default;
  virtual mpio::BlockDevice& device() = 0;
  virtual const HostLimits& limits() const = 0;
  // Logs in everywhere and finds out what the LUN is. Then ready() turns true and geometry() holds.
  virtual void start() = 0;
  virtual bool ready() const = 0;
  // The path is as it should be when all is well: commands may be sent down it, or it is out of use
  // because somebody wanted it so.
  virtual bool path_in_service(uint32_t path) const = 0;
  // Empty when nothing is in flight, held or counted any more; else what is.
  virtual std::string unrest() const = 0;
  // One line of state for timelines.
  virtual std::string text() const { return {}; }
};

}  // namespace sim
