// See iscsi_errors.h. No sentence here ever contains a secret: only the names of users are printed.
#include "io/iscsi_errors.h"

#include <cerrno>
#include <cstring>

#include "io/resolver.h"

namespace io {

namespace {

using mpio::LinkResult;

std::string portal(const IscsiPathConfig& config) {
  return "portal " + portal_text(config.host, config.port);
}

// A discovery session has no target.
std::string target_at(const IscsiPathConfig& config) {
  if (config.target.empty()) {
    return portal(config);
  }
  return "target " + config.target + " at " + portal(config);
}

// The number after the last `mark` of libiscsi's sentence; 0 when there is none.
unsigned number_after(char mark, std::string_view text) {
  const size_t at = text.rfind(mark);
  unsigned number = 0;
  if (at == std::string_view::npos) {
    return 0;
  }
  for (size_t i = at + 1; i < text.size() && text[i] >= '0' && text[i] <= '9' && number < 0x10000;
       ++i) {
    number = number * 10 + static_cast<unsigned>(text[i] - '0');
  }
  return number;
}

unsigned login_status(std::string_view text) {
  return number_after('(', text);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "Error when writing to socket :104", "read from socket failed, errno:104": what libiscsi has met
// itself, the socket does not tell again.
int socket_error_in(std::string_view text) {
  const int error = contains(text, "socket") ? static_cast<int>(number_after(':', text)) : 0;
  // These are about our own call: the target's PDU made libiscsi read to where no buffer is.
  return error == EINVAL || error == EFAULT ? 0 : error;
}

std::string credentials(const IscsiPathConfig& config) {
  if (config.user.empty()) {
    return "no CHAP name and secret are configured: put user%password@ into the path's URL";
  }
  return "check the CHAP name '" + config.user + "' and its secret on both sides" +
         (config.target_user.empty() ? ""
                                     : ", and whether the target is set up for mutual CHAP as '" +
                                           config.target_user + "'");
}

}  // namespace

LinkFailure resolve_failure(const IscsiPathConfig& config, std::string_view why) {
  return {LinkResult::unreachable, portal(config) + ": the host name does not resolve (" +
                                       std::string(why) +
                                       "); check the spelling, or give a numeric address"};
}

LinkFailure connect_failure(const IscsiPathConfig& config, int error) {
  const std::string where = portal(config);
  switch (error) {
    case ECONNREFUSED:
      return {LinkResult::refused,
              where +
                  " refuses the connection: nothing listens there; check the port, and that "
                  "the target is running"};
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
      return {LinkResult::unreachable, where + " cannot be reached (" + std::strerror(error) +
                                           "); check the address, the route and the cable"};
    case ETIMEDOUT:
      return {LinkResult::timed_out, where +
                                         " does not answer the connection request; check the "
                                         "address and any firewall on the way"};
    case EACCES:
    case EPERM:
      return {LinkResult::refused, where + ": this machine forbids the connection (" +
                                       std::strerror(error) + "); check its firewall"};
    default:
      return {LinkResult::reset, where + ": the connection failed (" + std::strerror(error) + ")"};
  }
}

LinkFailure login_failure(const IscsiPathConfig& config, std::string_view libiscsi_text) {
  const std::string who = target_at(config);
  switch (login_status(libiscsi_text)) {
    case 0x0201:
      return {LinkResult::auth_failed,
              who + " refuses the login: CHAP authentication failed; " + credentials(config)};
    case 0x0202:
      return {LinkResult::auth_failed,
              who + " refuses the login: initiator " + config.initiator_name +
                  " is not authorised; add it to the target's access list, or check CHAP"};
    case 0x0203:
      return {LinkResult::no_such_target, portal(config) + " knows no target " + config.target +
                                              "; 'dsmkit discover' lists the names it does know"};
    case 0x0204:
      return {LinkResult::no_such_target,
              who + " has been removed; 'dsmkit discover' lists what is there now"};
    case 0x0206:
      return {LinkResult::refused,
              who + " refuses the login: it has too many sessions; raise its limit, or end others"};
    case 0x0300:
    case 0x0301:
    case 0x0302:
      return {LinkResult::refused,
              who + " is out of service or of resources for now; try again later"};
    default:
      break;
  }
  if (contains(libiscsi_text, "CHAP")) {
    const bool mutual = contains(libiscsi_text, "CHAP_R") || contains(libiscsi_text, "CHAP_N") ||
                        contains(libiscsi_text, "targetname");
    if (mutual) {
      return unproved_target(config);
    }
    return {LinkResult::auth_failed, who + ": CHAP authentication failed; " + credentials(config)};
  }
  return {LinkResult::protocol_error, who + ": the login failed: " + std::string(libiscsi_text)};
}

LinkFailure unproved_target(const IscsiPathConfig& config) {
  return {LinkResult::auth_failed,
          target_at(config) +
              " could not prove itself by mutual CHAP; check target_user and target_password on "
              "both sides"};
}

LinkFailure lost_connection(const IscsiPathConfig& config, bool logged_in, int error,
                            bool end_of_stream, std::string_view libiscsi_text) {
  const std::string who = target_at(config);
  const std::string when = logged_in ? "the session" : "the login";
  if (error == 0 && !end_of_stream) {
    error = socket_error_in(libiscsi_text);
  }
  if (error == ETIMEDOUT) {
    return {LinkResult::timed_out,
            who + ": the network gave up on " + when + " (" + std::strerror(error) + ")"};
  }
  if (error != 0) {
    return {LinkResult::reset,
            who + ": the connection of " + when + " broke (" + std::strerror(error) + ")"};
  }
  if (end_of_stream) {
    return {LinkResult::closed_by_peer,
            who + (logged_in ? " closed the connection"
                             : " closed the connection during the login; its log says why")};
  }
  return {LinkResult::protocol_error,
          who + " broke the iSCSI protocol: " + std::string(libiscsi_text)};
}

}  // namespace io
