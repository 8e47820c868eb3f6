// See class_driver.h.
#include "windows/harness/world/class_driver.h"

#include <algorithm>
#include <cerrno>

#include "scsi/capacity.h"
#include "scsi/cdb.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "scsi/unmap.h"
#include "windows/harness/machine.h"

namespace harness {
namespace {

constexpr uint64_t kStream = 0x636c6173;
constexpr uint32_t kBlockBytes = 512;
constexpr uint64_t kNever = UINT64_MAX;

// How long until it is worth another try; kNever: it is not.
uint64_t pause_after(const Request& request) {
  const SCSI_REQUEST_BLOCK& srb = request.srb;
  switch (SRB_STATUS(srb.SrbStatus)) {
    case SRB_STATUS_BUS_RESET:
    case SRB_STATUS_TIMEOUT:
      return 0;
    case SRB_STATUS_BUSY:
      return sim::kSecond;
    case SRB_STATUS_ERROR:
      break;
    default:
      return kNever;
  }
  switch (srb.ScsiStatus) {
    case scsi::kBusy:
    case scsi::kTaskSetFull:
      return sim::kSecond;
    case scsi::kTaskAborted:
      return 0;
    case scsi::kCheckCondition:
      break;
    default:
      return kNever;
  }
  switch (scsi::decode_sense({request.sense, sizeof(request.sense)}).key) {
    case scsi::kUnitAttention:
    case scsi::kAbortedCommand:
      return 0;
    case scsi::kNotReady:
      return ClassDriver::kPauseNs;
    default:
      return kNever;
  }
}

}  // namespace

struct ClassDriver::Job {
  ClassDriver* owner = nullptr;
  // Both null: the class driver's own.
  mpio::BlockRequest* block = nullptr;
  mpio::ScsiRequest* raw = nullptr;
  bool open = false;
  bool in_send = false;
  unsigned retries = 0;
  int error = 0;
  scsi::Cdb cdb;
  ULONG direction = 0;
  Request request;
  base::Timer again{[](void* context) {
                      Job& job = *static_cast<Job*>(context);
                      job.owner->send(job);
                    },
                    this};
  base::Timer end{[](void* context) {
                    Job& job = *static_cast<Job*>(context);
                    job.owner->finish(job);
                  },
                  this};
};

ClassDriver::ClassDriver(Mpio& mpio, sim::Clock& clock, const HostTimes& times, uint64_t seed)
    : mpio_(mpio), clock_(clock), times_(times), prng_(base::Prng::stream(seed, kStream)) {}

ClassDriver::~ClassDriver() {
  for (const auto& job : jobs_) {
    clock_.cancel(job->again);
    clock_.cancel(job->end);
  }
}

ClassDriver::Job& ClassDriver::free_job() {
  ++open_;
  for (const auto& job : jobs_) {
    if (!job->open) {
      job->block = nullptr;
      job->raw = nullptr;
      job->retries = 0;
      return *job;
    }
  }
  jobs_.push_back(std::make_unique<Job>());
  Job& job = *jobs_.back();
  job.owner = this;
  job.request.owner = &job;
  job.request.ended = [](Request& request) {
    Job& ended = *static_cast<Job*>(request.owner);
    ended.owner->on_ended(ended);
  };
  return job;
}

void ClassDriver::start() {
  constexpr uint32_t kCapacityBytes = 32;
  Job& job = free_job();
  job.cdb = scsi::make_read_capacity16(kCapacityBytes);
  job.direction = SRB_FLAGS_DATA_IN;
  job.request.data.assign(kCapacityBytes, 0);
  send(job);
}

void ClassDriver::submit(mpio::BlockRequest& block) {
  Job& job = free_job();
  job.block = &block;
  prepare(job, block);
  send(job);
}

void ClassDriver::submit(mpio::ScsiRequest& request) {
  Job& job = free_job();
  job.raw = &request;
  job.cdb = request.cdb;
  job.direction = SRB_FLAGS_DATA_OUT;
  job.request.data.clear();
  for (const mpio::IoSlice& slice : request.slices) {
    job.request.data.insert(job.request.data.end(), slice.data, slice.data + slice.size_bytes);
  }
  send(job);
}

void ClassDriver::prepare(Job& job, const mpio::BlockRequest& block) {
  const uint64_t lba = block.offset_bytes / kBlockBytes;
  const auto blocks = static_cast<uint32_t>(block.length_bytes / kBlockBytes);
  std::vector<uint8_t>& data = job.request.data;
  data.clear();
  job.direction = SRB_FLAGS_DATA_OUT;
  switch (block.op) {
    case mpio::BlockOp::read:
      job.cdb = scsi::make_read(lba, blocks, block.fua);
      job.direction = SRB_FLAGS_DATA_IN;
      data.assign(block.length_bytes, 0);
      break;
    case mpio::BlockOp::write:
      job.cdb = scsi::make_write(lba, blocks, block.fua);
      for (const mpio::IoSlice& slice : block.slices) {
        data.insert(data.end(), slice.data, slice.data + slice.size_bytes);
      }
      break;
    case mpio::BlockOp::trim: {
      data.resize(scsi::kUnmapHeaderBytes + scsi::kUnmapRangeBytes);
      scsi::encode_unmap(data, {lba, blocks});
      job.cdb = scsi::make_unmap(static_cast<uint16_t>(data.size()));
      break;
    }
    case mpio::BlockOp::flush:
    case mpio::BlockOp::write_zeroes:  // the class driver has none: Geometry says so
      job.cdb = scsi::make_synchronize_cache(0, 0);
      job.direction = 0;
      break;
  }
}

void ClassDriver::send(Job& job) {
  job.open = true;
  job.request.extended = times_.extended_blocks;
  job.request.srb.TimeOutValue = times_.request_s;
  machine().processor = static_cast<uint32_t>(prng_.below(machine().processors));
  job.in_send = true;
  if (job.cdb.opcode() == scsi::kPersistentReserveOut) {
    job.request.set_command(job.cdb, job.direction);
    mpio_.command(job.request);
  } else {
    mpio_.send(job.request, job.cdb, job.direction);
  }
  job.in_send = false;
}

void ClassDriver::on_ended(Job& job) {
  Request& request = job.request;
  job.error = 0;
  if (request.extended) {
    // What a class driver reads of either form.
    request.srb.SrbStatus = request.extended_block.block.SrbStatus;
    request.srb.ScsiStatus = request.extended_block.cdb.ScsiStatus;
  }
  const bool good =
      NT_SUCCESS(request.status) && SRB_STATUS(request.srb.SrbStatus) == SRB_STATUS_SUCCESS;
  if (!good) {
    // A REGISTER that was executed on some paths would be refused there: the sender's own affair.
    const bool once = job.cdb.opcode() == scsi::kPersistentReserveOut;
    const uint64_t pause = once ? kNever : pause_after(request);
    if (pause != kNever && job.retries + 1 < kTries) {
      ++job.retries;
      clock_.arm_after(job.again, pause);
      return;
    }
    job.error = request.srb.ScsiStatus == scsi::kReservationConflict ? EPERM : EIO;
  }
  // Never from inside submit().
  job.in_send ? clock_.defer(job.end) : finish(job);
}

void ClassDriver::finish(Job& job) {
  if (job.raw != nullptr) {
    answer(job);
  } else if (job.block == nullptr) {
    if (job.error != 0) {
      job.retries = 0;
      clock_.arm_after(job.again, sim::kSecond);
      return;
    }
    take_size(job);
  } else if (job.block->op == mpio::BlockOp::read && job.error == 0) {
    auto from = job.request.data.begin();
    for (const mpio::IoSlice& slice : job.block->slices) {
      std::copy_n(from, slice.size_bytes, slice.data);
      from += static_cast<ptrdiff_t>(slice.size_bytes);
    }
  }
  job.open = false;
  --open_;
  if (job.block != nullptr) {
    mpio::BlockRequest& block = *job.block;
    block.error = job.error;
    block.done(block);
  } else if (job.raw != nullptr) {
    job.raw->done(*job.raw);
  }
}

// What the target has said, if it has.
void ClassDriver::answer(const Job& job) {
  const SCSI_REQUEST_BLOCK& srb = job.request.srb;
  const bool said = job.error == 0 || (SRB_STATUS(srb.SrbStatus) == SRB_STATUS_ERROR &&
                                       srb.ScsiStatus != scsi::kGood);
  job.raw->error = said ? 0 : job.error;
  job.raw->scsi_status = job.error == 0 ? uint8_t{scsi::kGood} : srb.ScsiStatus;
}

void ClassDriver::take_size(const Job& job) {
  const auto capacity = scsi::decode_capacity16(job.request.data);
  if (!capacity) {
    fail("READ CAPACITY(16) through the driver: no capacity");
  }
  geometry_.logical_block_bytes = capacity->block_bytes;
  geometry_.size_bytes = (capacity->last_lba + 1) * capacity->block_bytes;
  geometry_.max_transfer_bytes = 1U << 20;
  geometry_.can_trim = capacity->thin;
  geometry_.can_fua = true;
  ready_ = true;
}

}  // namespace harness
