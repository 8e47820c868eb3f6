// One table of a profile - [timers], one [[error]] - while it is read: which keys it has, whether
// they are what they should be. What is wrong is told with its place; the value is then missing.
// Inside profile/ only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profile/keys.h"
#include "profile/suggest.h"
#include "profile/tree.h"
#include "profile/words.h"

namespace profile {

class Section {
 public:
  // Tells of keys that the part does not have, and of required ones that are missing.
  Section(Part part, const Value& table, Mistakes& mistakes);

  Place place() const { return table_.place; }
  // Of the key's value; of the section where the key is missing.
  Place place(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  std::optional<std::string> text(const char* key);
  std::optional<uint32_t> number(const char* key);
  std::optional<bool> flag(const char* key);
  template <typename T>
  std::optional<T> word(const char* key, const std::vector<Word<T>>& words) {
    const auto typed = text(key);
    return typed ? look_up(key, *typed, words, place(key)) : std::nullopt;
  }
  // One of the words, or a number.
  std::optional<uint8_t> word_or_number(const char* key, const std::vector<Word<uint8_t>>& words,
                                        uint8_t least, uint8_t most);
  // A list of words, none of them twice.
  template <typename T>
  std::vector<T> word_list(const char* key, const std::vector<Word<T>>& words);

  // Nothing wrong has been found in it so far.
  bool in_order() const { return in_order_; }
  // "[timers] down_after_ms" and what is wrong with it.
  void wrong(std::string_view key, const std::string& what) { wrong(place(key), key, what); }
  void wrong(Place place, std::string_view key, const std::string& what);

 private:
  const Value* find(std::string_view key) const;
  const Value* typed(const char* key, Value::Type type, const std::string& wanted);
  template <typename T>
  std::optional<T> look_up(const char* key, const std::string& typed,
                           const std::vector<Word<T>>& words, Place place) {
    if (const T* found = find_word(words, typed)) {
      return *found;
    }
    wrong(place, key, "there is no " + in_quotes(typed) + suggestion(typed, texts_of(words)));
    return std::nullopt;
  }

  Part part_;
  const Value& table_;
  Mistakes& mistakes_;
  bool in_order_ = true;
};

// "[timers]", "[[error]]".
std::string title_of(Part part);

template <typename T>
std::vector<T> Section::word_list(const char* key, const std::vector<Word<T>>& words) {
  std::vector<T> values;
  const Value* list = typed(key, Value::Type::list, "a list of words");
  if (list == nullptr) {
    return values;
  }
  if (list->list.empty()) {
    wrong(key, "the list is empty and would match nothing; leave the key out to match everything");
  }
  for (const Value& item : list->list) {
    if (item.type != Value::Type::text) {
      wrong(item.place, key, std::string("takes words, not ") + name_of(item.type));
    } else if (const auto value = look_up(key, item.text, words, item.place)) {
      values.push_back(*value);
    }
  }
  return values;
}

}  // namespace profile
