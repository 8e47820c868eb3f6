// See path_link.h.
#include "mpio/path_link.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/units.h"

namespace mpio {
namespace {

using base::kNsPerMs;
constexpr uint64_t kOverdueCheckNs = 1'000 * kNsPerMs;

uint64_t ns(uint32_t ms) {
  return ms * kNsPerMs;
}

class Nobody final : public TransportHandler {
  void on_login_done(LinkResult, std::string_view) override {}
  void on_command_done(TransportCommand&) override {}
  void on_link_lost(LinkResult, std::string_view) override {}
  void on_heard() override {}
};
Nobody nobody;

}  // namespace

PathLink::PathLink(unsigned number, Transport& transport, base::Scheduler& scheduler,
                   const DiskConfig& config, PathLinkOwner& owner)
    : number_(number),
      transport_(transport),
      scheduler_(scheduler),
      config_(config),
      owner_(owner),
      prng_(base::Prng::stream(config.seed, 0x6c696e6b, number)) {
  transport_.set_handler(*this);
}

// What the transport still holds may end later; that is nobody's business then.
PathLink::~PathLink() {
  stop();
  transport_.set_handler(nobody);
}

void PathLink::start() {
  BASE_ASSERT(state_ == State::down);
  state_ = State::logging_in;
  scheduler_.arm_after(login_timer_, ns(config_.login_deadline_ms));
  transport_.start_login();
}

void PathLink::on_pause_over() {
  start();
}

void PathLink::on_login_done(LinkResult result, std::string_view detail) {
  scheduler_.cancel(login_timer_);
  if (result != LinkResult::ok) {
    const std::string why(detail);
    go_down(false);
    owner_.on_login_failed(*this, result, why);
    return;
  }
  ++logins_;
  state_ = State::up;
  last_heard_ns_ = scheduler_.now_ns();
  scheduler_.arm_after(watch_timer_, ns(config_.keepalive_ms));
  owner_.on_link_up(*this);
}

void PathLink::on_login_deadline() {
  if (state_ == State::logging_out) {
    stop();  // without a farewell, then
    owner_.on_logged_out(*this);
    return;
  }
  transport_.drop();
  go_down(false);
  owner_.on_login_failed(*this, LinkResult::timed_out,
                         std::string(name()) + ": no answer to the login within " +
                             std::to_string(config_.login_deadline_ms) + " ms");
}

void PathLink::submit(LinkCommand& command, uint64_t now) {
  command.link = this;
  command.submitted_ns = now;
  command.transport.owner = &command;
  command.transport.deadline_ns = command_deadline_ns(command);
  command.transport.settled_by = SettledBy::login;
  command.next = nullptr;
  command.previous = last_;
  (last_ != nullptr ? last_->next : first_) = &command;
  last_ = &command;
  if (++outstanding_; outstanding() == 1) {
    waiting_since_ns_ = now;
    if (state_ == State::up && watch_timer_.due_ns() > now + ns(config_.nop_after_ms)) {
      scheduler_.arm(watch_timer_, now + ns(config_.nop_after_ms));
    }
  }
  transport_.submit(command.transport);
}

void PathLink::on_command_done(TransportCommand& transport) {
  LinkCommand& command = *static_cast<LinkCommand*>(transport.owner);
  (command.previous != nullptr ? command.previous->next : first_) = command.next;
  (command.next != nullptr ? command.next->previous : last_) = command.previous;
  command.previous = command.next = nullptr;
  --outstanding_;
  command.done(command);
}

void PathLink::on_heard() {
  last_heard_ns_ = scheduler_.now_ns();
  if (suspect_) {
    suspect_ = false;
    owner_.on_suspect(*this, false);
  }
}

uint64_t PathLink::command_deadline_ns(const LinkCommand& command) const {
  return command.deadline_ns != 0 ? command.deadline_ns : ns(config_.command_deadline_ms);
}

const LinkCommand* PathLink::overdue(uint64_t now_ns) const {
  for (const LinkCommand* command = first_; command != nullptr; command = command->next) {
    if (now_ns - command->submitted_ns >= command_deadline_ns(*command)) {
      return command;
    }
  }
  return nullptr;
}

// Nothing is outstanding: a keep-alive now and then, and its answer is awaited like any other.
void PathLink::watch_idle(uint64_t now) {
  const uint64_t next_keepalive = last_heard_ns_ + ns(config_.keepalive_ms);
  const uint64_t deadline = next_keepalive + ns(config_.down_after_ms);
  if (now < next_keepalive) {
    scheduler_.arm(watch_timer_, next_keepalive);
  } else if (!transport_.send_nop()) {
    scheduler_.arm(watch_timer_, now + ns(config_.keepalive_ms));
  } else if (now < deadline) {
    scheduler_.arm(watch_timer_, deadline);
  } else {
    fail(LinkResult::timed_out, std::string(name()) + ": no answer to a keep-alive");
  }
}

// Silence counts from the last sign of life, or from when something was first outstanding after it.
void PathLink::on_watch() {
  const uint64_t now = scheduler_.now_ns();
  if (outstanding() == 0) {
    watch_idle(now);
    return;
  }
  if (overdue(now) != nullptr) {
    fail(LinkResult::timed_out,
         std::string(name()) + ": a command was not answered within its deadline");
    return;
  }
  const uint64_t silent = now - std::max(last_heard_ns_, waiting_since_ns_);
  if (silent >= ns(config_.nop_after_ms) && !transport_.send_nop()) {
    // A transport without such a thing: silence proves nothing there, only deadlines do.
    scheduler_.arm(watch_timer_, now + kOverdueCheckNs);
    return;
  }
  if (silent >= ns(config_.down_after_ms)) {
    fail(LinkResult::timed_out, std::string(name()) + ": silent for " +
                                    std::to_string(silent / kNsPerMs) + " ms with " +
                                    std::to_string(outstanding()) + " commands outstanding");
    return;
  }
  if (silent >= ns(config_.suspect_after_ms) && !suspect_) {
    suspect_ = true;
    owner_.on_suspect(*this, true);
  }
  watch_from(now);
}

void PathLink::watch_from(uint64_t now) {
  const uint64_t base = std::max(last_heard_ns_, waiting_since_ns_);
  uint64_t due = now + kOverdueCheckNs;
  for (const uint32_t step_ms :
       {config_.nop_after_ms, config_.suspect_after_ms, config_.down_after_ms}) {
    if (base + ns(step_ms) > now) {
      due = std::min(due, base + ns(step_ms));
      break;
    }
  }
  scheduler_.arm(watch_timer_, due);
}

void PathLink::fail(LinkResult result, std::string_view why, bool slowly) {
  if (state_ != State::up) {
    return;
  }
  const std::string reason(why);
  state_ = State::down;  // what is submitted from now on is handed back as not sent
  owner_.on_link_down(*this, result, reason);
  transport_.drop();
  go_down(slowly);
}

void PathLink::fail_soon(std::string_view why) {
  if (state_ == State::up) {
    fail_reason_ = why;
    scheduler_.defer(fail_timer_);
  }
}

void PathLink::on_fail_soon() {
  fail(LinkResult::protocol_error, std::string(name()) + ": " + fail_reason_);
}

void PathLink::on_link_lost(LinkResult result, std::string_view detail) {
  if (state_ == State::logging_out) {
    stop();
    owner_.on_logged_out(*this);
    return;
  }
  if (state_ == State::stopped) {
    return;  // stop() cut a logout short
  }
  const std::string why(detail);
  state_ = State::down;
  owner_.on_link_down(*this, result, why);
  go_down(false);
}

void PathLink::go_down(bool slowly) {
  if (state_ == State::stopped) {
    return;
  }
  state_ = State::down;
  suspect_ = false;
  for (base::Timer* timer :
       {static_cast<base::Timer*>(&login_timer_), static_cast<base::Timer*>(&watch_timer_),
        static_cast<base::Timer*>(&fail_timer_)}) {
    scheduler_.cancel(*timer);
  }
  uint64_t pause_ms = config_.backoff_max_ms;
  if (!slowly && attempts_ < 16) {
    pause_ms = std::min<uint64_t>(uint64_t{config_.backoff_first_ms} << attempts_, pause_ms);
  }
  ++attempts_;
  const uint64_t pause_ns = pause_ms * kNsPerMs;
  scheduler_.arm_after(pause_timer_, pause_ns - pause_ns / 4 + prng_.below(pause_ns / 2 + 1));
}

void PathLink::logout() {
  if (state_ != State::up) {
    stop();
    owner_.on_logged_out(*this);
    return;
  }
  state_ = State::logging_out;
  scheduler_.arm_after(login_timer_, ns(config_.down_after_ms));
  scheduler_.cancel(watch_timer_);
  scheduler_.cancel(fail_timer_);
  transport_.logout();
}

void PathLink::stop() {
  if (state_ == State::stopped) {
    return;
  }
  state_ = State::stopped;
  for (base::Timer* timer :
       {static_cast<base::Timer*>(&pause_timer_), static_cast<base::Timer*>(&login_timer_),
        static_cast<base::Timer*>(&watch_timer_), static_cast<base::Timer*>(&fail_timer_)}) {
    scheduler_.cancel(*timer);
  }
  transport_.drop();
}

}  // namespace mpio
