// See scsi_device.h.
#include "windows/harness/scsi_device.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "scsi/block_range.h"
#include "scsi/cdb.h"
#include "scsi/luns.h"
#include "scsi/opcodes.h"
#include "windows/harness/machine.h"
#include "windows/harness/request_block.h"

namespace harness {
namespace {

constexpr unsigned kFirstAdapter = 2;

// A session for each LUN: of two equal ones the array ends the first.
std::array<uint8_t, 6> isid_of(unsigned port, uint32_t lun) {
  return {0x80, 0, 0, 0, static_cast<uint8_t>(lun), static_cast<uint8_t>(port)};
}

}  // namespace

struct ScsiDevice::Job {
  ScsiDevice* device = nullptr;
  IRP* irp = nullptr;
  array::Task task;
  std::optional<Ending> ending;
  bool answered = false;
  bool beginning = true;
  base::Timer later{&Job::on_time, this};

  static void on_time(void* context) {
    Job* const job = static_cast<Job*>(context);
    job->device->finish(*job);
  }
};

ScsiDevice::ScsiDevice(array::Array& array, unsigned port, uint32_t lun, const std::string& host)
    : array_(array), port_(port), lun_(lun) {
  nexus_ = array_.login(port, {host, isid_of(port, lun)}, *this);
}

ScsiDevice::~ScsiDevice() {
  if (nexus_ != nullptr) {
    array_.drop(*nexus_);
  }
}

SCSI_ADDRESS ScsiDevice::address() const {
  return {sizeof(SCSI_ADDRESS), static_cast<UCHAR>(kFirstAdapter + port_), 0, 0,
          static_cast<UCHAR>(lun_)};
}

unsigned ScsiDevice::port_of(const SCSI_ADDRESS& address) {
  return address.PortNumber - kFirstAdapter;
}

bool ScsiDevice::must_wait(ULONG srb_flags) const {
  return blocked_ || (frozen_ && (srb_flags & SRB_FLAGS_BYPASS_FROZEN_QUEUE) == 0);
}

void ScsiDevice::release_queue() {
  frozen_ = blocked_ = false;
  for (std::deque<IRP*> going = std::exchange(queued_, {}); !going.empty(); going.pop_front()) {
    begin(going.front());
  }
}

void ScsiDevice::begin(IRP* irp) {
  const RequestFields srb = fields_of(request_block_of(irp));
  if (must_wait(srb.flags)) {
    queued_.push_back(irp);
    return;
  }
  Job* const job = new Job;
  job->device = this;
  job->irp = irp;
  taken_.push_back(srb.cdb[0]);
  array::Task& task = job->task;
  task.nexus = nexus_;
  task.lun = scsi::encode_lun(lun_);
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
    if (!answered->beginning) {
      machine().clock.arm_after(answered->later, answered->device->latency_ns_);
    }
  };
  const auto range = scsi::block_range(task.cdb.span());
  const bool moves_blocks = range && (range->access == scsi::BlockAccess::read ||
                                      range->access == scsi::BlockAccess::write);
  if (endings_ != 0 && moves_blocks) {
    --endings_;
    job->ending = ending_;
  }
  const bool is_over = unplugged_ || nexus_ == nullptr || job->ending || answer_as_told(*job);
  if (!is_over) {
    array_.submit(task);
  }
  job->beginning = false;
  if (is_over || job->answered) {
    if (at_once_) {
      finish(*job);
    } else {
      machine().clock.arm_after(job->later, latency_ns_);
    }
  }
}

void ScsiDevice::answer_next(uint8_t opcode, unsigned times, uint8_t status,
                             const scsi::Sense& sense) {
  told_.insert(told_.end(), times, {opcode, status, sense});
}

unsigned ScsiDevice::requests(uint8_t opcode) const {
  return static_cast<unsigned>(std::count(taken_.begin(), taken_.end(), opcode));
}

void ScsiDevice::answer_page_next(uint8_t page, unsigned times, uint8_t status,
                                  const scsi::Sense& sense) {
  told_page_ = page;
  told_of_page_.assign(times, {scsi::kInquiry, status, sense});
}

bool ScsiDevice::answer_from(std::deque<Told>& told, array::Task& task) {
  if (told.empty() || told.front().opcode != task.cdb.opcode()) {
    return false;
  }
  task.status = told.front().status;
  if (task.status == scsi::kCheckCondition) {
    task.sense_bytes =
        static_cast<uint8_t>(scsi::encode_fixed_sense(task.sense, told.front().sense));
  }
  told.pop_front();
  return true;
}

bool ScsiDevice::answer_as_told(Job& job) {
  job.answered = answer_from(told_, job.task);
  return job.answered;
}

bool ScsiDevice::answer_page_as_told(array::Task& task) {
  constexpr uint8_t kVitalProductData = 1;
  return (task.cdb.bytes[1] & kVitalProductData) != 0 && task.cdb.bytes[2] == told_page_ &&
         answer_from(told_of_page_, task);
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
    conflicts_ += task.status == scsi::kReservationConflict ? 1 : 0;
    Answer answer = answer_of(task);
    const ULONG flags = fields_of(request_block_of(job.irp)).flags;
    answer.freezes_queue = freezes_ && task.status == scsi::kCheckCondition &&
                           (flags & SRB_FLAGS_NO_QUEUE_FREEZE) == 0;
    frozen_ |= answer.freezes_queue;
    complete_with_answer(job.irp, answer);
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
  task.lun = scsi::encode_lun(lun_);
  task.tag = next_tag_++;
  task.owner = &done;
  task.done = [](array::Task& ended) {
    *static_cast<bool*>(ended.owner) = true;
    machine().announce();
  };
  array_.submit(task);
  machine().wait_until([&done] { return done; }, "a task of the array");
}

ScsiDevice::Reply ScsiDevice::execute(const scsi::Cdb& cdb, const std::vector<uint8_t>& data_out) {
  array::Task task;
  task.cdb = cdb;
  task.data_out = data_out;
  run(task);
  return {task.status, task.data_in};
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
  if (!answer_page_as_told(task)) {
    run(task);
  }
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
