// A vector with its capacity inside it. Elements must be trivially destructible, so it can be
// copied and dropped freely.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "base/assert.h"

namespace base {

template <typename T, size_t N>
class FixedVector {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool full() const { return size_ == N; }
  static constexpr size_t capacity() { return N; }
  constexpr size_t room() const { return N - size_; }

  // False, and nothing changed, when full.
  constexpr bool push_back(const T& value) {
    if (full()) {
      return false;
    }
    items_[size_++] = value;
    return true;
  }
  constexpr void pop_back() {
    BASE_ASSERT(size_ != 0);
    --size_;
  }
  constexpr void clear() { size_ = 0; }
  // Keeps the order of the others.
  constexpr void erase_at(size_t index) {
    BASE_ASSERT(index < size_);
    for (size_t i = index + 1; i < size_; ++i) {
      items_[i - 1] = items_[i];
    }
    --size_;
  }

  constexpr T& operator[](size_t index) {
    BASE_ASSERT(index < size_);
    return items_[index];
  }
  constexpr const T& operator[](size_t index) const {
    BASE_ASSERT(index < size_);
    return items_[index];
  }
  constexpr T& back() { return (*this)[size_ - 1]; }
  constexpr T* begin() { return items_.data(); }
  constexpr T* end() { return items_.data() + size_; }
  constexpr const T* begin() const { return items_.data(); }
  constexpr const T* end() const { return items_.data() + size_; }
  constexpr const T* data() const { return items_.data(); }

 private:
  std::array<T, N> items_{};
  size_t size_ = 0;
};

}  // namespace base
