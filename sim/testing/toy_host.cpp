// See toy_host.h.
#include "sim/testing/toy_host.h"

#include <algorithm>
#include <cerrno>

#include "scsi/opcodes.h"
#include "scsi/unmap.h"

namespace sim {

using mpio::BlockOp;
using mpio::Direction;
using mpio::LinkResult;

const char* name_of(Vice vice) {
  static constexpr const char* kNames[kVices] = {
      "none",       "ignores_unsettled", "swallows_errors", "retries_for_ever",
      "no_backoff", "completes_twice",   "forgets_a_path"};
  return kNames[static_cast<size_t>(vice)];
}

struct ToyHost::Job {
  mpio::BlockRequest* request = nullptr;
  uint64_t number = 0;
  uint64_t lba = 0;
  uint64_t blocks = 0;
  uint64_t submitted_ns = 0;
  uint64_t not_before_ns = 0;
  uint64_t sent_ns = 0;
  Path* path = nullptr;  // where it is in flight
  mpio::TransportCommand command;
  std::array<uint8_t, 24> list{};
  mpio::IoSlice list_slice;
  bool writes() const { return request->op != BlockOp::read && request->op != BlockOp::flush; }
};

struct ToyHost::Path final : mpio::TransportHandler {
  Path(ToyHost& toy, mpio::Transport& its_link) : host(toy), link(its_link) {
    link.set_handler(*this);
  }

  void log_in() {
    logging_in = true;
    began_ns = host.clock_.now_ns();
    host.clock_.arm_after(watch, 50 * kMillisecond);
    link.start_login();
  }
  void fall() {
    up = logging_in = false;
    host.clock_.cancel(watch);
    if (host.vice_ == Vice::forgets_a_path && ++falls > 2) {
      return;
    }
    const uint64_t pause = host.vice_ == Vice::no_backoff ? 0 : backoff_ns;
    backoff_ns = std::min(backoff_ns * 2, host.limits_.backoff_max_ns);
    host.clock_.arm_after(retry, pause);
  }
  // Every 50 ms: is the login too slow, a command too old, the line silent?
  void look() {
    const uint64_t now = host.clock_.now_ns();
    bool dead = logging_in && now - began_ns > host.limits_.login_deadline_ns;
    dead = dead || (up && now - heard_ns > kSecond);
    for (const auto& job : host.jobs_) {
      dead = dead || (job->path == this && now - job->sent_ns > host.limits_.command_deadline_ns);
    }
    if (dead) {
      link.drop();
      fall();
      host.pump();
      return;
    }
    if (up && now - heard_ns > 300 * kMillisecond) {
      link.send_nop();
    }
    host.clock_.arm_after(watch, 50 * kMillisecond);
  }
  void on_login_done(LinkResult result, std::string_view) override {
    logging_in = false;
    if (result != LinkResult::ok) {
      fall();
      return;
    }
    up = true;
    heard_ns = host.clock_.now_ns();
    host.settle(*this);
    host.pump();
  }
  void on_command_done(mpio::TransportCommand& command) override {
    host.on_back(*this, *static_cast<Job*>(command.owner));
  }
  void on_link_lost(LinkResult, std::string_view) override {
    fall();
    host.clock_.defer(host.pump_timer_);
  }
  void on_heard() override {
    heard_ns = host.clock_.now_ns();
    backoff_ns = 50 * kMillisecond;
  }

  ToyHost& host;
  mpio::Transport& link;
  bool up = false;
  bool logging_in = false;
  int falls = 0;
  uint64_t began_ns = 0;
  uint64_t heard_ns = 0;
  uint64_t backoff_ns = 50 * kMillisecond;
  base::MemberTimer<&Path::log_in> retry{*this};
  base::MemberTimer<&Path::look> watch{*this};
};

ToyHost::ToyHost(HostClock& clock, Fabric& fabric, uint32_t paths, uint64_t blocks, Vice vice)
    : clock_(clock), vice_(vice) {
  limits_.command_deadline_ns = kSecond;
  limits_.login_deadline_ns = 1500 * kMillisecond;
  limits_.backoff_max_ns = kSecond;
  limits_.no_path_ns = 60 * kSecond;
  limits_.settle_loss_ns = 40 * kSecond;
  limits_.request_ns = 100 * kSecond;
  geometry_.size_bytes = blocks * 512;
  geometry_.can_trim = geometry_.can_write_zeroes = geometry_.can_fua = true;
  for (uint32_t path = 0; path < paths; ++path) {
    paths_.push_back(std::make_unique<Path>(*this, fabric.transport(path)));
  }
}

ToyHost::~ToyHost() {
  clock_.cancel(pump_timer_);
  for (const auto& path : paths_) {
    clock_.cancel(path->retry);
    clock_.cancel(path->watch);
  }
}

void ToyHost::start() {
  for (const auto& path : paths_) {
    path->log_in();
  }
}

bool ToyHost::ready() const {
  return std::all_of(paths_.begin(), paths_.end(), [](const auto& path) { return path->up; });
}

bool ToyHost::path_in_service(uint32_t path) const {
  return paths_[path]->up;
}

std::string ToyHost::unrest() const {
  return jobs_.empty() && unsettled_.empty() ? ""
                                             : std::to_string(jobs_.size()) + " jobs, " +
                                                   std::to_string(unsettled_.size()) + " unsettled";
}

void ToyHost::submit(mpio::BlockRequest& request) {
  jobs_.push_back(std::make_unique<Job>());
  Job& job = *jobs_.back();
  job.request = &request;
  job.number = next_job_++;
  job.lba = request.offset_bytes / 512;
  job.blocks = request.length_bytes / 512;
  job.submitted_ns = clock_.now_ns();
  build(job);
  clock_.defer(pump_timer_);
}

void ToyHost::build(Job& job) {
  mpio::TransportCommand& command = job.command;
  command.owner = &job;
  const auto blocks = static_cast<uint32_t>(job.blocks);
  switch (job.request->op) {
    case BlockOp::read:
      command.cdb = scsi::make_read(job.lba, blocks);
      command.direction = Direction::from_target;
      break;
    case BlockOp::write:
      command.cdb = scsi::make_write(job.lba, blocks, job.request->fua);
      command.direction = Direction::to_target;
      break;
    case BlockOp::flush:
      command.cdb = scsi::make_synchronize_cache(0, 0);
      return;
    case BlockOp::trim:
      command.cdb = scsi::make_unmap(24);
      scsi::encode_unmap(job.list, {job.lba, blocks});
      job.list_slice = {job.list.data(), job.list.size()};
      command.direction = Direction::to_target;
      command.slices = {&job.list_slice, 1};
      command.length_bytes = 24;
      return;
    case BlockOp::write_zeroes:
      command.cdb = scsi::make_write_same16(job.lba, blocks, {.unmap = false, .no_data_out = true});
      return;
  }
  command.slices = job.request->slices;
  command.length_bytes = static_cast<uint32_t>(job.request->length_bytes);
}

bool ToyHost::held_back(const Job& job) const {
  return job.writes() && vice_ != Vice::ignores_unsettled &&
         std::any_of(unsettled_.begin(), unsettled_.end(), [&](const Unsettled& old) {
           return old.job != job.number && old.lba < job.lba + job.blocks &&
                  job.lba < old.lba + old.blocks;
         });
}

ToyHost::Path* ToyHost::choose() {
  for (size_t i = 0; i < paths_.size(); ++i) {
    Path& path = *paths_[next_path_++ % paths_.size()];
    if (path.up) {
      return &path;
    }
  }
  return nullptr;
}

void ToyHost::pump() {
  const uint64_t now = clock_.now_ns();
  uint64_t wake = UINT64_MAX;
  std::erase_if(unsettled_,
                [&](const Unsettled& old) { return now - old.since_ns >= limits_.settle_loss_ns; });
  const bool some_up =
      std::any_of(paths_.begin(), paths_.end(), [](const auto& path) { return path->up; });
  no_path_since_ns_ = some_up ? now : no_path_since_ns_;
  for (size_t i = 0; i < jobs_.size(); ++i) {
    Job& job = *jobs_[i];
    if (job.path != nullptr) {
      continue;
    }
    const bool too_old = now - job.submitted_ns > limits_.no_path_ns;
    if ((too_old || now - no_path_since_ns_ > limits_.no_path_ns) &&
        vice_ != Vice::retries_for_ever) {
      finish(job, vice_ == Vice::swallows_errors ? 0 : EIO);
      wake = now;  // the list has changed: look again
      break;
    }
    Path* const path = held_back(job) || job.not_before_ns > now ? nullptr : choose();
    if (path == nullptr) {
      wake = std::min(wake, now + 10 * kMillisecond);
      continue;
    }
    job.path = path;
    job.sent_ns = now;
    path->link.submit(job.command);
  }
  if (wake != UINT64_MAX) {
    clock_.arm(pump_timer_, wake);
  }
}

void ToyHost::on_back(Path& path, Job& job) {
  job.path = nullptr;
  const mpio::TransportCommand& command = job.command;
  if (command.delivery == mpio::Delivery::delivered && command.scsi_status == scsi::kGood) {
    finish(job, 0);
    return;
  }
  if (command.delivery == mpio::Delivery::delivered) {
    job.not_before_ns = clock_.now_ns() + (vice_ == Vice::no_backoff ? 0 : 10 * kMillisecond);
  } else if (job.writes()) {
    unsettled_.push_back({&path, job.number, job.lba, job.blocks, clock_.now_ns()});
  }
  if (vice_ == Vice::no_backoff) {
    clock_.defer(pump_timer_);
  } else if (!pump_timer_.armed()) {
    clock_.arm_after(pump_timer_,
                     command.delivery == mpio::Delivery::delivered ? 10 * kMillisecond : 0);
  }
}

void ToyHost::finish(Job& job, int error) {
  mpio::BlockRequest& request = *job.request;
  const auto at = std::find_if(jobs_.begin(), jobs_.end(),
                               [&](const auto& other) { return other.get() == &job; });
  const std::unique_ptr<Job> keep = std::move(*at);
  jobs_.erase(at);
  request.error = error;
  request.done(request);
  if (vice_ == Vice::completes_twice && ++finished_ == 50) {
    request.done(request);
  }
}

void ToyHost::settle(const Path& path) {
  std::erase_if(unsettled_, [&](const Unsettled& old) { return old.path == &path; });
}

}  // namespace sim
