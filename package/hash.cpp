// See hash.h. The image's layout: the PE format's documentation, "Optional Header" and "Attribute
// Certificate Table".
#include "package/hash.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace package {
namespace {

constexpr size_t kPlaceOfHeader = 0x3c;
constexpr size_t kFileHeaderBytes = 24;  // with the signature "PE\0\0"
constexpr size_t kOptionalHeaderSize = 20;
constexpr size_t kChecksum = 64;  // in the optional header, as what follows
constexpr size_t kChecksumBytes = 4;
constexpr uint32_t kMagic32 = 0x10b;
constexpr uint32_t kMagic64 = 0x20b;
constexpr size_t kDirectories32 = 96;
constexpr size_t kDirectories64 = 112;
constexpr size_t kDirectoryBytes = 8;
constexpr size_t kSecurityDirectory = 4;
// Whoever signs an image fills it up first.
constexpr size_t kAlignment = 8;

// Of bytes that are there.
uint32_t little_endian(std::string_view bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = count; i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  }
  return value;
}

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
  }
  ~Sha256() { EVP_MD_CTX_free(context_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes) {
    check(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
  }
  Hash finish() {
    Hash hash{};
    check(EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1);
    return hash;
  }

 private:
  static void check(bool done) {
    if (!done) {
      throw std::runtime_error("the OpenSSL library of this machine has no SHA-256");
    }
  }
  EVP_MD_CTX* context_;
};

// Where in the image what is left out stands.
struct Holes {
  size_t checksum = 0;
  size_t directory = 0;
  size_t end = 0;  // of what is hashed: the signature, or the end of the file
};

bool find_holes(std::string_view bytes, Holes& out, std::string& error) {
  if (!is_image(bytes) || bytes.size() < kPlaceOfHeader + 4) {
    error = "is no PE image: it does not begin with MZ and a header of 64 bytes";
    return false;
  }
  const size_t header = little_endian(bytes, kPlaceOfHeader, 4);
  if (header > bytes.size() || bytes.size() - header < kFileHeaderBytes + 2 ||
      bytes.substr(header, 4) != std::string_view("PE\0\0", 4)) {
    error = "is no PE image: no header where byte 3Ch says that one is";
    return false;
  }
  const size_t optional = header + kFileHeaderBytes;
  const uint32_t magic = little_endian(bytes, optional, 2);
  if (magic != kMagic32 && magic != kMagic64) {
    error = "is a PE image of an unknown kind; PE32 and PE32+ are known";
    return false;
  }
  const size_t directories = magic == kMagic64 ? kDirectories64 : kDirectories32;
  const size_t needed = directories + (kSecurityDirectory + 1) * kDirectoryBytes;
  if (bytes.size() - optional < needed ||
      little_endian(bytes, header + kOptionalHeaderSize, 2) < needed ||
      little_endian(bytes, optional + directories - 4, 4) <= kSecurityDirectory) {
    error = "is a PE image without a place for a signature; link it with all 16 data directories";
    return false;
  }
  out.checksum = optional + kChecksum;
  out.directory = optional + directories + kSecurityDirectory * kDirectoryBytes;
  const size_t signature = little_endian(bytes, out.directory, 4);
  const size_t size = little_endian(bytes, out.directory + 4, 4);
  out.end = signature == 0 ? bytes.size() : signature;
  if (signature != 0 && (signature < optional + needed || signature > bytes.size() ||
                         size != bytes.size() - signature)) {
    error =
        "is a PE image whose signature is not the last thing in it; take the file as it was before "
        "it was signed";
    return false;
  }
  return true;
}

}  // namespace

Hash hash_of(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.finish();
}

bool is_image(std::string_view bytes) {
  return bytes.substr(0, 2) == "MZ";
}

bool image_hash(std::string_view bytes, Hash& hash, std::string& error) {
  Holes holes;
  if (!find_holes(bytes, holes, error)) {
    return false;
  }
  const auto part = [bytes](size_t from, size_t to) { return bytes.substr(from, to - from); };
  Sha256 sum;
  sum.add(part(0, holes.checksum));
  sum.add(part(holes.checksum + kChecksumBytes, holes.directory));
  sum.add(part(holes.directory + kDirectoryBytes, holes.end));
  if (holes.end == bytes.size()) {
    sum.add(std::string((kAlignment - bytes.size() % kAlignment) % kAlignment, '\0'));
  }
  hash = sum.finish();
  return true;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 0xf];
  }
  return text;
}

}  // namespace package
