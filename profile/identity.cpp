// See identity.h.
#include "profile/identity.h"

#include <algorithm>
#include <cctype>

namespace profile {
namespace {

// A checked one.
std::array<uint16_t, 4> numbers_of_version(std::string_view text) {
  std::array<uint16_t, 4> numbers{};
  size_t index = 0;
  for (const char c : text) {
    if (c == '.') {
      index = std::min(index + 1, numbers.size() - 1);
    } else {
      numbers[index] = static_cast<uint16_t>(numbers[index] * 10 + (c - '0'));
    }
  }
  return numbers;
}

std::string prefix_of(std::string service) {
  for (char& c : service) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return service;
}

const std::string& or_else(const std::string& said, const std::string& derived) {
  return said.empty() ? derived : said;
}

}  // namespace

std::string guid_key(size_t index) {
  std::string key = "guid_";
  for (const char c : kWmiClasses[index]) {
    key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return key;
}

Identity identity_of(const Profile& profile) {
  const Names& names = profile.names;
  const DriverNames& driver = profile.driver;
  Identity out;
  out.vendor = names.vendor;
  out.product = names.product;
  out.company = names.company;
  out.service = names.service;
  out.binary = or_else(driver.binary, names.service + ".sys");
  out.display_name = or_else(driver.display_name, names.product + " Multi-Path DSM");
  out.version = numbers_of_version(names.version);
  out.class_prefix = or_else(driver.class_prefix, prefix_of(names.service));
  out.trace_provider = or_else(driver.trace_provider, names.vendor + "-" + names.service);
  const auto made = [&](const std::string& name) {
    return guid_of_name(kGuidNamespace, names.vendor + "/" + name);
  };
  out.trace_guid = driver.trace_guid.value_or(made(out.trace_provider));
  for (size_t i = 0; i < kWmiClassCount; ++i) {
    out.class_guids[i] = driver.class_guids[i].value_or(made(out.class_name(i)));
  }
  return out;
}

}  // namespace profile
