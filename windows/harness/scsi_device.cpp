// See scsi_device.h.
#include "windows/harness/scsi_device.h"

#include <algorithm>
#include <cstring>

#include "scsi/cdb.h"
#include "scsi/designator.h"
#include "scsi/opcodes.h"
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
  bool answered = false;
  bool beginning = true;
  base::Timer later{&Job::on_time, this};

  RequestFields fields() const {
    return fields_of(*static_cast<SCSI_REQUEST_BLOCK*>(
        irp->Tail.Overlay.CurrentStackLocation->Parameters.Scsi.Srb));
  }
  static void on_time(void* context) {
    Job* const job = static_cast<Job*>(context);
    job->device->finish(*job);
  }
};

ScsiDevice::ScsiDevice(array::Array& array, unsigned port, uint64_t lun, const std::string& host)
    : array_(array), port_(port), lun_(lun) {
  nexus_ = array_.login(port, {host, isid_of(port)}, *this);
  driver_.MajorFunction[IRP_MJ_SCSI] = dispatch;
  object_.DriverObject = &driver_;
  object_.StackSize = 1;
  object_.DeviceExtension = this;
}

ScsiDevice::~ScsiDevice() {
  if (nexus_ != nullptr) {
    array_.drop(*nexus_);
  }
}

SCSI_ADDRESS ScsiDevice::address() const {
  return {sizeof(SCSI_ADDRESS), static_cast<UCHAR>(2 + port_), 0, 0, static_cast<UCHAR>(lun_)};
}

ScsiDevice* ScsiDevice::of(DEVICE_OBJECT* object) {
  const bool ours = object != nullptr && object->DriverObject != nullptr &&
                    object->DriverObject->MajorFunction[IRP_MJ_SCSI] == dispatch;
  return ours ? static_cast<ScsiDevice*>(object->DeviceExtension) : nullptr;
}

NTSTATUS NTAPI ScsiDevice::dispatch(DEVICE_OBJECT* device, IRP* irp) {
  return of(device)->begin(irp);
}

NTSTATUS ScsiDevice::begin(IRP* irp) {
  ++requests_;
  Job* const job = new Job;
  job->device = this;
  job->irp = irp;
  const RequestFields srb = job->fields();
  ++requests_of_[srb.cdb[0]];
  if (irp->MdlAddress != nullptr && irp->MdlAddress->MappedSystemVa == nullptr) {
    fail("the port driver got a list of pages that was not built");
  }
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
    if (!answered->beginning) {
      machine().clock.arm_after(answered->later, answered->device->latency_ns_);
    }
  };
  const bool is_over = unplugged_ || nexus_ == nullptr || answer_as_told(*job);
  if (!is_over) {
    array_.submit(task);
  }
  job->beginning = false;
  if (!is_over && !job->answered) {
    return STATUS_PENDING;
  }
  if (at_once_) {
    finish(*job);
    return last_status_;
  }
  machine().clock.arm_after(job->later, latency_ns_);
  return STATUS_PENDING;
}

void ScsiDevice::answer_next(uint8_t opcode, unsigned times, uint8_t status,
                             const scsi::Sense& sense) {
  told_.insert(told_.end(), times, {opcode, status, sense});
}

unsigned ScsiDevice::requests(uint8_t opcode) const {
  return requests_of_[opcode];
}

bool ScsiDevice::answer_as_told(Job& job) {
  if (told_.empty() || told_.front().opcode != job.task.cdb.opcode()) {
    return false;
  }
  job.task.status = told_.front().status;
  if (job.task.status == scsi::kCheckCondition) {
    job.task.sense_bytes =
        static_cast<uint8_t>(scsi::encode_fixed_sense(job.task.sense, told_.front().sense));
  }
  told_.pop_front();
  job.answered = true;
  return true;
}

void ScsiDevice::finish(Job& job) {
  const std::unique_ptr<Job> ended(&job);
  const RequestFields srb = job.fields();
  const array::Task& task = job.task;
  IRP* const irp = job.irp;
  irp->IoStatus.Information = 0;
  if (!job.answered || task.aborted || unplugged_) {
    *srb.srb_status = SRB_STATUS_NO_DEVICE;
    irp->IoStatus.Status = STATUS_DEVICE_DOES_NOT_EXIST;
    last_status_ = irp->IoStatus.Status;
    complete_request(irp);
    return;
  }
  *srb.scsi_status = task.status;
  conflicts_ += task.status == scsi::kReservationConflict ? 1 : 0;
  if (task.status == scsi::kGood) {
    *srb.srb_status = SRB_STATUS_SUCCESS;
    irp->IoStatus.Status = STATUS_SUCCESS;
    if ((srb.flags & SRB_FLAGS_DATA_IN) != 0) {
      const size_t bytes = std::min<size_t>(*srb.data_bytes, task.data_in.size());
      std::copy_n(task.data_in.data(), bytes, static_cast<uint8_t*>(srb.data));
      if (bytes < *srb.data_bytes) {
        *srb.srb_status = SRB_STATUS_DATA_OVERRUN;  // the name for too little, too
      }
      *srb.data_bytes = static_cast<ULONG>(bytes);
    }
    irp->IoStatus.Information = *srb.data_bytes;
  } else {
    *srb.srb_status = SRB_STATUS_ERROR;
    irp->IoStatus.Status = STATUS_IO_DEVICE_ERROR;
    const size_t bytes = std::min<size_t>(srb.sense_bytes, task.sense_bytes);
    if (bytes != 0 && srb.sense != nullptr && !sense_hidden_) {
      std::copy_n(task.sense.begin(), bytes, srb.sense);
      *srb.srb_status |= SRB_STATUS_AUTOSENSE_VALID;
    }
  }
  last_status_ = irp->IoStatus.Status;
  complete_request(irp);
}

void ScsiDevice::run(array::Task& task) {
  bool done = false;
  task.nexus = nexus_;
  task.lun = lun_;
  task.tag = next_tag_++;
  task.owner = &done;
  task.done = [](array::Task& ended) { *static_cast<bool*>(ended.owner) = true; };
  array_.submit(task);
  machine().wait_until([&done] { return done; }, "a task of the array");
}

ScsiDevice::Answer ScsiDevice::execute(const scsi::Cdb& cdb, const std::vector<uint8_t>& data_out) {
  array::Task task;
  task.cdb = cdb;
  task.data_out = data_out;
  run(task);
  return {task.status, task.data_in};
}

NTSTATUS ScsiDevice::pass_through(SCSI_PASS_THROUGH_DIRECT& request) {
  if (unplugged_ || nexus_ == nullptr) {
    return STATUS_DEVICE_DOES_NOT_EXIST;
  }
  array::Task task;
  std::copy_n(request.Cdb, sizeof(request.Cdb), task.cdb.bytes.begin());
  task.cdb.length = request.CdbLength;
  run(task);
  request.ScsiStatus = task.status;
  request.DataTransferLength =
      std::min(request.DataTransferLength, static_cast<ULONG>(task.data_in.size()));
  std::copy_n(task.data_in.data(), request.DataTransferLength,
              static_cast<uint8_t*>(request.DataBuffer));
  const size_t sense = std::min<size_t>(request.SenseInfoLength, task.sense_bytes);
  std::copy_n(task.sense.begin(), sense,
              reinterpret_cast<uint8_t*>(&request) + request.SenseInfoOffset);
  return STATUS_SUCCESS;
}

std::vector<uint8_t> ScsiDevice::identifiers() {
  constexpr uint8_t kPage = 0x83;
  constexpr size_t kHeader = offsetof(STORAGE_IDENTIFIER, Identifier);
  constexpr size_t kFirst = offsetof(STORAGE_DEVICE_ID_DESCRIPTOR, Identifiers);
  array::Task task;
  task.cdb = scsi::make_inquiry_vpd(kPage, 4096);
  run(task);
  std::vector<uint8_t> list(kFirst);
  ULONG count = 0;
  scsi::DesignatorWalk walk(task.data_in);
  for (auto designator = walk.next(); designator;) {
    const auto next = walk.next();
    // Places in the list are multiples of four.
    const size_t size = (kHeader + designator->bytes.size() + 3) / 4 * 4;
    const size_t at = list.size();
    list.resize(at + size);
    const ULONG numbers[2] = {static_cast<ULONG>(designator->code_set),
                              static_cast<ULONG>(designator->type)};
    const USHORT sizes[2] = {static_cast<USHORT>(designator->bytes.size()),
                             static_cast<USHORT>(next ? size : 0)};
    const auto association = static_cast<ULONG>(designator->association);
    std::memcpy(&list[at], numbers, sizeof(numbers));
    std::memcpy(&list[at + 8], sizes, sizeof(sizes));
    std::memcpy(&list[at + 12], &association, sizeof(association));
    std::copy(designator->bytes.begin(), designator->bytes.end(), &list[at + kHeader]);
    ++count;
    designator = next;
  }
  const ULONG header[3] = {static_cast<ULONG>(kFirst), static_cast<ULONG>(list.size()), count};
  std::memcpy(list.data(), header, sizeof(header));
  return list;
}

}  // namespace harness
