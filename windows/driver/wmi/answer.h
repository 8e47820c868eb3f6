// An answer to a query: as many bytes as it needs, or how many that would be.
#pragma once

#include <cstring>

#include "base/bytes.h"
#include "windows/driver/wmi/wmi.h"

namespace driver {

class Answer {
 public:
  Answer(ULONG available, UCHAR* buffer, ULONG* instance_lengths, ULONG* data_length)
      : available_(available),
        buffer_(buffer),
        instance_lengths_(instance_lengths),
        data_length_(data_length) {
    *data_length_ = 0;
  }

  // STATUS_SUCCESS: there is room for so many bytes, and they are zero.
  NTSTATUS begin(size_t bytes) {
    *data_length_ = static_cast<ULONG>(bytes);
    if (bytes > available_ || buffer_ == nullptr) {
      return STATUS_BUFFER_TOO_SMALL;
    }
    std::memset(buffer_, 0, bytes);
    if (instance_lengths_ != nullptr) {
      *instance_lengths_ = *data_length_;
    }
    return STATUS_SUCCESS;
  }
  // At a place for which begin() has made room.
  template <typename T>
  void put(size_t at, const T& value) {
    std::memcpy(buffer_ + at, &value, sizeof(value));
  }

 private:
  ULONG available_;
  UCHAR* buffer_;
  ULONG* instance_lengths_;
  ULONG* data_length_;
};

// What came in, at a place that is inside.
template <typename T>
T get(base::Bytes from, size_t at) {
  T value{};
  std::memcpy(&value, from.data() + at, sizeof(value));
  return value;
}

// Before anything else is looked at: is there such a class, with one instance?
constexpr NTSTATUS check_class(ULONG guid_index, ULONG classes, ULONG instance) {
  return guid_index >= classes ? STATUS_WMI_GUID_NOT_FOUND
         : instance != 0       ? STATUS_WMI_INSTANCE_NOT_FOUND
                               : STATUS_SUCCESS;
}

// The devices of a request about a LUN.
constexpr bool are_devices(const DSM_IDS* ids) {
  return ids != nullptr && ids->Count != 0 && ids->Count <= dsm::kMaxPathsPerLun;
}

}  // namespace driver
