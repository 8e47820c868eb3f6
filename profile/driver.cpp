// [driver]: what of the driver's identity shall not be made of [names].
#include <algorithm>
#include <cctype>

#include "profile/identity.h"
#include "profile/parts.h"

namespace profile {
namespace {

// GUIDs of the classes and of the tracing of Microsoft's own DSM, which runs on the same machines.
constexpr std::string_view kTaken[] = {
    "875b8871-4889-4114-93f6-cd064c001cea", "04517f7e-92bb-4ebe-aed0-54339fa5f544",
    "c362d67c-371e-44d8-8bba-044619e4f245", "5ccbcd91-1b56-4327-a2f3-0960335f8846",
    "c81b5681-f3ca-4c98-9325-707d0d62ffc4", "a34d03ec-6b0b-46a1-9178-82525f41133f",
    "ddb00a72-0fab-418b-a89e-97370ae293a4", "dedadff5-f99f-4600-b8c9-2d4d9b806b5b",
    "d6dc1bf0-95fa-4246-afd7-40a030458f48", "00000000-0000-0000-0000-000000000000",
};

bool all_of(std::string_view text, std::string_view besides, int (*good)(int)) {
  return std::all_of(text.begin(), text.end(), [besides, good](char c) {
    return good(static_cast<unsigned char>(c)) != 0 || besides.find(c) != std::string_view::npos;
  });
}

int is_capital_or_digit(int c) {
  return static_cast<int>((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
}

void read_display_name(Section& section, std::string& out) {
  if (const auto text = section.text("display_name");
      text && printable(section, "display_name", *text, 127) &&
      not_reserved(section, "display_name", *text)) {
    out = *text;
  }
}

void read_binary(Section& section, std::string& out) {
  const auto text = section.text("binary");
  if (!text || !not_reserved(section, "binary", *text)) {
    return;
  }
  const std::string_view ending = ".sys";
  const std::string_view stem =
      std::string_view(*text).substr(0, text->size() - std::min(text->size(), ending.size()));
  if (!text->ends_with(ending) || stem.empty() || stem.size() > 32 ||
      std::isalpha(static_cast<unsigned char>(stem.front())) == 0 ||
      !all_of(stem, "-_", std::isalnum)) {
    section.wrong("binary", in_quotes(*text) +
                                " cannot name the driver's file; give a letter, then up to 31 "
                                "letters, digits, '-' and '_', and .sys");
  } else {
    out = *text;
  }
}

void read_class_prefix(Section& section, std::string& out) {
  const auto text = section.text("class_prefix");
  if (!text || !not_reserved(section, "class_prefix", *text)) {
    return;
  }
  if (text->empty() || text->size() > 32 ||
      std::isalpha(static_cast<unsigned char>(text->front())) == 0 ||
      !all_of(*text, "_", is_capital_or_digit)) {
    section.wrong("class_prefix", in_quotes(*text) +
                                      " cannot begin the names of WMI classes; give a capital "
                                      "letter, then up to 31 capital letters, digits and '_'");
  } else {
    out = *text;
  }
}

void read_trace_provider(Section& section, std::string& out) {
  const auto text = section.text("trace_provider");
  if (!text || !not_reserved(section, "trace_provider", *text)) {
    return;
  }
  if (text->empty() || text->size() > 63 || !all_of(*text, "-_.", std::isalnum)) {
    section.wrong("trace_provider", in_quotes(*text) +
                                        " cannot name a trace provider; give 1 to 63 letters, "
                                        "digits, '-', '_' and '.'");
  } else {
    out = *text;
  }
}

std::optional<Guid> read_guid(Section& section, const char* key) {
  const auto text = section.text(key);
  if (!text) {
    return std::nullopt;
  }
  const auto guid = parse_guid(*text);
  if (!guid) {
    section.wrong(key, in_quotes(*text) +
                           " is no GUID; give one as in "
                           "\"{01234567-89ab-cdef-0123-456789abcdef}\", or leave it out");
  } else if (std::find(std::begin(kTaken), std::end(kTaken), guid_text(*guid)) !=
             std::end(kTaken)) {
    section.wrong(key, in_quotes(*text) +
                           " is not yours: it is none at all, or one of Microsoft's own DSM; leave "
                           "it out to get one of your own");
    return std::nullopt;
  }
  return guid;
}

// A GUID that is said must not be that of anything else of this driver.
void refuse_doubles(Section& section, const Profile& profile) {
  const Identity identity = identity_of(profile);
  std::vector<std::pair<std::string, Guid>> all = {{"trace_guid", identity.trace_guid}};
  for (size_t i = 0; i < kWmiClassCount; ++i) {
    all.emplace_back(guid_key(i), identity.class_guids[i]);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (all[i].second == all[j].second) {
        const std::string& said = section.has(all[i].first) ? all[i].first : all[j].first;
        const std::string& other = section.has(all[i].first) ? all[j].first : all[i].first;
        section.wrong(said, "is the GUID of " + other + " too; each has one of its own");
      }
    }
  }
}

}  // namespace

void read_driver(Section& section, Profile& out) {
  DriverNames& driver = out.driver;
  read_display_name(section, driver.display_name);
  read_binary(section, driver.binary);
  read_class_prefix(section, driver.class_prefix);
  read_trace_provider(section, driver.trace_provider);
  driver.trace_guid = read_guid(section, "trace_guid");
  for (size_t i = 0; i < kWmiClassCount; ++i) {
    driver.class_guids[i] = read_guid(section, guid_key(i).c_str());
  }
  refuse_doubles(section, out);
}

}  // namespace profile
