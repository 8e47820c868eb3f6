// See document.h.
#include "profile/testing/document.h"

#include "profile/keys.h"
#include "profile/vendor_header.h"

namespace profile::testing {
namespace {

constexpr const char* kHead = R"(
This part is made from `profile/keys.cpp`; a test fails when it is out of date. To make it anew:

    cmake --build --preset dev --target profiles_document && build/dev/profile/profiles_document docs/profiles.md

Units stand in the names: `_ms` milliseconds, `_s` seconds, `_bytes` bytes. Numbers may be written as 0x2a and 10_000. Sense codes
are numbers: 04h is `0x04`.
)";

// 86400000: "86,400,000".
std::string grouped(uint32_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string values_of(const Key& key) {
  return key.kind == Kind::number ? grouped(key.least) + " to " + grouped(key.most) : key.values;
}

std::string standard_of(const Key& key) {
  if (key.number != Number::none) {
    return grouped(key.standard_number);
  }
  return key.required ? "required" : *key.standard != '\0' ? key.standard : "-";
}

// Which of the numbers of a part a Windows driver goes by; "" where it has none.
std::string drivers_share(Part part) {
  std::string theirs;
  bool has_others = false;
  for (const Key& key : all_keys()) {
    if (key.part == part && key.number != Number::none) {
      if (reaches_driver(key.number)) {
        theirs += std::string(theirs.empty() ? "`" : ", `") + key.name + "`";
      } else {
        has_others = true;
      }
    }
  }
  if (theirs.empty()) {
    return "";
  }
  return "\nIn the Windows driver: " + theirs +
         (has_others ? ". The others are of the disk in user space alone.\n" : ".\n");
}

}  // namespace

std::string keys_document() {
  std::string text = std::string(kKeysTitle) + kHead;
  for (size_t i = 0; i < kPartCount; ++i) {
    const auto part = static_cast<Part>(i);
    const PartInfo& info = info_of(part);
    text += std::string("\n### `") + (info.many ? "[[" : "[") + info.name +
            (info.many ? "]]`" : "]`") + (info.required ? ", required" : "") +
            (info.many ? ", any number" : "") + "\n\n" + info.meaning +
            "\n\n| key | values | without it | |\n|---|---|---|---|\n";
    for (const Key& key : all_keys()) {
      if (key.part == part) {
        text += std::string("| `") + key.name + "` | " + values_of(key) + " | " + standard_of(key) +
                " | " + key.meaning + " |\n";
      }
    }
    text += drivers_share(part);
  }
  return text;
}

}  // namespace profile::testing
