// Is a device ours, and which LUN is it? Pure functions over the bytes of INQUIRY and the VPD
// pages.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/fixed_string.h"
#include "dsm/identity.h"
#include "dsm/types.h"

namespace dsm {

// One entry of the supported-device list: up to 8 characters of vendor and 16 of product, compared
// without regard to case. All 24 characters, blanks included, name one product; a shorter entry is
// a prefix, in which trailing blanks do not count. Underscores are literal. An empty or a longer
// entry matches nothing.
bool entry_matches(std::string_view entry, std::string_view vendor8, std::string_view product16);
// `model`: vendor and product in one, as in ClaimResult.
bool entry_matches(std::string_view entry, std::string_view model);

enum class ClaimRefusal : uint8_t {
  none,
  bad_inquiry,           // fewer than 36 bytes
  no_logical_unit,       // the qualifier says that none is there
  not_supported,         // not in the list
  no_identity,           // no designator of the LUN and no serial number
  no_target_port_group,  // ALUA without relative target port or target port group designator
};
std::string_view explain(ClaimRefusal refusal);

struct ClaimResult {
  ClaimRefusal refusal = ClaimRefusal::bad_inquiry;
  bool identity_is_local = false;  // see IdentityChoice::locally_assigned
  AluaSupport support = AluaSupport::none;
  bool has_group = false;  // target port group and relative target port are known
  uint16_t target_port_group = 0;
  bool has_port = false;  // the relative target port is known; devices without ALUA may tell it too
  uint16_t relative_target_port = 0;
  base::FixedString<24> model;  // vendor and product, blanks kept
  Identity identity;

  bool claimed() const { return refusal == ClaimRefusal::none; }
};

struct ClaimRules {
  // Empty list: every direct-access block device is claimed (what the user-space disk does).
  std::span<const std::string_view> supported_devices;
  // What of the announced ALUA support is believed, bit by bit: an array that announces explicit
  // ALUA and refuses SET TARGET PORT GROUPS is better taken for an implicit one.
  AluaSupport believed_alua = AluaSupport::both;
};

// Does an answer to INQUIRY for a VPD page, other than GOOD, say that the device has no such page?
// Every other one says nothing about the page. Who took it for a page that is not there would know
// one LUN by its name down one path and by its serial number down another. `sense`: empty if none
// came. SPC-4 6.6.1.
bool has_no_such_page(uint8_t scsi_status, base::Bytes sense);

// `vpd83` and `vpd80` may be empty (the device has no such page). Total: any bytes give an answer.
// About 320 bytes go to `out`, so the caller chooses where that lives.
void claim(base::Bytes inquiry, base::Bytes vpd83, base::Bytes vpd80, const ClaimRules& rules,
           ClaimResult& out);

}  // namespace dsm
