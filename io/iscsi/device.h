// What stands behind an iSCSI target: who executes the tasks that its connections bring (SAM-5 4.5,
// the SCSI target device: ports, I_T nexuses, logical units). The embedded array is one
// (array_device.h).
//
// Threads: one, that of the connections.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "scsi/cdb.h"
#include "scsi/task_management.h"

namespace io::iscsi {

// RFC 7143 4.2.7.2: node name and ISID.
struct InitiatorPort {
  std::string name;
  std::array<uint8_t, 6> isid{};
  friend bool operator==(const InitiatorPort&, const InitiatorPort&) = default;
};

// Owned by the connection, which keeps it and data_out alive until done().
struct Task {
  // In.
  uint64_t lun = 0;  // the 8 bytes of the LUN field, big-endian
  scsi::Cdb cdb;
  uint64_t tag = 0;  // unique among the nexus's tasks; ABORT TASK names it
  base::Bytes data_out;
  // Where data_out lies. A device that ends the task while it still needs the bytes takes them.
  std::vector<uint8_t>* data_out_buffer = nullptr;
  uint32_t data_in_bytes = 0;  // as many as the initiator takes; more may be put to data_in
  // Called exactly once, perhaps from inside submit(). With `aborted` no response is sent.
  void (*done)(Task&) = nullptr;
  void* owner = nullptr;
  // Out.
  bool aborted = false;
  bool drop_reply = false;  // executed, but the response shall be lost
  bool bad_digest = false;  // ... or its digests be wrong, where there are any
  uint8_t status = 0;
  std::vector<uint8_t> data_in;  // capacity is reused
  uint32_t data_in_beyond = 0;   // so much more there was that data_in did not get
  std::array<uint8_t, 252> sense{};
  uint8_t sense_bytes = 0;
};

// Ends the task with CHECK CONDITION and sense data of fixed format.
void end_check(Task& task, uint8_t sense_key, uint16_t sense_code);

class NexusOwner {
 public:
  // The device ended the nexus, and all its tasks are done. The owner destroys it now.
  virtual void on_nexus_ended() = 0;

 protected:
  ~NexusOwner() = default;
};

// An I_T nexus. Its destructor ends it: the tasks come back aborted from inside, and no `done` of
// manage() is called any more.
class Nexus {
 public:
  virtual ~Nexus() = default;
  virtual void submit(Task& task) = 0;
  // `lun` and `tag` where the function has them; `done` perhaps from inside.
  virtual void manage(scsi::TaskFunction function, uint64_t lun, uint64_t tag,
                      std::function<void(scsi::FunctionResponse)> done) = 0;
};

// What a port does at the moment. A port that is not open has no nexuses.
struct PortService {
  bool open = true;
  bool reads = true;  // new connections, and what they bring
  bool sends = true;
};

class PortObserver {
 public:
  virtual void on_port_service(unsigned port) = 0;

 protected:
  ~PortObserver() = default;
};

class TargetDevice {
 public:
  virtual const std::string& name() const = 0;  // IQN
  virtual unsigned port_count() const = 0;
  virtual PortService port_service(unsigned port) const = 0;
  // Whether the port is told to those who ask for portals; a port that has failed still is.
  virtual bool port_listed(unsigned port) const = 0;
  // Null: nobody hears any more.
  virtual void observe_ports(PortObserver* observer) = 0;

  // A nexus for this initiator port at this target port. One of the same two ends that exists ends
  // first, and its owner is told (RFC 7143 6.3.5). Null when the port takes nobody. The owner
  // outlives the nexus.
  virtual std::unique_ptr<Nexus> login(unsigned port, const InitiatorPort& initiator,
                                       NexusOwner& owner) = 0;
  virtual bool has_lun(uint64_t lun) const = 0;
  // Of one that exists; 0: there is no telling.
  virtual uint32_t block_bytes(uint64_t lun) const = 0;

 protected:
  ~TargetDevice() = default;
};

}  // namespace io::iscsi
