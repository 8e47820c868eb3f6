// A LUN of the array down one path without a network between: requests are answered a little later.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "array/array.h"
#include "scsi/cdb.h"
#include "scsi/sense.h"
#include "windows/harness/port_device.h"

namespace harness {

class ScsiDevice final : public PortDevice, array::NexusOwner {
 public:
  // Logs in at `port` of the array, by default as the machine that the driver runs on.
  ScsiDevice(array::Array& array, unsigned port, uint32_t lun = 0,
             const std::string& host = "iqn.2026-11.dev.dsmkit:harness");
  ~ScsiDevice();

  SCSI_ADDRESS address() const override;
  // The port of the array that such a device stands for.
  static unsigned port_of(const SCSI_ADDRESS& address);

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
  void set_latency(uint64_t latency_ns) { latency_ns_ = latency_ns; }
  // Requests end before the call that brings them comes back, where the array can do that.
  void answer_at_once() { at_once_ = true; }
  // An error freezes the queue from now on, unless its request asks for no freezing: what does not
  // go past a frozen queue waits for its release.
  void freeze_on_errors() { freezes_ = true; }
  bool is_frozen() const { return frozen_; }
  // From now on everything waits for the release.
  void block_queue() { blocked_ = true; }
  void release_queue();
  // The next `times` requests with this operation code are answered so, instead of by the array.
  void answer_next(uint8_t opcode, unsigned times, uint8_t status, const scsi::Sense& sense = {});
  // The next `times` pass-through requests for this VPD page, the same.
  void answer_page_next(uint8_t page, unsigned times, uint8_t status,
                        const scsi::Sense& sense = {});
  struct Reply {
    uint8_t status = 0;
    std::vector<uint8_t> data;
  };
  // At once, past the driver.
  Reply execute(const scsi::Cdb& cdb, const std::vector<uint8_t>& data_out = {});
  // At once, for requests that the caller waits for anyway.
  NTSTATUS pass_through(SCSI_PASS_THROUGH_DIRECT& request) override;
  std::vector<uint8_t> identifiers() override;

  // SCSI requests taken: their operation codes, one after another; how many, and of one kind.
  const std::vector<uint8_t>& taken() const { return taken_; }
  unsigned requests() const { return static_cast<unsigned>(taken_.size()); }
  unsigned requests(uint8_t opcode) const;
  // RESERVATION CONFLICTs that were the answer.
  unsigned conflicts() const { return conflicts_; }

 private:
  struct Job;

  void on_nexus_ended(array::NexusEnd) override { nexus_ = nullptr; }
  void begin(IRP* irp) override;
  void finish(Job& job);
  bool must_wait(ULONG srb_flags) const;
  struct Told {
    uint8_t opcode;
    uint8_t status;
    scsi::Sense sense;
  };
  static bool answer_from(std::deque<Told>& told, array::Task& task);
  bool answer_as_told(Job& job);
  bool answer_page_as_told(array::Task& task);
  Answer answer_of(array::Task& task) const;
  // Runs the task to its end.
  void run(array::Task& task);

  array::Array& array_;
  unsigned port_;
  uint32_t lun_;
  array::Nexus* nexus_ = nullptr;
  bool unplugged_ = false;
  bool sense_hidden_ = false;
  bool at_once_ = false;
  bool freezes_ = false;
  bool frozen_ = false;
  bool blocked_ = false;
  std::deque<IRP*> queued_;
  Ending ending_;
  unsigned endings_ = 0;
  uint64_t latency_ns_ = 100'000;
  unsigned passed_through_ = 0;
  unsigned lost_from_ = 0;
  unsigned lost_to_ = 0;
  std::vector<uint8_t> taken_;
  unsigned conflicts_ = 0;
  std::deque<Told> told_;
  std::deque<Told> told_of_page_;
  uint8_t told_page_ = 0;
  uint64_t next_tag_ = 1;
};

}  // namespace harness
