// See fabric_port.h.
#include "windows/harness/world/fabric_port.h"

#include <algorithm>
#include <utility>

#include "windows/harness/machine.h"
#include "windows/harness/request_block.h"

namespace harness {
namespace {

constexpr uint64_t kStream = 0x706f7274;
constexpr uint32_t kPassThroughS = 20;

}  // namespace

struct FabricPort::Job {
  FabricPort* port = nullptr;
  IRP* irp = nullptr;  // null: a pass-through, whose caller waits
  mpio::TransportCommand command;
  mpio::IoSlice slice;
  std::vector<uint8_t> data_in;
  uint64_t limit_ns = 0;
  bool out_of_time = false;
  bool* done = nullptr;
  bool* answered = nullptr;
  SCSI_PASS_THROUGH_DIRECT* pass = nullptr;
  base::Timer limit{[](void* context) {
                      Job& job = *static_cast<Job*>(context);
                      job.port->on_limit(job);
                    },
                    this};
  base::Timer failure{[](void* context) {
                        Job& job = *static_cast<Job*>(context);
                        --job.port->failing_;
                        job.port->end_unanswered(job);
                      },
                      this};

  void prepare(mpio::Direction direction, void* data, uint32_t bytes) {
    command.owner = this;
    command.direction = bytes == 0 ? mpio::Direction::none : direction;
    command.length_bytes = bytes;
    if (direction == mpio::Direction::from_target) {
      data_in.resize(bytes);
      slice = {data_in.data(), bytes};
    } else {
      slice = {static_cast<uint8_t*>(data), bytes};
    }
    if (bytes != 0) {
      command.slices = {&slice, 1};
    }
  }
  Answer answer() const {
    return {command.scsi_status,
            {data_in.data(), data_in.empty() ? 0 : data_in.size() - command.residual_bytes},
            {command.sense.data(), command.sense_bytes}};
  }
};

FabricPort::FabricPort(sim::Fabric& fabric, sim::Clock& clock, uint32_t path,
                       const HostTimes& times, uint64_t seed, PortOwner& owner)
    : fabric_(fabric),
      clock_(clock),
      transport_(fabric.transport(path)),
      path_(path),
      times_(times),
      owner_(owner),
      prng_(base::Prng::stream(seed + path, kStream)) {
  transport_.set_handler(*this);
}

FabricPort::~FabricPort() {
  stop();
}

void FabricPort::stop() {
  state_ = State::down;
  transport_.drop();
  clock_.cancel(login_timer_);
  clock_.cancel(login_limit_);
  clock_.cancel(link_down_limit_);
}

std::string FabricPort::text() const {
  const char* const state = state_ == State::up ? "up" : gone_ ? "gone" : "down";
  return std::string(state) + " open " + std::to_string(open());
}

SCSI_ADDRESS FabricPort::address() const {
  return {sizeof(SCSI_ADDRESS), static_cast<UCHAR>(2 + path_), 0, 0, 0};
}

void FabricPort::start() {
  link_is_down();
}

void FabricPort::begin(IRP* irp) {
  const RequestFields srb = fields_of(request_block_of(irp));
  Job& job = *new Job;
  job.port = this;
  job.irp = irp;
  std::copy_n(srb.cdb, srb.cdb_bytes, job.command.cdb.bytes.begin());
  job.command.cdb.length = srb.cdb_bytes;
  job.limit_ns = srb.limit_s * sim::kSecond;
  const bool is_out = (srb.flags & SRB_FLAGS_DATA_OUT) != 0;
  const bool is_in = (srb.flags & SRB_FLAGS_DATA_IN) != 0;
  job.prepare(is_out ? mpio::Direction::to_target : mpio::Direction::from_target, srb.data,
              is_out || is_in ? *srb.data_bytes : 0);
  take(job);
}

void FabricPort::take(Job& job) {
  if (gone_) {
    // Some drivers end it in their dispatch routine, others from a queue.
    prng_.chance(1, 2) ? end_unanswered(job) : fail_later(job);
  } else if (state_ == State::up) {
    send(job);
  } else {
    held_.push_back(&job);
  }
}

void FabricPort::send(Job& job) {
  outstanding_.push_back(&job);
  if (job.limit_ns != 0) {
    clock_.arm_after(job.limit, job.limit_ns);
  }
  transport_.submit(job.command);
}

// Nothing may be said of it yet: the session is torn down, and the next login ends the old one.
void FabricPort::on_limit(Job& job) {
  job.out_of_time = true;
  transport_.drop();
  link_is_down();
}

void FabricPort::on_command_done(mpio::TransportCommand& command) {
  Job& job = *static_cast<Job*>(command.owner);
  std::erase(outstanding_, &job);
  clock_.cancel(job.limit);
  if (command.delivery == mpio::Delivery::not_sent) {
    held_.push_back(&job);
    return;
  }
  if (command.delivery != mpio::Delivery::delivered) {
    forgets_fence ? fail_later(job) : lost_.push_back(&job);
    return;
  }
  const std::unique_ptr<Job> ended(&job);
  machine().processor = static_cast<uint32_t>(prng_.below(machine().processors));
  if (job.irp != nullptr) {
    complete_with_answer(job.irp, job.answer());
  } else {
    fill_pass_through(*job.pass, job.answer());
    *job.answered = true;
    *job.done = true;
  }
  machine().announce();
}

void FabricPort::end_unanswered(Job& job) {
  const std::unique_ptr<Job> ended(&job);
  machine().processor = static_cast<uint32_t>(prng_.below(machine().processors));
  machine().announce();
  if (job.irp == nullptr) {
    *job.done = true;
  } else if (gone_) {
    complete_without_answer(job.irp, SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST);
  } else if (job.out_of_time && !times_.times_out_as_reset) {
    complete_without_answer(job.irp, SRB_STATUS_TIMEOUT, STATUS_IO_TIMEOUT);
  } else {
    complete_without_answer(job.irp, SRB_STATUS_BUS_RESET, STATUS_IO_DEVICE_ERROR);
  }
}

void FabricPort::fail_later(Job& job) {
  ++failing_;
  clock_.arm_after(job.failure, prng_.below(100 * sim::kMicrosecond));
}

void FabricPort::fail_all(Jobs& jobs) {
  for (Job* job : std::exchange(jobs, {})) {
    end_unanswered(*job);
  }
}

void FabricPort::link_is_down() {
  state_ = State::down;
  if (!gone_ && !link_down_limit_.armed()) {
    clock_.arm_after(link_down_limit_, times_.link_down_ns);
  }
  const uint64_t half = times_.login_pause_ns / 2;
  clock_.arm_after(login_timer_, half + prng_.below(half + 1));
}

void FabricPort::login() {
  state_ = State::logging_in;
  clock_.arm_after(login_limit_, times_.login_ns);
  transport_.start_login();
}

void FabricPort::on_login_limit() {
  transport_.drop();
  link_is_down();
}

void FabricPort::on_login_done(mpio::LinkResult result, std::string_view) {
  clock_.cancel(login_limit_);
  if (result != mpio::LinkResult::ok) {
    link_is_down();
    return;
  }
  state_ = State::up;
  gone_ = false;
  clock_.cancel(link_down_limit_);
  // The login has ended the session before it, and all that was lost with it.
  fail_all(lost_);
  for (Job* job : std::exchange(held_, {})) {
    state_ == State::up ? send(*job) : held_.push_back(job);
  }
  owner_.on_port_up(*this);
}

void FabricPort::on_link_lost(mpio::LinkResult, std::string_view) {
  link_is_down();
}

void FabricPort::on_link_down_limit() {
  fabric_.expire(path_);
  gone_ = true;
  fail_all(lost_);
  fail_all(held_);
  owner_.on_port_gone(*this);
}

NTSTATUS FabricPort::pass_through(SCSI_PASS_THROUGH_DIRECT& request) {
  bool done = false;
  bool answered = false;
  Job& job = *new Job;
  job.port = this;
  job.pass = &request;
  job.done = &done;
  job.answered = &answered;
  std::copy_n(request.Cdb, sizeof(request.Cdb), job.command.cdb.bytes.begin());
  job.command.cdb.length = request.CdbLength;
  job.limit_ns = (request.TimeOutValue != 0 ? request.TimeOutValue : kPassThroughS) * sim::kSecond;
  job.prepare(request.DataIn == SCSI_IOCTL_DATA_OUT ? mpio::Direction::to_target
                                                    : mpio::Direction::from_target,
              request.DataBuffer, request.DataTransferLength);
  take(job);
  machine().wait_until([&done] { return done; }, "a pass-through request");
  return answered ? STATUS_SUCCESS : gone_ ? STATUS_DEVICE_DOES_NOT_EXIST : STATUS_IO_DEVICE_ERROR;
}

std::vector<uint8_t> FabricPort::identifiers() {
  struct {
    SCSI_PASS_THROUGH_DIRECT pass{};
    uint8_t sense[32] = {};
  } request;
  std::vector<uint8_t> page(512);
  const scsi::Cdb cdb = scsi::make_inquiry_vpd(0x83, static_cast<uint16_t>(page.size()));
  request.pass.Length = sizeof(request.pass);
  std::copy(cdb.bytes.begin(), cdb.bytes.begin() + sizeof(request.pass.Cdb), request.pass.Cdb);
  request.pass.CdbLength = cdb.length;
  request.pass.DataIn = SCSI_IOCTL_DATA_IN;
  request.pass.DataBuffer = page.data();
  request.pass.DataTransferLength = static_cast<ULONG>(page.size());
  request.pass.SenseInfoOffset = sizeof(request.pass);
  request.pass.SenseInfoLength = sizeof(request.sense);
  request.pass.TimeOutValue = kPassThroughS;
  if (pass_through(request.pass) != STATUS_SUCCESS || request.pass.ScsiStatus != 0) {
    return {};
  }
  page.resize(request.pass.DataTransferLength);
  return identifier_list(page);
}

}  // namespace harness
