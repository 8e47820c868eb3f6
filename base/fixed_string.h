// A short string with its storage inside it; longer input is cut (assign() says so).
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace base {

template <size_t N>
class FixedString {
 public:
  constexpr FixedString() = default;
  constexpr FixedString(std::string_view text) { static_cast<void>(assign(text)); }

  // False when `text` was too long and was cut.
  constexpr bool assign(std::string_view text) {
    size_ = text.size() < N ? text.size() : N;
    for (size_t i = 0; i < size_; ++i) {
      text_[i] = text[i];
    }
    return text.size() <= N;
  }
  constexpr std::string_view view() const { return {text_.data(), size_}; }
  constexpr operator std::string_view() const { return view(); }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool append(char c) {
    if (size_ == N) {
      return false;
    }
    text_[size_++] = c;
    return true;
  }
  friend constexpr bool operator==(const FixedString& a, const FixedString& b) {
    return a.view() == b.view();
  }

 private:
  std::array<char, N> text_{};
  size_t size_ = 0;
};

}  // namespace base
