// Errors as values: a code for programs and one static sentence for people. Kernel-safe: no
// allocation, no exceptions.
#pragma once

#include <cstdint>
#include <utility>

#include "base/assert.h"

namespace base {

enum class Code : uint8_t {
  ok,
  invalid_argument,
  not_found,
  already_exists,
  exhausted,  // a capacity is used up; nothing was changed
  unsupported,
  refused,
  timed_out,
  cancelled,
  io_error,
  corrupt,   // bytes from outside break their format
  conflict,  // contradicts what is known already
};

class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  // `message` must live for ever (a literal).
  constexpr Status(Code code, const char* message) : code_(code), message_(message) {}

  constexpr bool ok() const { return code_ == Code::ok; }
  constexpr Code code() const { return code_; }
  constexpr const char* message() const { return message_; }

 private:
  Code code_ = Code::ok;
  const char* message_ = "";
};

// A value, or why there is none. T must be default-constructible.
template <typename T>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : value_(std::move(value)) {}
  constexpr Result(Status status) : status_(status) { BASE_ASSERT(!status.ok()); }
  constexpr Result(Code code, const char* message) : Result(Status(code, message)) {}

  constexpr bool ok() const { return status_.ok(); }
  constexpr Status status() const { return status_; }
  constexpr const T& operator*() const { return value_; }
  constexpr T& operator*() { return value_; }
  constexpr const T* operator->() const { return &value_; }
  constexpr T* operator->() { return &value_; }

 private:
  Status status_;
  T value_{};
};

}  // namespace base
