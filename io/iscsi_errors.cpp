// See iscsi_errors.h. No sentence here ever contains a secret: only the names of users are printed.
#include "io/iscsi_errors.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "io/resolver.h"

namespace io {

namespace {

using iscsi::initiator::Ending;
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

LinkFailure login_failure(const IscsiPathConfig& config, uint16_t status) {
  const std::string who = target_at(config);
  switch (status) {
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
  std::array<char, 8> number{};
  std::snprintf(number.data(), number.size(), "%04Xh", unsigned{status});
  return {LinkResult::protocol_error,
          who + ": the login failed: the target answers with status " + number.data()};
}

LinkFailure session_failure(const IscsiPathConfig& config, bool logged_in,
                            const iscsi::initiator::Ending& ending) {
  const std::string who = target_at(config);
  switch (ending.why) {
    case Ending::Why::login_refused:
      return login_failure(config, ending.status);
    case Ending::Why::chap_failed:
      return {LinkResult::auth_failed,
              who + ": CHAP authentication failed; " + credentials(config)};
    case Ending::Why::unproved:
      return {LinkResult::auth_failed,
              who +
                  " could not prove itself by mutual CHAP; check target_user and target_password "
                  "on both sides"};
    case Ending::Why::unwilling:
      return {LinkResult::refused, who + ": " + ending.text};
    case Ending::Why::asked_for:
      return {LinkResult::closed_by_peer, who + " " + ending.text};
    case Ending::Why::logged_out:
      return {LinkResult::dropped, "logged out"};
    default:
      return {LinkResult::protocol_error, who + " broke the iSCSI protocol" +
                                              (logged_in ? "" : " during the login") + ": " +
                                              ending.text};
  }
}

LinkFailure lost_connection(const IscsiPathConfig& config, bool logged_in, int error) {
  const std::string who = target_at(config);
  const std::string when = logged_in ? "the session" : "the login";
  if (error == ETIMEDOUT) {
    return {LinkResult::timed_out,
            who + ": the network gave up on " + when + " (" + std::strerror(error) + ")"};
  }
  if (error != 0) {
    return {LinkResult::reset,
            who + ": the connection of " + when + " broke (" + std::strerror(error) + ")"};
  }
  return {LinkResult::closed_by_peer,
          who + (logged_in ? " closed the connection"
                           : " closed the connection during the login; its log says why")};
}

}  // namespace io
