// [[device]], [policy] and [access]: whom the profile is for, and what such a LUN starts with.
#include "profile/parts.h"

namespace profile {
namespace {

constexpr size_t kVendorCharacters = 8;
constexpr size_t kProductCharacters = 16;
constexpr size_t kMaxDevices = 128;

bool printable_id(Section& section, const char* key, const std::string& text, size_t most) {
  if (!printable(section, key, text, most) || !not_reserved(section, key, text)) {
    return false;
  }
  if (text.front() == ' ') {
    section.wrong(key, in_quotes(text) +
                           " begins with a blank; INQUIRY shows identifications from the first "
                           "character on");
    return false;
  }
  return true;
}

// What of the vendor, the product and the prefix there is, made one; false: told.
bool make_id(Section& section, Device& device) {
  const auto vendor = section.text("vendor");
  const auto product = section.text("product");
  const auto prefix = section.text("product_prefix");
  if (section.has("product") == section.has("product_prefix")) {
    section.wrong(section.place("product"), "product",
                  section.has("product")
                      ? "stands beside product_prefix; give one of them"
                      : "is missing; give product (all of it) or product_prefix (how it begins)");
    return false;
  }
  device.is_prefix = prefix.has_value();
  const bool good_vendor = vendor && printable_id(section, "vendor", *vendor, kVendorCharacters);
  const bool good_product =
      prefix ? printable_id(section, "product_prefix", *prefix, kProductCharacters - 1)
             : product && printable_id(section, "product", *product, kProductCharacters);
  if (!good_vendor || !good_product) {
    return false;
  }
  device.vendor = *vendor;
  device.product = prefix ? *prefix : *product;
  device.id = device.vendor;
  device.id.resize(kVendorCharacters, ' ');
  device.id += device.product;
  if (!device.is_prefix) {
    device.id.resize(kVendorCharacters + kProductCharacters, ' ');
  }
  // Vendor and product may each be harmless, and one name together.
  return not_reserved(section, prefix ? "product_prefix" : "product", device.id);
}

}  // namespace

void read_device(Section& section, Profile& out) {
  Device device;
  const bool good = make_id(section, device);
  device.policy = section.word("policy", policy_words());
  if (!good) {
    return;
  }
  const char* const key = device.is_prefix ? "product_prefix" : "product";
  for (const Device& before : out.devices) {
    // One product is never all of a family, though the family may begin with the whole of its name.
    const bool may_cover = before.is_prefix || !device.is_prefix;
    if (may_cover && dsm::entry_matches(before.id, device.id)) {
      section.wrong(key, in_quotes(device.id) + " is covered by " + in_quotes(before.id) +
                             " before it, which decides; each device has one entry, the more exact "
                             "ones first");
      return;
    }
  }
  if (out.devices.size() == kMaxDevices) {
    section.wrong(key, "is one device more than " + std::to_string(kMaxDevices) +
                           ", the most of a profile; use product_prefix for families");
    return;
  }
  out.devices.push_back(std::move(device));
}

void read_policy(Section& section, Profile& out) {
  out.policy = section.word("default", policy_words()).value_or(out.policy);
  out.least_blocks_sequential =
      section.flag("least_blocks_sequential").value_or(out.least_blocks_sequential);
  if (!out.least_blocks_sequential && section.has("least_blocks_sequential_bytes")) {
    section.wrong("least_blocks_sequential_bytes",
                  "has no effect while least_blocks_sequential is false; leave one of them out");
  }
}

void read_access(Section& section, Profile& out) {
  out.extended_rtpg = section.flag("extended_rtpg").value_or(out.extended_rtpg);
  out.believed_alua = section.word("believed_alua", alua_words()).value_or(out.believed_alua);
  if (out.believed_alua == dsm::AluaSupport::none && section.has("extended_rtpg")) {
    section.wrong("extended_rtpg",
                  "has no effect where believed_alua is none, for access states are not read then; "
                  "leave it out");
  }
}

}  // namespace profile
