// The words that stand for values in a profile, and their values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsm/error_table.h"
#include "dsm/types.h"
#include "profile/profile.h"

namespace profile {

template <typename T>
struct Word {
  std::string text;
  T value;
};

const std::vector<Word<dsm::TransportOutcome>>& transport_words();
const std::vector<Word<uint8_t>>& status_words();
const std::vector<Word<uint8_t>>& sense_key_words();
const std::vector<Word<dsm::PolicyId>>& policy_words();
const std::vector<Word<dsm::Condition>>& condition_words();
const std::vector<Word<dsm::Verdict>>& verdict_words();
const std::vector<Word<dsm::Target>>& target_words();
const std::vector<Word<dsm::FollowUp>>& follow_up_words();
const std::vector<Word<dsm::AluaSupport>>& alua_words();
const std::vector<Word<scsi::AccessState>>& passive_state_words();
const std::vector<Word<ArrayAccess>>& array_access_words();

// Null: there is no such word.
template <typename T>
const T* find_word(const std::vector<Word<T>>& words, std::string_view text) {
  for (const Word<T>& word : words) {
    if (word.text == text) {
      return &word.value;
    }
  }
  return nullptr;
}

// "?": no word stands for it.
template <typename T>
std::string text_for(const std::vector<Word<T>>& words, T value) {
  for (const Word<T>& word : words) {
    if (word.value == value) {
      return word.text;
    }
  }
  return "?";
}

template <typename T>
std::vector<std::string_view> texts_of(const std::vector<Word<T>>& words) {
  std::vector<std::string_view> texts;
  for (const Word<T>& word : words) {
    texts.push_back(word.text);
  }
  return texts;
}

}  // namespace profile
