// See section.h.
#include "profile/section.h"

namespace profile {
namespace {

std::vector<std::string_view> keys_of(Part part) {
  std::vector<std::string_view> names;
  for (const Key& key : all_keys()) {
    if (key.part == part) {
      names.emplace_back(key.name);
    }
  }
  return names;
}

std::string range_text(uint32_t least, uint32_t most) {
  return std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

std::string title_of(Part part) {
  const PartInfo& info = info_of(part);
  const std::string name = std::string("[") + info.name + "]";
  return info.many ? "[" + name + "]" : name;
}

Section::Section(Part part, const Value& table, Mistakes& mistakes)
    : part_(part), table_(table), mistakes_(mistakes) {
  for (const Entry& entry : table.table) {
    if (find_key(part, entry.key) == nullptr) {
      mistakes_.add(entry.place, title_of(part) + " has no key " + in_quotes(entry.key) +
                                     suggestion(entry.key, keys_of(part)));
    }
  }
  for (const Key& key : all_keys()) {
    if (key.part == part && key.required && !has(key.name)) {
      mistakes_.add(table.place, title_of(part) + " lacks the key " + key.name + ": " +
                                     (*key.meaning != '\0' ? key.meaning : key.values) +
                                     "; add it");
    }
  }
}

const Value* Section::find(std::string_view key) const {
  for (const Entry& entry : table_.table) {
    if (entry.key == key) {
      return &entry.value;
    }
  }
  return nullptr;
}

Place Section::place(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr ? value->place : table_.place;
}

void Section::wrong(Place place, std::string_view key, const std::string& what) {
  in_order_ = false;
  mistakes_.add(place, title_of(part_) + " " + std::string(key) + ": " + what);
}

const Value* Section::typed(const char* key, Value::Type type, const std::string& wanted) {
  const Value* value = find(key);
  if (value != nullptr && value->type != type) {
    wrong(key, std::string("is ") + name_of(value->type) + "; give " + wanted);
    return nullptr;
  }
  return value;
}

std::optional<std::string> Section::text(const char* key) {
  const Value* value = typed(key, Value::Type::text, "a string in quotes");
  return value != nullptr ? std::optional(value->text) : std::nullopt;
}

std::optional<uint32_t> Section::number(const char* key) {
  const Key& info = *find_key(part_, key);
  const std::string range = range_text(info.least, info.most);
  const Value* value = typed(key, Value::Type::number, "a whole number, " + range);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->number < info.least || value->number > info.most) {
    wrong(key, "is " + std::to_string(value->number) + "; give " + range);
    return std::nullopt;
  }
  return static_cast<uint32_t>(value->number);
}

std::optional<bool> Section::flag(const char* key) {
  const Value* value = typed(key, Value::Type::boolean, "true or false, without quotes");
  return value != nullptr ? std::optional(value->boolean) : std::nullopt;
}

std::optional<uint8_t> Section::word_or_number(const char* key,
                                               const std::vector<Word<uint8_t>>& words,
                                               uint8_t least, uint8_t most) {
  const Value* value = find(key);
  if (value == nullptr || value->type != Value::Type::number) {
    return word(key, words);
  }
  if (value->number < least || value->number > most) {
    wrong(key,
          "is " + std::to_string(value->number) + "; give a word or " + range_text(least, most));
    return std::nullopt;
  }
  return static_cast<uint8_t>(value->number);
}

}  // namespace profile
