// Reads as long as the session takes bytes, writes what it has, and lets completions of one turn of
// the loop leave together.
#include "io/nbd/connection.h"

#include <sys/epoll.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/units.h"

namespace io::nbd {
namespace {

using base::kNsPerMs;
constexpr int kReadsPerEvent = 16;  // then it is the other connections' turn

}  // namespace

Connection::Connection(EventLoop& loop, Fd fd, mpio::BlockDevice& device, const Export& exported,
                       const SessionLimits& limits, uint64_t negotiation_deadline_ms,
                       std::shared_ptr<SessionTotals> totals, Hooks hooks)
    : loop_(loop),
      fd_(std::move(fd)),
      session_(std::make_unique<Session>(
          device, exported, limits, [this] { on_progress(); }, std::move(totals))),
      hooks_(std::move(hooks)),
      negotiation_deadline_ms_(negotiation_deadline_ms) {
  set_no_delay(fd_.get());
  watched_events_ = EPOLLIN;
  loop_.watch(fd_.get(), watched_events_, [this](uint32_t events) { on_events(events); });
  loop_.arm_after(deadline_timer_, negotiation_deadline_ms_ * kNsPerMs);
  loop_.defer(flush_timer_);  // the greeting
}

Connection::~Connection() {
  if (fd_) {
    loop_.unwatch(fd_.get());
  }
  loop_.cancel(flush_timer_);
  loop_.cancel(deadline_timer_);
  Session::abandon(std::move(session_));
}

void Connection::drain() {
  session_->drain();
  if (fd_ && !flush_timer_.armed()) {
    loop_.defer(flush_timer_);
  }
}

void Connection::close_now() {
  if (!fd_) {
    return;
  }
  loop_.unwatch(fd_.get());
  fd_.reset();
  loop_.cancel(deadline_timer_);
  hooks_.closed();
  note_end();
}

void Connection::on_events(uint32_t events) {
  const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (gone && (watched_events_ & EPOLLIN) == 0) {
    close_now();  // nothing can be sent, and what it sent last is not wanted (yet)
    return;
  }
  if ((events & EPOLLOUT) != 0) {
    write_blocked_ = false;
  }
  if ((events & ~uint32_t{EPOLLOUT}) != 0) {
    read_some();
  }
  if (fd_) {
    write_some();
  }
  update();
}

void Connection::on_progress() {
  if (!fd_) {
    note_end();
  } else if (!flush_timer_.armed()) {
    loop_.defer(flush_timer_);
  }
}

void Connection::on_flush() {
  if (fd_) {
    write_some();
    update();
  }
}

void Connection::on_negotiation_deadline() {
  hooks_.log("an NBD client did not choose an export within " +
             std::to_string(negotiation_deadline_ms_) + " ms; its connection is closed");
  close_now();
}

void Connection::read_some() {
  for (int i = 0; i < kReadsPerEvent; ++i) {
    const auto space = session_->input_space();
    const size_t wanted = space[0].size_bytes + space[1].size_bytes;
    if (wanted == 0) {
      return;
    }
    const Transfer got = receive(fd_.get(), space);
    switch (got.result) {
      case Transfer::Result::done:
        session_->received(got.count_bytes);
        break;
      case Transfer::Result::end:
        session_->end_of_input();
        return;
      case Transfer::Result::failed:
        close_now();
        return;
      case Transfer::Result::would_block:
        return;
    }
    if (got.count_bytes < wanted) {
      return;
    }
  }
}

void Connection::write_some() {
  while (!write_blocked_) {
    std::array<mpio::IoSlice, kMaxSlices> out;
    const size_t count = session_->gather(out);
    if (count == 0) {
      return;
    }
    const Transfer put = send(fd_.get(), std::span(out).first(count));
    if (put.result == Transfer::Result::done) {
      session_->sent(put.count_bytes);
    } else if (put.result == Transfer::Result::would_block) {
      write_blocked_ = true;
    } else {
      close_now();
      return;
    }
  }
}

// Brings what is watched, the deadline and the end in line with the session.
void Connection::update() {
  if (!fd_) {
    return;
  }
  if (session_->finished()) {
    if (!session_->error().empty()) {
      hooks_.log("an NBD client was thrown out: " + session_->error());
    }
    close_now();
    return;
  }
  if (session_->negotiated()) {
    loop_.cancel(deadline_timer_);
  }
  const auto space = session_->input_space();
  const uint32_t events = (space[0].size_bytes != 0 ? uint32_t{EPOLLIN} : 0u) |
                          (write_blocked_ ? uint32_t{EPOLLOUT} : 0u);
  if (events != watched_events_) {
    watched_events_ = events;
    loop_.modify(fd_.get(), events);
  }
}

void Connection::note_end() {
  if (!ended_ && session_->outstanding() == 0) {
    ended_ = true;
    hooks_.ended();
  }
}

}  // namespace io::nbd
