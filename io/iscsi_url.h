// Paths as libiscsi's tools and QEMU write them, so that one can be copied from there:
//
//   iscsi://[user%password@]host[:port]/IQN/LUN[?ARGUMENT&...]
//
// ARGUMENT is target_user=NAME and target_password=SECRET (mutual CHAP: the target must prove
// itself by them), header_digest=crc32c|none or data_digest=crc32c|none. An IPv6 address stands in
// brackets; the port is 3260 unless given; the LUN is 0..16383. User and password are taken as they
// are (the password may hold '%', ':' and '/'); in the IQN %XX stands for a byte. As in libiscsi,
// secrets that are not in the URL may come from the environment: LIBISCSI_CHAP_USERNAME, _PASSWORD,
// _TARGET_USERNAME, _TARGET_PASSWORD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/iscsi_path_config.h"

namespace io {

struct IscsiUrl {
  IscsiPathConfig path;  // initiator_name and isid are not the URL's: set_initiator()
  // Empty when the URL is good. Otherwise one sentence that names the part that is wrong and what
  // to do; never a secret, not even one that stands in the wrong place.
  std::string error;
};
IscsiUrl parse_iscsi_url(std::string_view url);

// "host", "host:port", "[v6]:port" as in the URL; `port` keeps its value when none is given.
// Returns the error or "".
std::string parse_target_portal(std::string_view text, std::string& host, uint16_t& port);

// The form of an iSCSI name (RFC 7143 4.2.7). Returns the error or "".
std::string check_target_name(std::string_view name);

// "user%password", as in the URL. Returns the error or "".
std::string parse_chap(std::string_view text, std::string& user, std::string& password);

// From the environment, for a path whose URL names no user (and, for the target's, which has a
// user).
void add_credentials_from_environment(IscsiPathConfig& path);

// "iscsi://host:port/IQN/LUN", ready to be parsed again. Without user and password.
std::string url_of(const IscsiPathConfig& path);

// Who we are on this path. Each LUN has an ISID of its own too: two disks that use different LUNs
// of one portal must not reinstate each other's sessions.
void set_initiator(IscsiPathConfig& path, std::string name, uint32_t lane);

// "iqn.2026-11.dev.dsmkit:HOSTNAME": the same at every start on one machine.
std::string default_initiator_name();

}  // namespace io
