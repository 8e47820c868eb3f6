// What a catalog knows a file by.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace package {

using Hash = std::array<uint8_t, 32>;  // SHA-256

Hash hash_of(std::string_view bytes);

// Begins like a PE image, so that it is known by its Authenticode hash.
bool is_image(std::string_view bytes);

// The Authenticode hash of a PE image, without page hashes: of all bytes but the checksum, the
// place of the signature, and the signature itself, so that signing does not change it. False for
// what is no such image; `error` says why.
bool image_hash(std::string_view bytes, Hash& hash, std::string& error);

std::string hex(std::string_view bytes);
inline std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace package
