// Is a device ours, and which LUN is it?
#include "dsm/claim.h"

#include <optional>

#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm {

using namespace std::string_view_literals;  // with their length: no kernel has strlen

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr size_t kVendorCharacters = 8;
constexpr size_t kModelCharacters = 24;

// The `index`th of the 24 characters vendor + product.
constexpr char model_character(std::string_view vendor8, std::string_view product16, size_t index) {
  if (index < kVendorCharacters) {
    return index < vendor8.size() ? vendor8[index] : ' ';
  }
  index -= kVendorCharacters;
  return index < product16.size() ? product16[index] : ' ';
}

// `character(i)`: the i-th of the 24.
template <typename Character>
bool matches(std::string_view entry, Character&& character) {
  if (entry.size() > kModelCharacters) {
    return false;
  }
  const std::string_view trimmed = scsi::trimmed(entry);
  if (trimmed.empty()) {
    return false;
  }
  if (entry.size() < kModelCharacters) {
    entry = trimmed;
  }
  for (size_t i = 0; i < entry.size(); ++i) {
    if (lower(entry[i]) != lower(character(i))) {
      return false;
    }
  }
  return true;
}

bool is_supported(const ClaimRules& rules, std::string_view vendor8, std::string_view product16) {
  if (rules.supported_devices.empty()) {
    return true;
  }
  for (const std::string_view entry : rules.supported_devices) {
    if (entry_matches(entry, vendor8, product16)) {
      return true;
    }
  }
  return false;
}

// The target port's own numbers: types 4 and 5, of the target port.
void find_port(base::Bytes vpd83, ClaimResult& out) {
  std::optional<uint16_t> port;
  std::optional<uint16_t> group;
  scsi::DesignatorWalk walk(vpd83);
  while (const auto designator = walk.next()) {
    if (designator->association != scsi::Association::target_port ||
        designator->bytes.size() != 4) {
      continue;
    }
    const uint16_t number = base::load_be16(&designator->bytes[2]);
    if (designator->type == scsi::DesignatorType::relative_target_port && !port) {
      port = number;
    } else if (designator->type == scsi::DesignatorType::target_port_group && !group) {
      group = number;
    }
  }
  out.has_port = port.has_value();
  out.has_group = port.has_value() && group.has_value();
  out.relative_target_port = port.value_or(0);
  out.target_port_group = out.has_group ? *group : 0;
}

// What the INQUIRY data alone say: model, ALUA support, and whether the device can be ours.
ClaimRefusal judge_inquiry(base::Bytes bytes, const ClaimRules& rules, ClaimResult& out) {
  const auto inquiry = scsi::decode_inquiry(bytes);
  if (!inquiry) {
    return ClaimRefusal::bad_inquiry;
  }
  for (size_t i = 0; i < kModelCharacters; ++i) {
    static_cast<void>(out.model.append(model_character(inquiry->vendor, inquiry->product, i)));
  }
  if (inquiry->qualifier != 0 || inquiry->device_type != 0) {
    return ClaimRefusal::no_logical_unit;
  }
  if (!is_supported(rules, inquiry->vendor, inquiry->product)) {
    return ClaimRefusal::not_supported;
  }
  out.support = static_cast<AluaSupport>(inquiry->target_port_group_support &
                                         static_cast<unsigned>(rules.believed_alua));
  return ClaimRefusal::none;
}

constinit const ClaimResult kNothing{};  // copied from here, not built on the stack

}  // namespace

bool entry_matches(std::string_view entry, std::string_view vendor8, std::string_view product16) {
  return matches(entry, [&](size_t i) { return model_character(vendor8, product16, i); });
}

bool entry_matches(std::string_view entry, std::string_view model) {
  return matches(entry, [&](size_t i) { return i < model.size() ? model[i] : ' '; });
}

std::string_view explain(ClaimRefusal refusal) {
  switch (refusal) {
    case ClaimRefusal::none:
      return "claimed"sv;
    case ClaimRefusal::bad_inquiry:
      return "the INQUIRY data is shorter than 36 bytes"sv;
    case ClaimRefusal::no_logical_unit:
      return "there is no logical unit (peripheral qualifier, or not a block device)"sv;
    case ClaimRefusal::not_supported:
      return "vendor and product are not in the supported-device list"sv;
    case ClaimRefusal::no_identity:
      return "no usable identity: VPD page 83h names no logical unit and page 80h has no serial "
             "number"sv;
    case ClaimRefusal::no_target_port_group:
      return "ALUA is announced, but VPD page 83h lacks the relative target port or the target "
             "port group"sv;
  }
  return "?"sv;
}

bool has_no_such_page(uint8_t scsi_status, base::Bytes sense_bytes) {
  constexpr uint8_t kLogicalUnitNotSupported = 0x25;  // about the LUN, not about the page
  const scsi::Sense sense = scsi::decode_sense(sense_bytes);
  return scsi_status == scsi::kCheckCondition && !sense.deferred &&
         sense.key == scsi::kIllegalRequest && sense.asc != kLogicalUnitNotSupported;
}

void claim(base::Bytes inquiry_bytes, base::Bytes vpd83, base::Bytes vpd80, const ClaimRules& rules,
           ClaimResult& out) {
  out = kNothing;
  out.refusal = judge_inquiry(inquiry_bytes, rules, out);
  if (out.refusal != ClaimRefusal::none) {
    return;
  }
  const IdentityChoice choice = choose_identity(vpd83, out.identity);
  out.identity_is_local = choice.locally_assigned;
  if (!choice.found && !serial_identity(inquiry_bytes, vpd80, out.identity)) {
    out.refusal = ClaimRefusal::no_identity;
    return;
  }
  find_port(vpd83, out);
  if (out.support != AluaSupport::none && !out.has_group) {
    out.refusal = ClaimRefusal::no_target_port_group;
  }
}

}  // namespace dsm
