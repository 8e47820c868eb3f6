// See guid.h.
#include "profile/guid.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace profile {
namespace {

constexpr bool has_dash_before(size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int hex_value(char c) {
  const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  if (lower >= '0' && lower <= '9') {
    return lower - '0';
  }
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string guid_text(const Guid& guid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < guid.size(); ++i) {
    text += has_dash_before(i) ? "-" : "";
    text += kDigits[guid[i] >> 4];
    text += kDigits[guid[i] & 0xf];
  }
  return text;
}

std::optional<Guid> parse_guid(std::string_view text) {
  constexpr size_t kCharacters = 36;
  if (text.size() == kCharacters + 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, kCharacters);
  }
  if (text.size() != kCharacters) {
    return std::nullopt;
  }
  Guid guid{};
  size_t at = 0;
  for (size_t i = 0; i < guid.size(); ++i) {
    if (has_dash_before(i) && text[at++] != '-') {
      return std::nullopt;
    }
    const int high = hex_value(text[at++]);
    const int low = hex_value(text[at++]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    guid[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return guid;
}

Guid guid_of_name(const Guid& name_space, std::string_view name) {
  std::string hashed(name_space.begin(), name_space.end());
  hashed += name;
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(hashed.data(), hashed.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("the OpenSSL library of this machine has no SHA-1");
  }
  Guid guid;
  std::copy_n(digest.begin(), guid.size(), guid.begin());
  guid[6] = static_cast<uint8_t>((guid[6] & 0x0f) | 0x50);  // version 5
  guid[8] = static_cast<uint8_t>((guid[8] & 0x3f) | 0x80);  // the variant of RFC 9562
  return guid;
}

}  // namespace profile
