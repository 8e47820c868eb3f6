// What one path of a disk is, as the command line names it: a portal of an iSCSI target, or an sg
// node of the kernel. A disk may have both.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "io/iscsi_path_config.h"
#include "mpio/transport.h"

namespace cli {

struct SgPath {
  std::string node;  // "/dev/sg3"
};
using DiskPath = std::variant<io::IscsiPathConfig, SgPath>;

// Why an sg path and a front that speaks iSCSI exclude each other: a client's reservations and unit
// attentions are its own, and all users of an sg node share the kernel's nexus.
inline constexpr std::string_view kNoNexusThroughSg =
    "each client of the disk's iSCSI target needs a nexus of its own down every path, and through "
    "an sg node there is only the kernel's";

// Reads a path: iscsi://... or sg:/dev/sgN, with its initiator port; no name: the machine's. False:
// `error` says why, without any secret.
bool parse_path(const std::string& text, const std::string& initiator_name, DiskPath& path,
                std::string& error);
// Reads paths: iscsi://... (see io/iscsi_url.h), each with its initiator port, and sg:/dev/sgN.
// False when one is wrong, one is given twice, or there are too many; `error` says which and why,
// without any secret.
bool parse_paths(const std::vector<std::string>& texts, const std::string& initiator_name,
                 std::vector<DiskPath>& paths, std::string& error);
// The same for portals that are to be asked.
bool parse_portals_to_ask(const std::vector<std::string>& urls, const std::string& initiator_name,
                          std::vector<io::IscsiPathConfig>& portals, std::string& error);

bool same_path(const io::IscsiPathConfig& a, const io::IscsiPathConfig& b);
bool same_path(const DiskPath& a, const DiskPath& b);

// Those of the paths that are iSCSI's.
std::vector<io::IscsiPathConfig> iscsi_paths(const std::vector<DiskPath>& paths);

// Of a path whose ends are known before the first login (RFC 7143 4.2.7); else empty. See
// mpio/settings.h for what settings make of it.
mpio::PathPorts ports_of(const DiskPath& path);

}  // namespace cli
