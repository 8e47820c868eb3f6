// See transport.h. Logins are in transport_login.cpp.
#include "io/sg/transport.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "base/units.h"
#include "io/sg/answer.h"

namespace io::sg {
namespace {

using base::kNsPerMs;
// The driver or the adapter had no room: so long until the next try, if nothing ends before.
constexpr uint64_t kRetryNs = 5 * kNsPerMs;
// How often the kernel is asked whether it still holds a command: at first, and at most.
constexpr uint64_t kFirstHeldPauseNs = 10 * kNsPerMs;
constexpr uint64_t kLongestHeldPauseNs = 500 * kNsPerMs;

bool is_room_later(int error) {
  return error == EAGAIN || error == EDOM || error == ENOMEM || error == EBUSY || error == EINTR;
}

bool is_gone(int error) {
  return error == ENODEV || error == ENXIO;
}

std::string text_of(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Transport::Transport(base::Scheduler& scheduler, Driver& driver, std::string node,
                     std::string sysfs)
    : scheduler_(scheduler),
      driver_(driver),
      node_path_(std::move(node)),
      name_("sg:" + node_path_),
      sysfs_(std::move(sysfs)) {}

Transport::~Transport() {
  alive_.reset();
  drop();
  scheduler_.cancel(held_timer_);
}

// --- commands
// ---------------------------------------------------------------------------------------

void Transport::submit(mpio::TransportCommand& command) {
  command.delivery = mpio::Delivery::not_sent;
  command.scsi_status = 0;
  command.residual_bytes = 0;
  command.overflow = false;
  command.sense_bytes = 0;
  command.settled_by = mpio::SettledBy::login;
  if (state_ != State::up || failure_.failed()) {
    finished_.push_back(&command);
    scheduler_.defer(deferred_);
    return;
  }
  waiting_.push_back(&command);
  if (!handing_back_) {
    send_waiting();
  }
}

// As many as the driver takes. What it refuses is noted: nothing is handed back from here.
void Transport::send_waiting() {
  while (!waiting_.empty() && channel_->outstanding() < Channel::kMaxCommands &&
         !failure_.failed()) {
    mpio::TransportCommand& command = *waiting_.front();
    const int error = channel_->send(command);
    if (is_room_later(error)) {
      scheduler_.arm_after(retry_timer_, kRetryNs);
      return;
    }
    if (error != 0) {
      failure_ =
          is_gone(error)
              ? gone()
              : Failure{mpio::LinkResult::protocol_error,
                        told("the kernel refuses a command of " +
                             std::to_string(command.length_bytes) + " bytes: " + text_of(error))};
      scheduler_.defer(deferred_);
      return;
    }
    waiting_.pop_front();
  }
}

bool Transport::send_nop() {
  if (state_ == State::up && !failure_.failed() && !channel_->sign_of_life_outstanding()) {
    const int error = channel_->send_sign_of_life();
    if (error != 0 && !is_room_later(error)) {
      failure_ = {mpio::LinkResult::closed_by_peer,
                  told("no INQUIRY can be sent: " + text_of(error))};
      scheduler_.defer(deferred_);
    }
  }
  return true;
}

void Transport::on_deferred() {
  if (failure_.failed()) {
    lose(std::exchange(failure_, {}));
    return;
  }
  const uint64_t epoch = epoch_;
  if (!hand_back() || epoch != epoch_) {
    return;
  }
  if (state_ == State::up) {
    send_waiting();
  } else if (state_ == State::logging_out) {
    drop();
  }
}

// --- answers
// ----------------------------------------------------------------------------------------

void Transport::on_node(bool has_gone) {
  const std::weak_ptr<const bool> alive = alive_;
  const uint64_t epoch = epoch_;
  Failure failure;
  const bool heard = reap_all(failure);
  if (has_gone && !failure.failed()) {
    failure = gone();
  }
  if (heard) {
    handler_->on_heard();
    if (alive.expired() || epoch != epoch_) {
      return;
    }
  }
  if (failure.failed()) {
    lose(failure);
  } else if (hand_back() && epoch == epoch_) {
    send_waiting();
  }
}

Transport::Failure Transport::gone() const {
  return {mpio::LinkResult::closed_by_peer, told("the device has gone")};
}

// True: the target has answered something. `failure`: what ends the link.
bool Transport::reap_all(Failure& failure) {
  bool heard = false;
  Channel::Ended ended;
  for (;;) {
    const int error = channel_->reap(ended);
    if (error == EAGAIN || error == EINTR) {
      return heard;
    }
    if (error != 0) {
      failure =
          is_gone(error)
              ? gone()
              : Failure{mpio::LinkResult::protocol_error,
                        told(error == EBADMSG ? "the driver returned a command that nobody sent"
                                              : "reading from the node failed: " + text_of(error))};
      return heard;
    }
    const bool good = answered(ended.header);
    heard |= good;
    if (!good && !failure.failed()) {
      failure = {mpio::LinkResult::reset,
                 told("the kernel gave a command up: " + reason_of(ended.header))};
    }
    if (ended.command != nullptr) {
      if (good) {
        take_answer(ended.header, ended.sense, *ended.command);
      } else {
        ended.command->delivery = mpio::Delivery::link_lost;
        ended.command->settled_by = settled_after_giving_up();
      }
      finished_.push_back(ended.command);
    }
  }
}

// The kernel has given a command up. Its error recovery ends such a command at the target, or the
// next login of its port will; but if nothing of all that was answered, it takes the device
// offline.
mpio::SettledBy Transport::settled_after_giving_up() const {
  return sysfs_.state() == "offline" ? mpio::SettledBy::time : mpio::SettledBy::login;
}

// Takes from the member one by one, so that a handler that drops the link or destroys this object
// from inside finds there what is still to be handed back. What it submits anew from inside waits
// for the next round.
bool Transport::hand_back() {
  const std::weak_ptr<const bool> alive = alive_;
  const bool destructing = alive_ == nullptr;
  const uint64_t epoch = epoch_;
  handing_back_ = true;
  for (size_t left = finished_.size(); left > 0 && !finished_.empty(); --left) {
    mpio::TransportCommand& command = *finished_.front();
    finished_.pop_front();
    handler_->on_command_done(command);
    if (!destructing && alive.expired()) {
      return false;
    }
  }
  if (epoch == epoch_) {
    handing_back_ = false;
  }
  return true;
}

// --- the end of a link
// -------------------------------------------------------------------------------

// Everything is its owner's again; what the kernel holds is watched until it ends.
void Transport::take_back(mpio::Delivery delivery) {
  ++epoch_;
  handing_back_ = false;
  failure_ = {};
  state_ = State::down;
  for (base::Timer* timer :
       {static_cast<base::Timer*>(&login_timer_), static_cast<base::Timer*>(&deferred_),
        static_cast<base::Timer*>(&retry_timer_)}) {
    scheduler_.cancel(*timer);
  }
  if (channel_ != nullptr) {
    for (mpio::TransportCommand* command : channel_->abandon()) {
      command->delivery = delivery;
      command->settled_by = mpio::SettledBy::end;
      finished_.push_back(command);
    }
    if (channel_->changing() != 0) {
      held_ = std::move(channel_);
      watch_held();
    }
    channel_.reset();
  }
  finished_.insert(finished_.end(), waiting_.begin(), waiting_.end());  // not sent
  waiting_.clear();
}

void Transport::lose(const Failure& failure) {
  const bool asked_for = state_ == State::logging_out;
  take_back(mpio::Delivery::link_lost);
  const uint64_t epoch = epoch_;
  if (hand_back() && epoch == epoch_) {
    handler_->on_link_lost(asked_for ? mpio::LinkResult::dropped : failure.result, failure.detail);
  }
}

void Transport::drop() {
  const bool logging_out = state_ == State::logging_out && alive_ != nullptr;
  take_back(mpio::Delivery::dropped);
  const uint64_t epoch = epoch_;
  if (hand_back() && logging_out && epoch == epoch_) {
    handler_->on_link_lost(mpio::LinkResult::dropped, told("closed"));
  }
}

void Transport::logout() {
  BASE_ASSERT(state_ == State::up);
  state_ = State::logging_out;
  scheduler_.defer(deferred_);
}

// --- what the kernel still holds
// ---------------------------------------------------------------------

void Transport::watch_held() {
  held_all_answered_ = true;
  held_then_ = mpio::SettledBy::login;
  held_pause_ns_ = kFirstHeldPauseNs;
  scheduler_.arm_after(held_timer_, held_pause_ns_);
}

// Asked by the clock: the node also reports the ends of reads, and nobody may fetch those.
void Transport::on_held_time() {
  sg_io_hdr header;
  while (held_->reap_abandoned(header)) {
    held_pause_ns_ = kFirstHeldPauseNs;
    if (!answered(header)) {
      held_all_answered_ = false;
      if (header.host_status == Channel::kEndUnknown ||
          settled_after_giving_up() == mpio::SettledBy::time) {
        held_then_ = mpio::SettledBy::time;
      }
    }
  }
  if (held_->changing() != 0) {
    scheduler_.arm_after(held_timer_, held_pause_ns_);
    held_pause_ns_ = std::min(2 * held_pause_ns_, kLongestHeldPauseNs);
    return;
  }
  held_.reset();
  handler_->on_held_ended(held_all_answered_, held_then_);
}

}  // namespace io::sg
