// A PE image for tests: the headers, and nothing that runs.
#pragma once

#include <string>

namespace package::testing {

struct ImageShape {
  bool is_64 = true;
  size_t bytes = 1000;
  unsigned directories = 16;
};

// Filled with bytes that differ from place to place; no signature.
std::string make_image(const ImageShape& shape = {});
// With `signature` behind it, named by the image, and a checksum.
std::string with_signature(std::string image, const std::string& signature, bool is_64 = true);

}  // namespace package::testing
