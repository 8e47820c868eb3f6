// A LUN of the array down one path, as the port driver shows it: a device object that takes SCSI
// requests and answers them a little later.
#pragma once

#include <memory>

#include "array/array.h"
#include "windows/abi/imports.h"

namespace harness {

class ScsiDevice final : array::NexusOwner {
 public:
  // Logs in at `port` of the array.
  ScsiDevice(array::Array& array, unsigned port, uint32_t lun = 0);
  ~ScsiDevice();
  ScsiDevice(const ScsiDevice&) = delete;
  ScsiDevice& operator=(const ScsiDevice&) = delete;

  DEVICE_OBJECT* object() { return &object_; }
  SCSI_ADDRESS address() const;
  uint32_t lun() const { return lun_; }
  // Null: not one of these.
  static ScsiDevice* of(DEVICE_OBJECT* object);

  // Answers nothing but "nobody is there" from now on, or the truth again.
  void unplug(bool unplugged) { unplugged_ = unplugged; }
  // The adapter does not fetch sense data from now on.
  void hide_sense() { sense_hidden_ = true; }
  void set_latency(uint64_t latency_ns) { latency_ns_ = latency_ns; }
  // At once, for requests that the caller waits for anyway.
  NTSTATUS pass_through(SCSI_PASS_THROUGH_DIRECT& request);
  // VPD page 83h as the port driver's list; bytes of a STORAGE_DEVICE_ID_DESCRIPTOR.
  std::vector<uint8_t> identifiers();

  unsigned requests() const { return requests_; }  // SCSI requests taken

 private:
  struct Job;

  void on_nexus_ended(array::NexusEnd) override { nexus_ = nullptr; }
  static NTSTATUS NTAPI dispatch(DEVICE_OBJECT* device, IRP* irp);
  void begin(IRP* irp);
  void finish(Job& job);
  // Runs the task to its end.
  void run(array::Task& task);

  array::Array& array_;
  unsigned port_;
  uint32_t lun_;
  array::Nexus* nexus_ = nullptr;
  bool unplugged_ = false;
  bool sense_hidden_ = false;
  uint64_t latency_ns_ = 100'000;
  unsigned requests_ = 0;
  uint64_t next_tag_ = 1;
  DRIVER_OBJECT driver_{};
  DEVICE_OBJECT object_{};
};

}  // namespace harness
