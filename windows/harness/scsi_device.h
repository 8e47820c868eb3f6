// A LUN of the array down one path without a network between: requests are answered a little later.
#pragma once

#include <memory>

#include "array/array.h"
#include "windows/harness/port_device.h"

namespace harness {

class ScsiDevice final : public PortDevice, array::NexusOwner {
 public:
  // Logs in at `port` of the array.
  ScsiDevice(array::Array& array, unsigned port, uint64_t lun = 0);
  ~ScsiDevice();

  SCSI_ADDRESS address() const override;

  // Answers nothing but "nobody is there" from now on, or the truth again.
  void unplug(bool unplugged) { unplugged_ = unplugged; }
  // The adapter does not fetch sense data from now on.
  void hide_sense() { sense_hidden_ = true; }
  void set_latency(uint64_t latency_ns) { latency_ns_ = latency_ns; }
  // At once, for requests that the caller waits for anyway.
  NTSTATUS pass_through(SCSI_PASS_THROUGH_DIRECT& request) override;
  std::vector<uint8_t> identifiers() override;

  unsigned requests() const { return requests_; }  // SCSI requests taken

 private:
  struct Job;

  void on_nexus_ended(array::NexusEnd) override { nexus_ = nullptr; }
  void begin(IRP* irp) override;
  void finish(Job& job);
  Answer answer_of(const array::Task& task) const;
  // Runs the task to its end.
  void run(array::Task& task);

  array::Array& array_;
  unsigned port_;
  uint64_t lun_;
  array::Nexus* nexus_ = nullptr;
  bool unplugged_ = false;
  bool sense_hidden_ = false;
  uint64_t latency_ns_ = 100'000;
  unsigned requests_ = 0;
  uint64_t next_tag_ = 1;
};

}  // namespace harness
