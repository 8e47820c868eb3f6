// The registry of the machine: keys with values, names without regard to case. It outlives the
// driver, as the real one does, and knows what was opened with which rights. What a real one would
// answer by a refusal that no driver should ever see - a right that the handle has not, a parent
// that was not opened to make keys in - ends the process (fail()).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "windows/abi/registry.h"

namespace harness {

class Registry {
 public:
  struct Value {
    uint32_t type = 0;
    std::vector<uint8_t> bytes;
    bool operator==(const Value&) const = default;
  };

  // --- as an administrator
  // The value at "full name of the key\name of the value"; makes both.
  Value& operator[](const std::u16string& path);
  // Null: it is not there.
  const Value* find(const std::u16string& path) const;
  void make_key(const std::u16string& key);
  bool has_key(const std::u16string& key) const;
  // With all that is below it.
  void remove_tree(const std::u16string& key);
  void clear() { keys_.clear(); }
  // All keys and values, for comparisons.
  std::vector<std::pair<std::u16string, Value>> all() const;

  // --- faults
  // The write with this number (from 1, of keys made or deleted, and values set or deleted) fails;
  // 0: none. With `and_all_later` those after it too, as if the machine stopped there.
  void fail_write_at(size_t number, bool and_all_later = false);
  size_t writes() const { return writes_; }
  // That key cannot be opened any more: its rights are somebody else's. "": every one can.
  void deny(const std::u16string& key);

  // --- as the kernel
  NTSTATUS open(HANDLE* handle, ULONG access, const OBJECT_ATTRIBUTES& attributes, bool create,
                const char* by);
  void close(HANDLE handle, const char* by);
  NTSTATUS query(HANDLE handle, const std::u16string& name, const Value*& out, const char* by);
  NTSTATUS set(HANDLE handle, const std::u16string& name, const Value& value, const char* by);
  NTSTATUS erase_value(HANDLE handle, const std::u16string& name, const char* by);
  NTSTATUS erase_key(HANDLE handle, const char* by);
  NTSTATUS subkey(HANDLE handle, ULONG index, std::u16string& out, const char* by);
  size_t open_handles() const { return handles_.size(); }

 private:
  struct NamedValue {
    std::u16string name;
    Value value;
  };
  struct Key {
    std::u16string name;  // the last part, as it was made
    std::map<std::u16string, NamedValue> values;
  };
  struct Handle {
    std::u16string key;
    ULONG access = 0;
  };

  // Null: the key has been deleted.
  Key* key_of(HANDLE handle, ULONG needed, const char* by);
  bool write_fails();

  std::map<std::u16string, Key> keys_;  // by full name, folded
  std::map<HANDLE, Handle> handles_;
  uint64_t next_handle_ = 0x1000;
  size_t writes_ = 0;
  size_t fail_from_ = 0;
  size_t fail_to_ = 0;
  std::u16string denied_;  // folded
};

std::u16string text_of(const UNICODE_STRING& string);
// As names of keys are compared: in capitals.
std::u16string folded(std::u16string text);

}  // namespace harness
