// The words behind a fault's name, taken one after the other. The first that is missing or wrong is
// remembered and becomes the one message; everything after it yields harmless values.
//
//   const unsigned port = arguments.port();
//   const bool on = arguments.on_off();
//   if (arguments.ready()) { ... }
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "array/array.h"

namespace array {

class FaultArguments {
 public:
  // `act` false: the words are only checked, and ready() says no.
  FaultArguments(const Array& array, std::span<const std::string> words, bool act)
      : array_(array), words_(words), act_(act) {}

  // A number below `limit`; hexadecimal ones may begin with 0x. A missing one is `fallback`, when
  // there is one.
  static constexpr uint64_t kNoFallback = UINT64_MAX;
  uint64_t number(const char* name, uint64_t limit, uint64_t fallback = kNoFallback, int base = 10);
  uint8_t hex_byte(const char* name) {
    return static_cast<uint8_t>(number(name, 256, kNoFallback, 16));
  }
  uint32_t count() { return static_cast<uint32_t>(number("COUNT", UINT32_MAX, 1)); }
  // The last word, if it is there: only commands with this operation code.
  std::optional<uint8_t> opcode();
  uint64_t milliseconds_as_ns() { return number("MS", 3'600'001) * 1'000'000; }

  unsigned port();
  std::vector<unsigned> ports();  // one, or "all"
  unsigned controller();
  uint16_t group();
  size_t lun();
  bool on_off();
  scsi::AccessState state();

  // One of a few words: the value that belongs to it.
  template <typename Value, size_t N>
  Value choice(const char* name, const std::array<std::pair<std::string_view, Value>, N>& choices) {
    std::string all;
    for (const auto& [word, value] : choices) {
      if (next_is(word)) {
        ++next_;
        return value;
      }
      all += (all.empty() ? "" : ", ") + std::string(word);
    }
    complain_about(name, "one of " + all);
    return choices[0].second;
  }

  // All words used, none wrong, and the fault is to happen.
  bool ready();
  // What the array says about it.
  void settle(const base::Status& status);

  const std::string& problem() const { return problem_; }

 private:
  bool next_is(std::string_view word) const {
    return next_ < words_.size() && words_[next_] == word;
  }
  void complain(std::string problem);
  void complain_about(const char* name, const std::string& wanted);

  const Array& array_;
  std::span<const std::string> words_;
  bool act_;
  size_t next_ = 0;
  std::string problem_;
};

}  // namespace array
