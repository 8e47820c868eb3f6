// The back-end nexuses of one front nexus: a multipath disk of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/iscsi/device.h"
#include "mpio/scsi_device.h"
#include "scsi/task_management.h"

namespace io::front {

// No callback comes from inside start() or stop(), and none after the destructor, which ends the
// nexuses at once; what is still with scsi() then comes back with EIO.
class BackEnd {
 public:
  virtual ~BackEnd() = default;
  // Once, first. `done` gets "" when scsi() may be used; else why not.
  virtual void start(std::function<void(const std::string& error)> done) = 0;
  virtual mpio::ScsiDevice& scsi() = 0;
  // LOGICAL UNIT RESET or CLEAR TASK SET, down one path. `done` gets false when none took it,
  // perhaps from inside.
  virtual void manage(scsi::TaskFunction function, std::function<void(bool complete)> done) = 0;
  // Orderly end, when nothing is with scsi() any more.
  virtual void stop(std::function<void()> done) = 0;
};

class BackEndSource {
 public:
  virtual std::unique_ptr<BackEnd> make(const iscsi::InitiatorPort& initiator,
                                        unsigned front_port) = 0;
  virtual uint32_t block_bytes() const = 0;

 protected:
  ~BackEndSource() = default;
};

}  // namespace io::front
