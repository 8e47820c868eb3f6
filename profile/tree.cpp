// See tree.h.
#include "profile/tree.h"

#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "profile/plain.h"

namespace profile {
namespace {

Place place_of(const toml::source_region& region) {
  return {static_cast<unsigned>(region.begin.line), static_cast<unsigned>(region.begin.column)};
}

// No deeper than the library lets documents nest (256).
Value value_of(const toml::node& node) {
  Value value;
  value.place = place_of(node.source());
  if (const auto* text = node.as_string()) {
    value.type = Value::Type::text;
    value.text = text->get();
  } else if (const auto* number = node.as_integer()) {
    value.type = Value::Type::number;
    value.number = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.type = Value::Type::boolean;
    value.boolean = boolean->get();
  } else if (const auto* list = node.as_array()) {
    value.type = Value::Type::list;
    for (const toml::node& item : *list) {
      value.list.push_back(value_of(item));
    }
  } else if (const auto* table = node.as_table()) {
    value.type = Value::Type::table;
    for (const auto& [key, item] : *table) {
      value.table.push_back({std::string(key.str()), place_of(key.source()), value_of(item)});
    }
    std::stable_sort(value.table.begin(), value.table.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
    });
  }
  return value;
}

}  // namespace

const char* name_of(Value::Type type) {
  switch (type) {
    case Value::Type::text:
      return "a string";
    case Value::Type::number:
      return "a whole number";
    case Value::Type::boolean:
      return "true or false";
    case Value::Type::list:
      return "a list";
    case Value::Type::table:
      return "a table";
    case Value::Type::other:
      break;
  }
  return "a date, a time or a fraction";
}

std::optional<Value> parse_toml(std::string_view text, Mistakes& mistakes) {
  try {
    return value_of(toml::parse(plain_text(text, mistakes)));
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    std::replace_if(
        what.begin(), what.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
    mistakes.add(place_of(error.source()),
                 "this is no TOML: " + what +
                     "; what stands behind it has not been looked at (https://toml.io/en/v1.0.0)");
    return std::nullopt;
  }
}

}  // namespace profile
