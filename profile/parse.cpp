// See parse.h.
#include "profile/parse.h"

#include "profile/parts.h"

namespace profile {
namespace {

// One number must not be more than another (or must be less).
struct Order {
  Number low;
  Number high;
  bool strict;
  const char* why;
};
constexpr Order kOrders[] = {
    {Number::nop_after_ms, Number::suspect_after_ms, true,
     "a path is asked for a sign of life before it is suspected"},
    {Number::suspect_after_ms, Number::down_after_ms, true,
     "a path is suspected before it is left"},
    {Number::backoff_first_ms, Number::backoff_max_ms, false, "the first pause is the shortest"},
    {Number::retry_pause_ms, Number::retry_pause_max_ms, false, "the first pause is the shortest"},
    {Number::stability_ms, Number::flap_hold_max_ms, false,
     "a path that keeps failing waits no less than any other"},
};

class Reader {
 public:
  explicit Reader(Mistakes& mistakes) : mistakes_(mistakes) {}

  Profile read(const Value& document) {
    for (const Entry& entry : document.table) {
      if (!is_part(entry.key)) {
        mistakes_.add(entry.place, "there is no part " + in_quotes(entry.key) +
                                       suggestion(entry.key, part_names()));
      }
    }
    // Not in the order of the file: the array is one of the devices.
    for (size_t i = 0; i < kPartCount; ++i) {
      read_part(static_cast<Part>(i), document);
    }
    check_orders();
    return std::move(profile_);
  }

 private:
  static std::vector<std::string_view> part_names() {
    std::vector<std::string_view> names;
    for (size_t i = 0; i < kPartCount; ++i) {
      names.emplace_back(info_of(static_cast<Part>(i)).name);
    }
    return names;
  }

  static bool is_part(std::string_view name) {
    for (const std::string_view part : part_names()) {
      if (part == name) {
        return true;
      }
    }
    return false;
  }

  void read_part(Part part, const Value& document) {
    const PartInfo& info = info_of(part);
    const Value* found = nullptr;
    for (const Entry& entry : document.table) {
      found = entry.key == info.name ? &entry.value : found;
    }
    if (found == nullptr) {
      if (info.required) {
        mistakes_.add({}, title_of(part) + " is missing: " + info.meaning + " Add it");
      }
      return;
    }
    if (!info.many) {
      read_table(part, *found);
      return;
    }
    if (found->type != Value::Type::list || found->list.empty()) {
      mistakes_.add(found->place,
                    title_of(part) + ": write the name in two brackets, once for each");
      return;
    }
    for (const Value& item : found->list) {
      read_table(part, item);
    }
  }

  void read_table(Part part, const Value& table) {
    if (table.type != Value::Type::table) {
      mistakes_.add(table.place, title_of(part) + " is " + name_of(table.type) +
                                     "; give a table: its name in brackets, and keys below");
      return;
    }
    Section section(part, table, mistakes_);
    read_numbers(part, section);
    switch (part) {
      case Part::names:
        return read_names(section, profile_);
      case Part::driver:
        return read_driver(section, profile_);
      case Part::device:
        return read_device(section, profile_);
      case Part::policy:
        return read_policy(section, profile_);
      case Part::access:
        return read_access(section, profile_);
      case Part::error:
        return read_rule(section, profile_);
      case Part::array:
        return read_array(section, profile_);
      case Part::timers:
      case Part::thresholds:
        return;
    }
  }

  void read_numbers(Part part, Section& section) {
    for (const Key& key : all_keys()) {
      if (key.part == part && key.number != Number::none && section.has(key.name)) {
        const auto index = static_cast<size_t>(key.number);
        places_[index] = section.place(key.name);
        profile_.numbers[index] = section.number(key.name);
      }
    }
  }

  void check_orders() {
    for (const Order& order : kOrders) {
      const Place& low_place = places_[static_cast<size_t>(order.low)];
      const Place& high_place = places_[static_cast<size_t>(order.high)];
      const bool low_bad = low_place.line != 0 && !profile_.says(order.low);
      const bool high_bad = high_place.line != 0 && !profile_.says(order.high);
      const uint32_t low = profile_.number(order.low);
      const uint32_t high = profile_.number(order.high);
      if (low_bad || high_bad || low < high || (low == high && !order.strict)) {
        continue;
      }
      mistakes_.add(low_place.line != 0 ? low_place : high_place,
                    described(order.low) + " must be " +
                        (order.strict ? "less than " : "no more than ") + described(order.high) +
                        ": " + order.why + "; change one of them");
    }
  }

  std::string described(Number number) const {
    const Key& key = key_of(number);
    return title_of(key.part) + " " + key.name + " (" + std::to_string(profile_.number(number)) +
           (profile_.says(number) ? ")" : ", the standard value)");
  }

  Mistakes& mistakes_;
  Profile profile_;
  std::array<Place, kNumberCount> places_;
};

}  // namespace

Parsed parse_profile(std::string_view text, const std::string& file) {
  Parsed parsed;
  if (text.size() > kMaxProfileBytes) {
    parsed.mistakes.add({}, "has " + std::to_string(text.size()) +
                                " bytes; a profile has at most " +
                                std::to_string(kMaxProfileBytes));
    return parsed;
  }
  const auto document = parse_toml(text, parsed.mistakes);
  if (!document) {
    return parsed;
  }
  Profile profile = Reader(parsed.mistakes).read(*document);
  if (!parsed.mistakes.empty()) {
    return parsed;
  }
  profile.file = file;
  profile.finish();
  parsed.profile = std::move(profile);
  return parsed;
}

}  // namespace profile
