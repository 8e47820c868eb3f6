// See image.h.
#include "package/testing/image.h"

#include <cstdint>

namespace package::testing {
namespace {

constexpr size_t kHeader = 0x80;
constexpr size_t kOptional = kHeader + 24;

void store(std::string& image, size_t at, size_t count, uint64_t value) {
  for (size_t i = 0; i < count; ++i) {
    image[at + i] = static_cast<char>(value >> (8 * i));
  }
}

size_t directories_of(bool is_64) {
  return kOptional + (is_64 ? 112 : 96);
}

}  // namespace

std::string make_image(const ImageShape& shape) {
  std::string image(shape.bytes, '\0');
  for (size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<char>(i * 7 + 1);
  }
  const size_t directories = directories_of(shape.is_64);
  store(image, 0, 2, 0x5a4d);
  store(image, 0x3c, 4, kHeader);
  store(image, kHeader, 4, 0x4550);
  store(image, kHeader + 20, 2, directories - kOptional + size_t{8} * shape.directories);
  store(image, kOptional, 2, shape.is_64 ? 0x20b : 0x10b);
  store(image, kOptional + 64, 4, 0);
  store(image, directories - 4, 4, shape.directories);
  store(image, directories + 32, 8, 0);
  return image;
}

std::string with_signature(std::string image, const std::string& signature, bool is_64) {
  image.resize((image.size() + 7) / 8 * 8);
  store(image, kOptional + 64, 4, 0x12345);
  store(image, directories_of(is_64) + 32, 4, image.size());
  store(image, directories_of(is_64) + 36, 4, signature.size());
  return image + signature;
}

}  // namespace package::testing
