// A key of the registry, opened with no more rights than are named. All of it at
// PASSIVE_LEVEL: who has one is there.
#pragma once

#include "base/bytes.h"
#include "windows/abi/kernel.h"
#include "windows/driver/irql.h"

namespace driver {

class Engine;

// The key below which the settings are, and who is told of those that count as not set.
struct SettingsRoot {
  UNICODE_STRING name{};
  Engine* engine = nullptr;  // null: nobody
};

class Key {
 public:
  explicit Key(AtPassive) {}
  ~Key() { close(); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  // The root, or below `parent`, which must outlive it, as the characters of the name must. Makes
  // nothing.
  NTSTATUS open(const SettingsRoot& root, ULONG access);
  NTSTATUS open(const Key& parent, UNICODE_STRING name, ULONG access);
  // Below `parent` (which needs KEY_CREATE_SUB_KEY, and need not outlive it); makes it if it is not
  // there.
  NTSTATUS create(const Key& parent, UNICODE_STRING name, ULONG access);
  void close();

  // A value as it was found.
  struct Value {
    ULONG type = 0;
    ULONG size = 0;  // bytes that it has, also where there is more than the buffer takes
    base::Bytes bytes;
  };
  // `out` lies inside `buffer`, which must be aligned and have room for kValueHeaderBytes more.
  // STATUS_OBJECT_NAME_NOT_FOUND: it is not there. STATUS_BUFFER_OVERFLOW: there is more than the
  // buffer takes; type and size are told.
  static constexpr size_t kValueHeaderBytes = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
  NTSTATUS read(UNICODE_STRING name, base::MutableBytes buffer, Value& out) const;
  NTSTATUS write(UNICODE_STRING name, ULONG type, base::Bytes value) const;
  // It is a success that there is none.
  NTSTATUS erase_value(UNICODE_STRING name) const;
  // The key itself, which must have no subkeys. The handle is of no use afterwards.
  NTSTATUS erase() const;
  // The name of the subkey `index`, inside `buffer`, which must be aligned. STATUS_NO_MORE_ENTRIES
  // after the last.
  NTSTATUS subkey(ULONG index, base::MutableBytes buffer, UNICODE_STRING& name) const;

  // Where it was to be opened, whether it was or not. The name of the root is the full one.
  const UNICODE_STRING& name() const { return name_; }
  const Key* parent() const { return parent_; }
  Engine* engine() const { return engine_; }

 private:
  NTSTATUS open_at(HANDLE parent, UNICODE_STRING& name, ULONG access);

  HANDLE handle_ = nullptr;
  UNICODE_STRING name_{};
  const Key* parent_ = nullptr;
  Engine* engine_ = nullptr;
};

// The longest name of a key, and a buffer that takes it in Key::subkey().
inline constexpr size_t kMaxKeyCharacters = 255;
inline constexpr size_t kSubkeyBufferBytes =
    offsetof(KEY_BASIC_INFORMATION, Name) + (kMaxKeyCharacters + 1) * sizeof(WCHAR);

}  // namespace driver
