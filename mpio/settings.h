// An administrator's settings as the disk knows them: of the load balance, for everything, for a
// make of device, for one LUN; and of single paths. Values and pure functions; where they are kept
// is for others (cli/settings/).
//
// Names. LUNs and paths are named by what they are, never by a number that another start may give
// to something else. A LUN's key is its identity. A path's name is the I_T nexus's two ends: the
// initiator's name, and the target's with the relative target port that VPD page 83h tells. (An
// initiator port's ISID is not part of it: a disk has one per lane and portal, made from the names
// of both.) The portal's address stands in a name only where nothing else tells two paths apart:
// the target does not tell its port, or several portals lead to one port.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dsm/claim.h"
#include "dsm/settings.h"
#include "mpio/transport.h"

namespace mpio {

struct PolicySetting {
  dsm::PolicyId policy = dsm::PolicyId::none;  // none: not set
  std::string preferred;                       // a path's name; "": none

  bool set() const { return policy != dsm::PolicyId::none; }
  bool operator==(const PolicySetting&) const = default;
};

struct StoredPath {
  uint32_t weight = 0;
  dsm::Desire desire = dsm::Desire::undetermined;

  bool operator==(const StoredPath&) const = default;
};

struct LunSettings {
  PolicySetting policy;
  std::map<std::string, StoredPath> paths;  // by name; those that are not there now stay

  bool operator==(const LunSettings&) const = default;
};

struct Settings {
  PolicySetting everything;                       // DSM-wide
  std::map<std::string, PolicySetting> hardware;  // by hardware id
  std::map<std::string, LunSettings> luns;        // by lun_key()

  bool operator==(const Settings&) const = default;
};

// What was asked for this run only (the command line): above all that is stored, and never stored.
struct RunSettings {
  dsm::PolicyId policy = dsm::PolicyId::none;
  unsigned preferred_path = UINT32_MAX;  // number of the path
  std::map<unsigned, uint32_t> weights;  // by number of the path
};

// The names under which a path's settings may stand; the first that is there holds.
struct PathNames {
  std::string by_portal;  // with the portal: where the port alone would be ambiguous
  std::string by_port;    // "" when the target does not tell its port

  bool known() const { return !by_portal.empty(); }
  bool operator==(const PathNames&) const = default;
};

// Where the transport has not told the target's name: as page 83h names the target port, else the
// portal has to do.
void add_target_port_name(PathPorts& ports, base::Bytes vpd83);

// "naa.6001405...", "eui....", "t10.VENDOR ...": different identities have different keys.
std::string lun_key(const dsm::Identity& identity);

// `shown_name` is the name where `ports` are not known.
PathNames path_names(const PathPorts& ports, const dsm::ClaimResult& claim,
                     std::string_view shown_name);

// The policy of one LUN. `model` is ClaimResult::model. The result's view points into `settings`.
dsm::PolicyInForce policy_in_force(const Settings& settings, dsm::PolicyId of_this_run,
                                   std::string_view lun, std::string_view model);

// What is stored for a path of this LUN; defaults when nothing is.
StoredPath path_settings(const Settings& settings, std::string_view lun, const PathNames& names);

// --- changes
// --------------------------------------------------------------------------------------

enum class Scope : uint8_t { lun, hardware, everything };

// Whom a setting is for: `key` is a LUN's key, a hardware id, or nothing.
struct ScopeOf {
  Scope scope = Scope::lun;
  std::string key;
};

// "" or what is wrong with a hardware id.
std::string check_hardware_id(std::string_view hardware_id);

// The policy at one level, and only there; PolicyId::none clears it. Clearing a LUN's takes what is
// desired of its paths with it - that belongs to the policy - and leaves their weights.
void set_policy(Settings& settings, const ScopeOf& whom, const PolicySetting& policy);
void set_path(Settings& settings, std::string_view lun, const std::string& name,
              const StoredPath& path);

// Under which of its names a path's settings are to be stored. `shares_port`: another path of the
// disk has the same port.
std::string name_to_store(const Settings& settings, std::string_view lun, const PathNames& names,
                          bool shares_port);

// Puts back what set_policy() and set_path() may have changed for `whom`.
void restore(Settings& settings, const ScopeOf& whom, const Settings& before);

}  // namespace mpio
