// See settings.h.
#include "mpio/settings.h"

#include <algorithm>

#include "mpio/hex.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"

namespace mpio {
namespace {

constexpr uint8_t kBinary = 1;
constexpr uint8_t kAscii = 2;
constexpr uint8_t kUtf8 = 3;

struct KeyForm {
  uint8_t type;
  uint8_t code_set;  // the one that goes without saying
  const char* name;
};
constexpr KeyForm kKeyForms[] = {{0, kAscii, "vendor"}, {1, kAscii, "t10"},
                                 {2, kBinary, "eui"},   {3, kBinary, "naa"},
                                 {8, kUtf8, "name"},    {dsm::kSerialIdentity, kAscii, "serial"}};

bool is_readable(base::Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](uint8_t byte) { return byte >= 0x20 && byte < 0x7f; });
}

// Vendor and product are compared without regard to case, and blanks at the end do not count.
bool same_hardware(std::string_view a, std::string_view b) {
  a = scsi::trimmed(a);
  b = scsi::trimmed(b);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

const LunSettings* find_lun(const Settings& settings, std::string_view key) {
  const auto found = settings.luns.find(std::string(key));
  return found == settings.luns.end() ? nullptr : &found->second;
}

}  // namespace

void add_target_port_name(PathPorts& ports, base::Bytes vpd83) {
  std::string scsi_name;
  scsi::DesignatorWalk walk(vpd83);
  while (const auto designator = walk.next()) {
    if (designator->association != scsi::Association::target_port) {
      continue;
    }
    const std::string digits = hex(designator->bytes);
    if (designator->type == scsi::DesignatorType::naa && ports.target.empty()) {
      ports.target = "naa." + digits;
    } else if (designator->type == scsi::DesignatorType::eui64 && ports.target.empty()) {
      ports.target = "eui." + digits;
    } else if (designator->type == scsi::DesignatorType::scsi_name && scsi_name.empty()) {
      const auto end = std::find(designator->bytes.begin(), designator->bytes.end(), 0);
      if (is_readable({designator->bytes.begin(), end})) {
        scsi_name.assign(designator->bytes.begin(), end);
      }
    }
  }
  if (ports.target.empty()) {
    ports.target = scsi_name.empty() ? ports.portal : scsi_name;
  }
}

std::string lun_key(const dsm::Identity& identity) {
  const auto form = std::find_if(std::begin(kKeyForms), std::end(kKeyForms),
                                 [&](const KeyForm& each) { return each.type == identity.type; });
  std::string key =
      form != std::end(kKeyForms) ? form->name : "type" + std::to_string(identity.type);
  const bool usual = form != std::end(kKeyForms) && form->code_set == identity.code_set;
  const bool as_text = usual && form->code_set != kBinary && is_readable(identity.span());
  if (!usual) {
    key += "-set" + std::to_string(identity.code_set);
  } else if (form->code_set != kBinary && !as_text) {
    key += "-hex";
  }
  key += '.';
  if (as_text) {
    key.append(reinterpret_cast<const char*>(identity.span().data()), identity.size);
  } else {
    key += hex(identity.span());
  }
  return key;
}

PathNames path_names(const PathPorts& ports, const dsm::ClaimResult& claim,
                     std::string_view shown_name) {
  if (ports.target.empty()) {
    return {std::string(shown_name), ""};
  }
  const std::string nexus = ports.initiator + "+" + ports.target + ",";
  if (!claim.has_port) {
    return {nexus + ports.portal, ""};
  }
  const std::string by_port = nexus + "port-" + std::to_string(claim.relative_target_port);
  return {by_port + "," + ports.portal, by_port};
}

dsm::PolicyInForce policy_in_force(const Settings& settings, dsm::PolicyId of_this_run,
                                   std::string_view lun, std::string_view model) {
  constexpr size_t kVendorCharacters = 8;
  const auto choice = [](const PolicySetting& setting) {
    return dsm::PolicyChoice{setting.policy, setting.preferred};
  };
  std::vector<dsm::HardwareChoice> hardware;
  for (const auto& [id, setting] : settings.hardware) {
    hardware.push_back({id, choice(setting)});
  }
  const LunSettings* own = find_lun(settings, lun);
  return dsm::policy_in_force({.run = {of_this_run, {}},
                               .lun = own != nullptr ? choice(own->policy) : dsm::PolicyChoice{},
                               .hardware = hardware,
                               .dsm_wide = choice(settings.everything)},
                              model.substr(0, kVendorCharacters),
                              model.substr(std::min(kVendorCharacters, model.size())));
}

StoredPath path_settings(const Settings& settings, std::string_view lun, const PathNames& names) {
  if (const LunSettings* own = find_lun(settings, lun)) {
    for (const std::string& name : {names.by_portal, names.by_port}) {
      const auto found = own->paths.find(name);
      if (found != own->paths.end()) {
        return found->second;
      }
    }
  }
  return {};
}

std::string check_hardware_id(std::string_view hardware_id) {
  if (scsi::trimmed(hardware_id).empty()) {
    return "a hardware id is the vendor (8 characters) and the product (up to 16), not nothing";
  }
  if (hardware_id.size() > 24) {
    return "a hardware id has at most 24 characters: 8 of the vendor, filled up with blanks, and "
           "16 "
           "of the product";
  }
  const bool readable = std::all_of(hardware_id.begin(), hardware_id.end(),
                                    [](char c) { return c >= 0x20 && c < 0x7f; });
  return readable ? "" : "a hardware id has printable ASCII characters only";
}

void set_policy(Settings& settings, const ScopeOf& whom, const PolicySetting& policy) {
  switch (whom.scope) {
    case Scope::everything:
      settings.everything = policy;
      return;
    case Scope::hardware:
      std::erase_if(settings.hardware,
                    [&](const auto& entry) { return same_hardware(entry.first, whom.key); });
      if (policy.set()) {
        settings.hardware[std::string(scsi::trimmed(whom.key))] = policy;
      }
      return;
    case Scope::lun: {
      LunSettings& own = settings.luns[whom.key];
      own.policy = policy;
      for (auto& [name, path] : own.paths) {
        path.desire = policy.set() ? path.desire : dsm::Desire::undetermined;
      }
      if (own == LunSettings{}) {
        settings.luns.erase(whom.key);
      }
      return;
    }
  }
}

void set_path(Settings& settings, std::string_view lun, const std::string& name,
              const StoredPath& path) {
  settings.luns[std::string(lun)].paths[name] = path;
}

std::string name_to_store(const Settings& settings, std::string_view lun, const PathNames& names,
                          bool shares_port) {
  const LunSettings* own = find_lun(settings, lun);
  const bool stands_there = own != nullptr && own->paths.count(names.by_portal) != 0;
  return shares_port || stands_there || names.by_port.empty() ? names.by_portal : names.by_port;
}

void restore(Settings& settings, const ScopeOf& whom, const Settings& before) {
  switch (whom.scope) {
    case Scope::everything:
      settings.everything = before.everything;
      return;
    case Scope::hardware:
      std::erase_if(settings.hardware,
                    [&](const auto& entry) { return same_hardware(entry.first, whom.key); });
      for (const auto& [id, policy] : before.hardware) {
        if (same_hardware(id, whom.key)) {
          settings.hardware[id] = policy;
        }
      }
      return;
    case Scope::lun:
      settings.luns.erase(whom.key);
      if (const LunSettings* own = find_lun(before, whom.key)) {
        settings.luns[whom.key] = *own;
      }
      return;
  }
}

}  // namespace mpio
