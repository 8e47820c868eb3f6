// Why a connect, a login or a session ended, for programs (LinkResult) and for people (one sentence
// that names the portal, the target and the remedy). Pure functions over what the socket and the
// session said.
#pragma once

#include <string>
#include <string_view>

#include "io/iscsi/initiator/session.h"
#include "io/iscsi_path_config.h"
#include "mpio/transport.h"

namespace io {

struct LinkFailure {
  mpio::LinkResult result = mpio::LinkResult::ok;
  std::string detail;
};

// The look-up of the host name failed; `why` is the resolver's word for it.
LinkFailure resolve_failure(const IscsiPathConfig& config, std::string_view why);

// connect() failed with this errno value.
LinkFailure connect_failure(const IscsiPathConfig& config, int error);

// The target ended the login with this status (RFC 7143 11.13.5).
LinkFailure login_failure(const IscsiPathConfig& config, uint16_t status);

// The session itself found that it is over, during the login or later.
LinkFailure session_failure(const IscsiPathConfig& config, bool logged_in,
                            const iscsi::initiator::Ending& ending);

// The connection ended during the login or later. `error` is the socket's errno value, or 0 when
// the peer closed in an orderly way.
LinkFailure lost_connection(const IscsiPathConfig& config, bool logged_in, int error);

}  // namespace io
