// [names]: who makes it, and what it is called.
#include <algorithm>
#include <array>
#include <cctype>

#include "inf/driver_names.h"
#include "profile/parts.h"

namespace profile {
namespace {

bool is_word(const std::string& text, std::string_view besides) {
  return std::all_of(text.begin(), text.end(), [besides](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           besides.find(c) != std::string_view::npos;
  });
}

void read_title(Section& section, const char* key, std::string& out) {
  if (const auto text = section.text(key);
      text && printable(section, key, *text, 63) && not_reserved(section, key, *text)) {
    out = *text;
  }
}

void read_service(Section& section, std::string& out) {
  const auto text = section.text("service");
  if (!text || !not_reserved(section, "service", *text)) {
    return;
  }
  constexpr std::array<std::string_view, 3> kOthers = {"mpio", "disk", "partmgr"};
  const bool good = !text->empty() && text->size() <= 32 &&
                    std::isalpha(static_cast<unsigned char>(text->front())) != 0 &&
                    is_word(*text, "-_");
  if (!good) {
    section.wrong("service", in_quotes(*text) +
                                 " cannot name a service and a file; give a letter, then up to 31 "
                                 "letters, digits, '-' and '_'");
  } else if (std::find(kOthers.begin(), kOthers.end(), *text) != kOthers.end()) {
    section.wrong("service",
                  in_quotes(*text) + " is a service of Windows; give a name of your own");
  } else {
    out = *text;
  }
}

}  // namespace

bool printable(Section& section, const char* key, const std::string& text, size_t most) {
  if (text.empty() || text.size() > most) {
    section.wrong(key, text.empty() ? "is empty; give 1 to " + std::to_string(most) + " characters"
                                    : "has " + std::to_string(text.size()) +
                                          " characters; give 1 to " + std::to_string(most));
    return false;
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    section.wrong(key,
                  in_quotes(text) + " has characters that are not printable ASCII (20h to 7Eh)");
    return false;
  }
  return true;
}

bool not_reserved(Section& section, const char* key, const std::string& text) {
  const std::string_view name = inf::reserved_name_in(text);
  if (!name.empty()) {
    section.wrong(key, in_quotes(text) + " holds " + std::string(name) +
                           ", a name of Microsoft's own modules or of its sample, which no other "
                           "DSM may carry; give your own");
  }
  return name.empty();
}

void read_names(Section& section, Profile& out) {
  if (const auto vendor = section.text("vendor")) {
    if (vendor->empty() || vendor->size() > 16 || !is_word(*vendor, "-_.")) {
      section.wrong("vendor", in_quotes(*vendor) +
                                  " is no short name; give 1 to 16 letters, digits, '-', '_' and "
                                  "'.'");
    } else if (not_reserved(section, "vendor", *vendor)) {
      out.names.vendor = *vendor;
    }
  }
  read_title(section, "product", out.names.product);
  read_title(section, "company", out.names.company);
  read_service(section, out.names.service);
  if (const auto version = section.text("version")) {
    if (inf::is_driver_version(*version)) {
      out.names.version = *version;
    } else {
      section.wrong("version", in_quotes(*version) +
                                   " is no driver version; give four numbers of 0 to 65535, as in "
                                   "\"1.0.0.0\"");
    }
  }
}

}  // namespace profile
