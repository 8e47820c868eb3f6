// See image_map.h. A line is "0001:00000120  name  0000000140001120  object"; others have no such
// third word.
#include "windows/harness/image_map.h"

#include <cxxabi.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace harness {
namespace {

// 0: it is no address.
uint64_t address_of(const std::string& word) {
  constexpr size_t kDigits = 16;
  return word.size() == kDigits && word.find_first_not_of("0123456789abcdef") == std::string::npos
             ? std::strtoull(word.c_str(), nullptr, 16)
             : 0;
}

std::string readable(const std::string& symbol) {
  int status = 0;
  char* const shown = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  const std::string name = status == 0 ? shown : symbol;
  std::free(shown);
  return name;
}

}  // namespace

std::string function_in_map(const std::string& path, uint64_t address) {
  std::ifstream map(std::filesystem::path(path).replace_extension(".map"));
  std::string symbol;
  uint64_t begins = 0;
  for (std::string line; std::getline(map, line);) {
    std::istringstream words(line);
    std::string place, name, begin;
    words >> place >> name >> begin;
    if (const uint64_t here = address_of(begin); here > begins && here <= address) {
      symbol = name;
      begins = here;
    }
  }
  return symbol.empty() ? "" : readable(symbol);
}

}  // namespace harness
