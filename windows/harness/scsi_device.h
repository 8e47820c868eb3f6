// A LUN of the array down one path without a network between: requests are answered a little later.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

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
  // `count` pass-through requests get no answer, after so many others.
  void lose_pass_throughs(unsigned after, unsigned count) {
    lost_from_ = passed_through_ + after;
    lost_to_ = lost_from_ + count;
  }
  // The next `count` reads and writes end so, unseen by the array.
  struct Ending {
    UCHAR srb_status = SRB_STATUS_ERROR;
    NTSTATUS status = STATUS_IO_DEVICE_ERROR;
    UCHAR scsi_status = 0;
    std::vector<uint8_t> sense;
  };
  void end_next(const Ending& ending, unsigned count) {
    ending_ = ending;
    endings_ = count;
  }
  // Sees, and may change, the data of every answer.
  std::function<void(const scsi::Cdb& cdb, std::vector<uint8_t>& data)> tamper;
  // Commands with this operation code that it has taken, pass-through requests aside.
  unsigned count_of(uint8_t opcode) const { return counts_[opcode]; }
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
  Answer answer_of(array::Task& task) const;
  // Runs the task to its end.
  void run(array::Task& task);

  array::Array& array_;
  unsigned port_;
  uint64_t lun_;
  array::Nexus* nexus_ = nullptr;
  bool unplugged_ = false;
  bool sense_hidden_ = false;
  Ending ending_;
  unsigned endings_ = 0;
  std::array<unsigned, 256> counts_{};
  uint64_t latency_ns_ = 100'000;
  unsigned passed_through_ = 0;
  unsigned lost_from_ = 0;
  unsigned lost_to_ = 0;
  unsigned requests_ = 0;
  uint64_t next_tag_ = 1;
};

}  // namespace harness
