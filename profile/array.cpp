// [array]: what the embedded array plays.
#include "profile/parts.h"
#include "scsi/sense.h"

namespace profile {
namespace {

// Keys of another way of access say something that nobody hears.
void refuse_others(Section& section, ArrayAccess access) {
  struct Group {
    ArrayAccess access;
    const char* word;
    std::vector<const char*> keys;
  };
  const Group groups[] = {
      {ArrayAccess::alua, "alua", {"alua", "passive_state", "transition_time_s"}},
      {ArrayAccess::active_passive,
       "active-passive",
       {"passive_key", "passive_asc", "passive_ascq"}},
  };
  for (const Group& group : groups) {
    for (const char* key : group.keys) {
      if (group.access != access && section.has(key)) {
        section.wrong(key, std::string("goes with access = \"") + group.word +
                               "\" and has no effect here; leave it out");
      }
    }
  }
}

void read_product(Section& section, const Profile& profile, ArrayModel& model) {
  if (profile.devices.empty()) {
    return;
  }
  const auto product = section.text("product");
  if (!product || !printable(section, "product", *product, 16)) {
    return;
  }
  for (const Device& device : profile.devices) {
    std::string shown = device.vendor;
    shown.resize(8, ' ');
    if (dsm::entry_matches(device.id, shown + *product)) {
      model.vendor = device.vendor;
      model.product = *product;
      return;
    }
  }
  section.wrong("product", in_quotes(*product) +
                               " is none of the profile's devices, so the disk would refuse the "
                               "array; give one that a [[device]] names");
}

}  // namespace

void read_array(Section& section, Profile& out) {
  ArrayModel& model = out.array;
  if (const auto access = section.word("access", array_access_words())) {
    model.access = *access;
    refuse_others(section, *access);
  }
  model.controllers = section.number("controllers").value_or(model.controllers);
  if (const auto alua = section.word("alua", alua_words())) {
    model.alua = *alua;
    if (*alua == dsm::AluaSupport::none) {
      section.wrong("alua", "is none; that is access = \"symmetric\"");
    }
  }
  model.passive_state =
      section.word("passive_state", passive_state_words()).value_or(model.passive_state);
  model.transition_time_s =
      static_cast<uint8_t>(section.number("transition_time_s").value_or(model.transition_time_s));
  model.passive_key =
      section.word_or_number("passive_key", sense_key_words(), 0, 15).value_or(scsi::kNotReady);
  const auto byte = [&section](const char* key, uint8_t standard) {
    return static_cast<uint8_t>(section.number(key).value_or(standard));
  };
  model.passive_asc = byte("passive_asc", 0x04);
  model.passive_ascq = byte("passive_ascq", 0x02);
  read_product(section, out, model);
}

}  // namespace profile
