// See iscsi_login.h.
#include "io/iscsi_login.h"

extern "C" {
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
}
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/assert.h"
#include "io/iscsi/pdu.h"
#include "io/iscsi_url.h"

namespace io {

namespace {

constexpr unsigned kMaxRedirects = 4;
// libiscsi tells targets that it takes data segments of 256 KiB.
constexpr size_t kMaxLoginResponseBytes = size_t{300} * 1024;

bool at_end_of_stream(int fd) {
  char unused = 0;
  return recv(fd, &unused, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void set_isid(iscsi_context* context, const Isid& isid) {
  const auto be = [&isid](size_t at, size_t count) {
    uint32_t value = 0;
    for (size_t i = at; i < at + count; ++i) {
      value = (value << 8) | isid[i];
    }
    return value;
  };
  switch (isid[0] >> 6) {
    case 0:
      iscsi_set_isid_oui(context, be(0, 3), be(3, 3));
      break;
    case 1:
      iscsi_set_isid_en(context, be(1, 3), be(4, 2));
      break;
    case 2:
      iscsi_set_isid_random(context, be(1, 3), be(4, 2));
      break;
    default:
      iscsi_set_isid_reserved(context);
      break;
  }
}

// "Connect failed with errno : Network is unreachable(101)"
int errno_in(const char* text) {
  const std::string_view view(text);
  const size_t open = view.rfind('(');
  return open == std::string_view::npos ? 0 : std::atoi(text + open + 1);
}

}  // namespace

int take_socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void close_iscsi_context(iscsi_context* context, Farewell farewell) {
  const int fd = iscsi_get_fd(context);
  if (fd >= 0 && farewell == Farewell::reset) {
    const linger no_farewell{1, 0};  // makes close() send RST
    static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_LINGER, &no_farewell, sizeof no_farewell));
  }
  iscsi_destroy_context(context);
}

LinkFailure why_iscsi_died(iscsi_context* context, const IscsiPathConfig& config, bool logged_in,
                           int socket_error) {
  const int fd = iscsi_get_fd(context);
  const int error = socket_error != 0 ? socket_error : take_socket_error(fd);
  std::string_view text = iscsi_get_error(context);
  if (text.empty() || text.find("reconnect") != std::string_view::npos) {
    text = "it sent something that cannot be understood";
  }
  return lost_connection(config, logged_in, error, at_end_of_stream(fd), text);
}

IscsiLogin::IscsiLogin(EventLoop& loop, const IscsiPathConfig& config, Session session)
    : loop_(loop), config_(config), session_(session), resolver_(loop) {
  std::signal(SIGPIPE, SIG_IGN);
}

void IscsiLogin::start(Done done) {
  BASE_ASSERT(step_ == Step::idle);
  done_ = std::move(done);
  redirects_ = 0;
  resolve(config_.host, config_.port);
}

void IscsiLogin::cancel() {
  resolver_.cancel();
  drop_context(Farewell::reset);
  step_ = Step::idle;
  done_ = nullptr;
}

void IscsiLogin::resolve(const std::string& host, uint16_t port) {
  step_ = Step::resolving;
  port_ = port;
  resolver_.start(host, [this](std::vector<NumericAddress> addresses, const std::string& error) {
    on_resolved(std::move(addresses), error);
  });
}

void IscsiLogin::on_resolved(std::vector<NumericAddress> addresses, const std::string& error) {
  if (!error.empty()) {
    fail(resolve_failure(config_, error));
    return;
  }
  addresses_ = std::move(addresses);
  next_address_ = 0;
  try_next_address();
}

void IscsiLogin::try_next_address() {
  while (next_address_ < addresses_.size()) {
    if (connect_to(addresses_[next_address_++])) {
      return;
    }
  }
  fail(last_failure_);
}

bool IscsiLogin::connect_to(const NumericAddress& address) {
  context_ = iscsi_create_context(config_.initiator_name.c_str());
  if (context_ == nullptr) {
    last_failure_ = connect_failure(config_, ENOMEM);
    return false;
  }
  iscsi_set_noautoreconnect(context_, 1);
  iscsi_set_timeout(context_, 0);
  set_isid(context_, config_.isid);
  if (session_ == Session::normal) {
    iscsi_set_session_type(context_, ISCSI_SESSION_NORMAL);
    iscsi_set_targetname(context_, config_.target.c_str());
  } else {
    iscsi_set_session_type(context_, ISCSI_SESSION_DISCOVERY);
  }
  set_credentials();
  if (config_.header_digest != HeaderDigest::as_the_target_likes) {
    iscsi_set_header_digest(context_, config_.header_digest == HeaderDigest::crc32c
                                          ? ISCSI_HEADER_DIGEST_CRC32C
                                          : ISCSI_HEADER_DIGEST_NONE);
  }
  connected_ = answered_ = dead_ = false;
  witness_ = {};
  socket_error_ = 0;
  step_ = Step::connecting;
  portal_ = portal_text(address, port_);
  if (iscsi_connect_async(context_, portal_.c_str(), note_connected, this) != 0) {
    last_failure_ = connect_failure(config_, errno_in(iscsi_get_error(context_)));
    drop_context(Farewell::reset);
    return false;
  }
  fd_ = iscsi_get_fd(context_);
  watched_events_ = EPOLLOUT;
  loop_.watch(fd_, watched_events_, [this](uint32_t events) { on_socket(events); });
  return true;
}

// Without a name libiscsi skips the login's security stage, and tgtd (1.0.85) reinstates sessions
// in that stage only: the old session would go on and execute the writes that were dropped here. So
// a name is always set. libiscsi then offers "CHAP,None"; a target without CHAP takes None, and one
// that insists on CHAP refuses this name as it would refuse none.
void IscsiLogin::set_credentials() {
  if (config_.user.empty()) {
    iscsi_set_initiator_username_pwd(context_, "no-chap-configured", "no-chap-configured");
    return;
  }
  iscsi_set_initiator_username_pwd(context_, config_.user.c_str(), config_.password.c_str());
  // A discovery session runs without CHAP where the target lets it, and proves nothing then; the
  // sessions that follow do.
  if (wants_proof()) {
    iscsi_set_target_username_pwd(context_, config_.target_user.c_str(),
                                  config_.target_password.c_str());
  }
}

bool IscsiLogin::wants_proof() const {
  return session_ == Session::normal && !config_.target_user.empty();
}

// Shows the login response that has come to the witness, before libiscsi takes it off the socket
// (one with each call, while it logs in). False: it is not whole yet.
bool IscsiLogin::shown_to_witness(uint32_t events) {
  const auto wait_for = [this](size_t bytes) {
    const int least = static_cast<int>(bytes);
    static_cast<void>(setsockopt(fd_, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least));
  };
  const auto peek = [this](size_t bytes) {
    peeked_.resize(bytes);
    const ssize_t got = recv(fd_, peeked_.data(), bytes, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 ? size_t{0} : static_cast<size_t>(got);
  };
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    return true;  // no more will come: libiscsi finds out, and nothing has been proved
  }
  const bool ends = (events & EPOLLRDHUP) != 0;
  size_t wanted = iscsi::kHeaderBytes;
  size_t got = peek(wanted);
  if (got == wanted) {
    wanted += size_t{peeked_[4]} * 4 + iscsi::padded(base::load_be24(&peeked_[5]));
    if (wanted > kMaxLoginResponseBytes) {
      return true;  // libiscsi refuses it
    }
    got = peek(wanted);
  }
  if (got < wanted && got != 0 && !ends) {
    wait_for(wanted);
    return false;
  }
  wait_for(1);
  if (got == wanted) {
    witness_.on_response(peeked_);
  }
  return true;
}

void IscsiLogin::note_connected(iscsi_context*, int status, void*, void* self) {
  static_cast<IscsiLogin*>(self)->connected_ = status == SCSI_STATUS_GOOD;
}

void IscsiLogin::note_login(iscsi_context* context, int status, void*, void* self) {
  auto& login = *static_cast<IscsiLogin*>(self);
  login.answered_ = true;
  login.answer_status_ = status;
  login.answer_text_ =
      status == SCSI_STATUS_REDIRECT ? iscsi_get_target_address(context) : iscsi_get_error(context);
}

void IscsiLogin::on_socket(uint32_t events) {
  if (step_ == Step::connecting) {
    on_connecting_event();
    return;
  }
  if ((events & EPOLLERR) != 0) {
    socket_error_ = take_socket_error(fd_);
  }
  // Told of an error libiscsi gives up at once, and with it an answer that came before: let it read
  // up to the end instead.
  bool readable = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
  if (readable && wants_proof()) {
    readable = shown_to_witness(events);
  }
  service((readable ? POLLIN : 0) | ((events & EPOLLOUT) != 0 ? POLLOUT : 0));
  if (answered_) {
    on_login_answer();
  } else if (dead_) {
    fail(why_iscsi_died(context_, config_, false, socket_error_));
  } else {
    update_watch();
  }
}

void IscsiLogin::on_connecting_event() {
  const int error = take_socket_error(fd_);
  if (error != 0) {
    give_up_address(error);
    return;
  }
  service(POLLOUT);
  if (dead_) {
    give_up_address(ECONNABORTED);
    return;
  }
  if (!connected_) {
    return;  // not yet
  }
  step_ = Step::logging_in;
  if (iscsi_login_async(context_, note_login, this) != 0) {
    fail(login_failure(config_, iscsi_get_error(context_)));
    return;
  }
  service(POLLOUT);
  if (dead_) {
    fail(why_iscsi_died(context_, config_, false, socket_error_));
    return;
  }
  update_watch();
}

void IscsiLogin::give_up_address(int error) {
  last_failure_ = connect_failure(config_, error);
  drop_context(Farewell::reset);
  try_next_address();
}

void IscsiLogin::on_login_answer() {
  answered_ = false;
  if (answer_status_ == SCSI_STATUS_REDIRECT) {
    follow_redirect(answer_text_);
  } else if (answer_status_ != SCSI_STATUS_GOOD) {
    fail(login_failure(config_, answer_text_));
  } else if (wants_proof() && !witness_.proved()) {
    fail(unproved_target(config_));
  } else if (dead_) {
    fail(why_iscsi_died(context_, config_, false, socket_error_));
  } else {
    loop_.unwatch(fd_);
    fd_ = -1;
    finish({}, std::exchange(context_, nullptr));
  }
}

// TargetAddress of a login answer "target moved": host[:port][,tag] (RFC 7143 13.8).
void IscsiLogin::follow_redirect(const std::string& address) {
  std::string host;
  uint16_t port = 3260;
  const std::string error = parse_target_portal(address.substr(0, address.find(',')), host, port);
  if (!error.empty() || ++redirects_ > kMaxRedirects) {
    fail({mpio::LinkResult::protocol_error,
          "portal " + portal_text(config_.host, config_.port) + " redirects the login of " +
              config_.target + (error.empty() ? " in circles" : " to what is no portal") +
              "; give the right portal yourself"});
    return;
  }
  drop_context(Farewell::orderly);
  resolve(host, port);
}

// A dead context is never run again: libiscsi would go on with what it has already given up.
void IscsiLogin::service(int events) {
  if (!dead_ && iscsi_service(context_, events) < 0) {
    dead_ = true;
  }
}

void IscsiLogin::update_watch() {
  const auto wanted =
      static_cast<uint32_t>(iscsi_which_events(context_)) | (wants_proof() ? EPOLLRDHUP : 0U);
  if (wanted != watched_events_) {
    watched_events_ = wanted;
    loop_.modify(fd_, wanted);
  }
}

void IscsiLogin::drop_context(Farewell farewell) {
  if (context_ == nullptr) {
    return;
  }
  if (fd_ >= 0) {
    loop_.unwatch(fd_);
    fd_ = -1;
  }
  close_iscsi_context(std::exchange(context_, nullptr), farewell);
}

void IscsiLogin::fail(const LinkFailure& failure) {
  const LinkFailure copy = failure;
  drop_context(Farewell::reset);
  finish(copy, nullptr);
}

void IscsiLogin::finish(const LinkFailure& failure, iscsi_context* context) {
  step_ = Step::idle;
  const Done done = std::exchange(done_, nullptr);
  done(failure, context);
}

}  // namespace io
