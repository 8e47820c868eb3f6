// See scsi_device.h.
#include "windows/harness/scsi_device.h"

#include <algorithm>
#include <optional>

#include "scsi/cdb.h"
#include "windows/harness/machine.h"
#include "windows/harness/request_block.h"

namespace harness {
namespace {

std::array<uint8_t, 6> isid_of(unsigned port) {
  return {0x80, 0, 0, 0, 0, static_cast<uint8_t>(port)};
}

}  // namespace

struct ScsiDevice::Job {
  ScsiDevice* device = nullptr;
  IRP* irp = nullptr;
  array::Task task;
  std::optional<Ending> ending;
  bool answered = false;
  base::Timer later{&Job::on_time, this};

  static void on_time(void* context) {
    Job* const job = static_cast<Job*>(context);
    job->device->finish(*job);
  }
};

ScsiDevice::ScsiDevice(array::Array& array, unsigned port, uint64_t lun)
    : array_(array), port_(port), lun_(lun) {
  nexus_ = array_.login(port, {"iqn.2026-11.dev.dsmkit:harness", isid_of(port)}, *this);
}

ScsiDevice::~ScsiDevice() {
  if (nexus_ != nullptr) {
    array_.drop(*nexus_);
  }
}

SCSI_ADDRESS ScsiDevice::address() const {
  return {sizeof(SCSI_ADDRESS), static_cast<UCHAR>(2 + port_), 0, 0, static_cast<UCHAR>(lun_)};
}

void ScsiDevice::begin(IRP* irp) {
  ++requests_;
  Job* const job = new Job;
  job->device = this;
  job->irp = irp;
  const RequestFields srb = fields_of(request_block_of(irp));
  array::Task& task = job->task;
  task.nexus = nexus_;
  task.lun = lun_;
  std::copy_n(srb.cdb, srb.cdb_bytes, task.cdb.bytes.begin());
  task.cdb.length = srb.cdb_bytes;
  task.tag = next_tag_++;
  if ((srb.flags & SRB_FLAGS_DATA_OUT) != 0) {
    task.data_out = {static_cast<const uint8_t*>(srb.data), *srb.data_bytes};
  }
  task.owner = job;
  task.done = [](array::Task& done) {
    Job* const answered = static_cast<Job*>(done.owner);
    answered->answered = true;
    machine().clock.arm_after(answered->later, answered->device->latency_ns_);
  };
  ++counts_[task.cdb.opcode()];
  const auto range = scsi::block_range(task.cdb.span());
  const bool moves_blocks = range && (range->access == scsi::BlockAccess::read ||
                                      range->access == scsi::BlockAccess::write);
  if (endings_ != 0 && moves_blocks) {
    --endings_;
    job->ending = ending_;
  }
  if (unplugged_ || nexus_ == nullptr || job->ending) {
    machine().clock.arm_after(job->later, latency_ns_);
  } else {
    array_.submit(task);
  }
}

void ScsiDevice::finish(Job& job) {
  const std::unique_ptr<Job> ended(&job);
  array::Task& task = job.task;
  if (job.ending) {
    const RequestFields srb = fields_of(request_block_of(job.irp));
    *srb.scsi_status = job.ending->scsi_status;
    std::copy_n(job.ending->sense.begin(),
                std::min<size_t>(job.ending->sense.size(), srb.sense_bytes), srb.sense);
    complete_without_answer(job.irp, job.ending->srb_status, job.ending->status);
  } else if (!job.answered || task.aborted || unplugged_) {
    complete_without_answer(job.irp, SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST);
  } else {
    complete_with_answer(job.irp, answer_of(task));
  }
}

PortDevice::Answer ScsiDevice::answer_of(array::Task& task) const {
  if (tamper && !task.data_in.empty()) {
    tamper(task.cdb, task.data_in);
  }
  return {
      task.status, task.data_in, {task.sense.data(), sense_hidden_ ? size_t{0} : task.sense_bytes}};
}

void ScsiDevice::run(array::Task& task) {
  bool done = false;
  task.nexus = nexus_;
  task.lun = lun_;
  task.tag = next_tag_++;
  task.owner = &done;
  task.done = [](array::Task& ended) {
    *static_cast<bool*>(ended.owner) = true;
    machine().threads.wake();
  };
  array_.submit(task);
  machine().wait_until([&done] { return done; }, "a task of the array");
}

NTSTATUS ScsiDevice::pass_through(SCSI_PASS_THROUGH_DIRECT& request) {
  const unsigned number = passed_through_++;
  if (number >= lost_from_ && number < lost_to_) {
    return STATUS_IO_TIMEOUT;
  }
  if (unplugged_ || nexus_ == nullptr) {
    return STATUS_DEVICE_DOES_NOT_EXIST;
  }
  array::Task task;
  std::copy_n(request.Cdb, sizeof(request.Cdb), task.cdb.bytes.begin());
  task.cdb.length = request.CdbLength;
  run(task);
  fill_pass_through(request, answer_of(task));
  return STATUS_SUCCESS;
}

std::vector<uint8_t> ScsiDevice::identifiers() {
  constexpr uint8_t kPage = 0x83;
  array::Task task;
  task.cdb = scsi::make_inquiry_vpd(kPage, 4096);
  run(task);
  return identifier_list(answer_of(task).data_in);
}

}  // namespace harness
