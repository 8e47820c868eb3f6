// Login and logout of a connection, and the session it makes: RFC 7143 6.3, 11.12 to 11.15. What
// the login requests say is login.h's.
#include <algorithm>

#include "io/iscsi/connection.h"

namespace io::iscsi {
namespace {

constexpr size_t kMaxLoginAnswerBytes =
    8192;  // every initiator takes this before it says otherwise

}  // namespace

void Connection::login_request(const Header& header) {
  if (!seen_login_) {
    seen_login_ = true;
    exp_command_sn_ = header.command_sn();
    stat_sn_ = header.field(28);  // where the initiator expects us to start
  }
  Login::Answer answer = login_.on_request(header, segment(header));
  if (answer.text.size() > kMaxLoginAnswerBytes) {
    answer.status = kLoginInitiatorError;
  }
  if (answer.status == kLoginSuccess && answer.finished) {
    enter_full_feature(answer.status);
  }
  Header out = answer_to(header, kLoginResponse);
  out.raw[1] = answer.status == kLoginSuccess ? answer.flags : 0;
  std::copy_n(header.raw.begin() + 8, 6, out.raw.begin() + 8);  // ISID
  base::store_be16(&out.raw[14], session_handle_);
  base::store_be16(&out.raw[36], answer.status);
  stamp(out, true);
  if (answer.status == kLoginSuccess) {
    queue_.push_owned(out, {answer.text.begin(), answer.text.end()});
    if (answer.finished) {
      reader_.use(login_.parameters().digests);
      queue_.use(login_.parameters().digests);
    }
    return;
  }
  queue_.push(out, {});
  target_.log("iSCSI login from " + ends_.peer +
              " refused: " + text_of_login_status(answer.status));
  close_after_output();
}

bool Connection::serves(uint16_t session_handle, unsigned port,
                        const SessionParameters& initiator) const {
  const SessionParameters& own = login_.parameters();
  return nexus_ != nullptr && session_handle_ == session_handle && port_ == port &&
         own.isid == initiator.isid && own.initiator_name == initiator.initiator_name;
}

// One that no session has, and not 0.
uint16_t Connection::new_handle() {
  const auto taken = [this](uint16_t handle) {
    return handle == 0 ||
           std::any_of(target_.connections.begin(), target_.connections.end(),
                       [handle](const Connection* c) { return c->session_handle_ == handle; });
  };
  while (taken(target_.next_session_handle)) {
    ++target_.next_session_handle;
  }
  return target_.next_session_handle++;
}

// The old session of the same initiator port, if any, ends here: before the initiator hears of its
// success.
bool Connection::enter_full_feature(uint16_t& status) {
  const SessionParameters& parameters = login_.parameters();
  if (!parameters.discovery) {
    nexus_ = target_.device.login(port_, {parameters.initiator_name, parameters.isid}, *this);
    if (nexus_ == nullptr) {
      status = kLoginOutOfService;
      return false;
    }
  }
  session_handle_ = login_.reinstated_handle() != 0 ? login_.reinstated_handle() : new_handle();
  state_ = State::full_feature;
  return true;
}

void Connection::logout_request(const Header& header) {
  if (!in_order(header)) {
    return;
  }
  constexpr uint8_t kCloseSession = 0;
  constexpr uint8_t kRemoveForRecovery = 2;
  enum Response : uint8_t { kClosed = 0, kNoSuchConnection = 1, kRecoveryNotSupported = 2 };
  const uint8_t reason = header.flags() & 0x7f;
  if (reason > kRemoveForRecovery) {
    return reject(header, kInvalidField);
  }
  Response response = kClosed;
  if (reason != kCloseSession && base::load_be16(&header.raw[20]) != connection_id()) {
    response = kNoSuchConnection;
  } else if (reason == kRemoveForRecovery) {
    response = kRecoveryNotSupported;
  }
  Header out = answer_to(header, kLogoutResponse);
  out.raw[2] = response;
  if (response == kClosed) {
    close_after_output();
  }
  stamp(out, true);
  queue_.push(out, {});
}

}  // namespace io::iscsi
