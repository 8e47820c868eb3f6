// A TOML document as the parser of profiles looks at it: values with their places, in the order of
// the file. The only place that knows the TOML library is tree.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profile/mistakes.h"

namespace profile {

struct Entry;

struct Value {
  enum class Type : uint8_t { text, number, boolean, list, table, other };

  Place place;
  Type type = Type::other;
  std::string text;
  int64_t number = 0;
  bool boolean = false;
  std::vector<Value> list;
  std::vector<Entry> table;
};

struct Entry {
  std::string key;
  Place place;
  Value value;
};

// "a string", "a whole number" ...
const char* name_of(Value::Type type);

// The document's top table. Empty: it is no TOML, and a mistake says where it ceases to be.
std::optional<Value> parse_toml(std::string_view text, Mistakes& mistakes);

}  // namespace profile
