// See address.h.
#include "io/sg/address.h"

#include <algorithm>
#include <climits>

namespace io::sg {

ParsedAddress parse_address(std::string_view text) {
  constexpr const char* kForm = "; write sg:/dev/sgN (`lsscsi -g` shows which node leads where)";
  if (!text.starts_with(kScheme)) {
    return {{}, std::string("this is no sg node") + kForm};
  }
  const std::string_view node = text.substr(kScheme.size());
  if (node.empty() || node.front() != '/') {
    return {{}, std::string("the absolute path of the node is missing") + kForm};
  }
  if (node.size() >= PATH_MAX) {
    return {{}, std::string("the path is longer than the system takes") + kForm};
  }
  const bool printable = std::all_of(node.begin(), node.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) != 0x7f;
  });
  if (!printable) {
    return {{}, std::string("the path has blanks or control characters") + kForm};
  }
  return {std::string(node), {}};
}

}  // namespace io::sg
