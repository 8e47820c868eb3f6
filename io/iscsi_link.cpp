// See iscsi_link.h.
#include "io/iscsi_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace io {
namespace {

// So much in one go; then the other connections get their turn.
constexpr int kReadsPerTurn = 8;
constexpr int kWritesPerTurn = 8;
constexpr size_t kGatherEntries = 96;

}  // namespace

IscsiLink::IscsiLink(EventLoop& loop, int fd, iscsi::Target& target, unsigned port,
                     iscsi::Connection::Ends ends, const IscsiTimeouts& timeouts, Flow flow,
                     Owner& owner)
    : loop_(loop),
      fd_(fd),
      port_(port),
      timeouts_(timeouts),
      owner_(owner),
      connection_(target, port, std::move(ends), *this) {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  set_flow(flow);
}

IscsiLink::~IscsiLink() {
  close_socket(false);
}

void IscsiLink::set_flow(Flow flow) {
  if (closed()) {
    return;
  }
  flow_ = flow;
  last_input_ns_ = loop_.now_ns();
  loop_.cancel(flush_timer_);
  loop_.cancel(deadline_timer_);
  if (flow_.reads && flow_.sends) {
    loop_.arm_after(deadline_timer_, logged_in() ? timeouts_.idle_ns : timeouts_.login_ns);
  }
  if (flow_.sends && connection_.has_output()) {
    loop_.defer(flush_timer_);
  }
  update_interest();
}

void IscsiLink::on_output() {
  if (flow_.sends && !flush_timer_.armed()) {
    loop_.defer(flush_timer_);
  }
}

void IscsiLink::on_flush() {
  flush();
  update_interest();
}

void IscsiLink::handle(uint32_t events) {
  if (flow_.reads && connection_.wants_input()) {
    read_some();
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    close_socket(false);  // nobody will take what we still have
  }
  if (!closed()) {
    if (logged_in() && !idle_watch_ && flow_.reads && flow_.sends) {
      idle_watch_ = true;
      loop_.arm_after(deadline_timer_, timeouts_.idle_ns);
    }
    flush();
    update_interest();
  }
}

void IscsiLink::read_some() {
  for (int turn = 0; turn < kReadsPerTurn && !closed() && connection_.wants_input(); ++turn) {
    std::array<iovec, 2> buffers;
    const size_t used = connection_.input_buffers(buffers);
    size_t room = 0;
    for (size_t i = 0; i < used; ++i) {
      room += buffers[i].iov_len;
    }
    const ssize_t got = readv(fd_, buffers.data(), static_cast<int>(used));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EAGAIN) {
      return;
    }
    if (got <= 0) {  // the initiator is gone; its tasks die with the nexus
      return close_socket(false);
    }
    last_input_ns_ = loop_.now_ns();
    connection_.received(static_cast<size_t>(got));
    if (static_cast<size_t>(got) < room) {
      return;  // that was all there is; the loop tells when more comes
    }
  }
}

void IscsiLink::flush() {
  for (int turn = 0; turn < kWritesPerTurn && flow_.sends && !closed() && connection_.has_output();
       ++turn) {
    std::array<iovec, kGatherEntries> pieces;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = connection_.output(pieces);
    const ssize_t put = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put < 0 && errno == EAGAIN) {
      return;
    }
    if (put < 0) {
      return close_socket(false);
    }
    connection_.sent(static_cast<size_t>(put));
  }
}

void IscsiLink::update_interest() {
  if (closed()) {
    return;
  }
  if (connection_.over()) {
    return close_socket(false);
  }
  const uint32_t wanted = (flow_.reads && connection_.wants_input() ? uint32_t{EPOLLIN} : 0) |
                          (flow_.sends && connection_.has_output() ? uint32_t{EPOLLOUT} : 0);
  if (!flow_.reads && wanted == 0) {
    return unwatch();  // entirely: a peer that hangs up must not wake us either
  }
  if (!watched_) {
    watched_ = true;
    loop_.watch(fd_, wanted, [this](uint32_t events) { handle(events); });
  } else if (wanted != interest_) {
    loop_.modify(fd_, wanted);
  }
  interest_ = wanted;
}

void IscsiLink::unwatch() {
  if (watched_) {
    watched_ = false;
    loop_.unwatch(fd_);
  }
}

void IscsiLink::on_deadline() {
  const uint64_t silent_ns = loop_.now_ns() - last_input_ns_;
  if (!logged_in()) {
    fail("not logged in within " + std::to_string(timeouts_.login_ns / 1'000'000) + " ms");
  } else if (silent_ns >= 2 * timeouts_.idle_ns && connection_.pings_waiting() != 0) {
    fail("the initiator does not answer");
  } else {
    if (silent_ns >= timeouts_.idle_ns) {
      connection_.ping();
    }
    loop_.arm_after(deadline_timer_, timeouts_.idle_ns);
  }
}

void IscsiLink::close_socket(bool with_reset) {
  if (closed()) {
    return;
  }
  unwatch();
  loop_.cancel(flush_timer_);
  loop_.cancel(deadline_timer_);
  if (with_reset) {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(fd_);
  fd_ = -1;
  connection_.abandon();  // its tasks end now, not when the link is destroyed
  owner_.on_link_closed();
}

}  // namespace io
