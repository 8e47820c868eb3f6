// Why a connect, a login or a session ended, for programs (LinkResult) and for people (one sentence
// that names the portal, the target and the remedy). Pure functions over what the socket and
// libiscsi said.
#pragma once

#include <string>
#include <string_view>

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

// The target ended the login. `libiscsi_text` is iscsi_get_error(), which carries the login status
// (RFC 7143 11.13.5) as a decimal number in brackets.
LinkFailure login_failure(const IscsiPathConfig& config, std::string_view libiscsi_text);

// The login succeeded, but the target got round the mutual CHAP that was asked for.
LinkFailure unproved_target(const IscsiPathConfig& config);

// The connection ended during the login or later. `error` is the socket's errno value or 0;
// `end_of_stream` says that the peer closed in an orderly way; `libiscsi_text` is used when neither
// explains it.
LinkFailure lost_connection(const IscsiPathConfig& config, bool logged_in, int error,
                            bool end_of_stream, std::string_view libiscsi_text);

}  // namespace io
