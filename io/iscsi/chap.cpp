// See chap.h.
#include "io/iscsi/chap.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "base/assert.h"

namespace io::iscsi {

std::string chap_response(uint8_t identifier, std::string_view secret, std::string_view challenge) {
  std::string input(1, static_cast<char>(identifier));
  input.append(secret).append(challenge);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const int good =
      EVP_Digest(input.data(), input.size(), digest.data(), &length, EVP_md5(), nullptr);
  BASE_ASSERT(good == 1);
  OPENSSL_cleanse(input.data(), input.size());
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::string chap_challenge() {
  std::array<unsigned char, 16> bytes{};
  const int good = RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  BASE_ASSERT(good == 1);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool equal_secretly(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace io::iscsi
