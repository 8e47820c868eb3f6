// The Authenticode hash is of the image and not of its signature; broken images are refused.
// tests/integration/catalog_test.py compares it with osslsigncode's.
#include "package/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "package/testing/image.h"

namespace package {
namespace {

using ::testing::HasSubstr;
using testing::make_image;
using testing::with_signature;

std::string hash_text(const std::string& image) {
  Hash hash{};
  std::string error;
  return image_hash(image, hash, error) ? hex(bytes_of(hash)) : error;
}

TEST(Hash, OfBytesIsThatOfTheStandard) {  // FIPS 180-4, "abc"
  EXPECT_EQ(hex(bytes_of(hash_of("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, OfAnImageIsOfAllButChecksumAndSignature) {
  for (const bool is_64 : {true, false}) {
    for (const size_t bytes : {1000U, 1001U, 1007U}) {
      const std::string image = make_image({.is_64 = is_64, .bytes = bytes});
      const size_t optional = 0x80 + 24;
      const size_t directory = optional + (is_64 ? 112 : 96) + 32;
      const std::string hashed =
          image.substr(0, optional + 64) + image.substr(optional + 68, directory - optional - 68) +
          image.substr(directory + 8) + std::string((8 - bytes % 8) % 8, '\0');
      EXPECT_EQ(hash_text(image), hex(bytes_of(hash_of(hashed)))) << is_64 << bytes;
      EXPECT_EQ(hash_text(with_signature(image, "signature", is_64)), hash_text(image));
    }
  }
}

TEST(Hash, OfAnImageSeesEveryOtherByte) {
  const std::string image = make_image({.bytes = 600});
  const std::string right = hash_text(image);
  unsigned unseen = 0;
  for (size_t i = 0; i < image.size(); ++i) {
    std::string changed = image;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    unseen += hash_text(changed) == right ? 1 : 0;
  }
  EXPECT_EQ(unseen, 4U + 4U) << "the checksum, and the size of a signature that is not there";
}

TEST(Hash, RefusesWhatIsNoImage) {
  EXPECT_THAT(hash_text(""), HasSubstr("does not begin with MZ"));
  EXPECT_THAT(hash_text("MZ"), HasSubstr("does not begin with MZ"));
  std::string image = make_image();
  image[0x3f] = '\x7f';
  EXPECT_THAT(hash_text(image), HasSubstr("no header"));
  image = make_image();
  image[0x80 + 24] = '\x0c';
  EXPECT_THAT(hash_text(image), HasSubstr("unknown kind"));
  EXPECT_THAT(hash_text(make_image({.directories = 4})), HasSubstr("without a place"));
  EXPECT_THAT(hash_text(with_signature(make_image(), "signature") + "more"),
              HasSubstr("not the last thing"));
}

TEST(Hash, ReadsNothingBehindTheEndOfAnImage) {
  const std::string image = with_signature(make_image({.bytes = 400}), "signature");
  for (size_t bytes = 0; bytes < image.size(); ++bytes) {
    // In a block of its own, so that the sanitizers see its end.
    const std::string part(image, 0, bytes);
    EXPECT_THAT(hash_text(part), HasSubstr("PE image")) << bytes;
  }
}

}  // namespace
}  // namespace package
