// See registry.h.
#include "windows/harness/registry.h"

#include "windows/harness/machine.h"

namespace harness {
namespace {

constexpr size_t kMaxKeyCharacters = 255;

std::pair<std::u16string, std::u16string> split(const std::u16string& path) {
  const size_t at = path.rfind(u'\\');
  return at == std::u16string::npos ? std::pair(std::u16string(), path)
                                    : std::pair(path.substr(0, at), path.substr(at + 1));
}

}  // namespace

std::u16string text_of(const UNICODE_STRING& string) {
  return {string.Buffer, string.Length / sizeof(WCHAR)};
}

std::u16string folded(std::u16string text) {
  for (char16_t& unit : text) {
    unit = unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 0x20) : unit;
  }
  return text;
}

void Registry::make_key(const std::u16string& key) {
  const auto [parent, name] = split(key);
  if (!parent.empty()) {
    make_key(parent);
  }
  keys_.try_emplace(folded(key), Key{name, {}});
}

bool Registry::has_key(const std::u16string& key) const {
  return keys_.count(folded(key)) != 0;
}

Registry::Value& Registry::operator[](const std::u16string& path) {
  const auto [key, name] = split(path);
  make_key(key);
  NamedValue& value = keys_[folded(key)].values[folded(name)];
  value.name = name;
  return value.value;
}

const Registry::Value* Registry::find(const std::u16string& path) const {
  const auto [key, name] = split(path);
  const auto found = keys_.find(folded(key));
  if (found == keys_.end()) {
    return nullptr;
  }
  const auto value = found->second.values.find(folded(name));
  return value == found->second.values.end() ? nullptr : &value->second.value;
}

void Registry::remove_tree(const std::u16string& key) {
  const std::u16string top = folded(key);
  for (auto at = keys_.lower_bound(top); at != keys_.end();) {
    const bool below = at->first == top || at->first.compare(0, top.size() + 1, top + u'\\') == 0;
    at = below ? keys_.erase(at) : std::next(at);
  }
}

std::vector<std::pair<std::u16string, Registry::Value>> Registry::all() const {
  std::vector<std::pair<std::u16string, Value>> list;
  for (const auto& [path, key] : keys_) {
    list.emplace_back(path, Value{});
    for (const auto& [name, value] : key.values) {
      list.emplace_back(path + u'\\' + name, value.value);
    }
  }
  return list;
}

void Registry::fail_write_at(size_t number, bool and_all_later) {
  fail_from_ = number == 0 ? 0 : writes_ + number;
  fail_to_ = and_all_later ? SIZE_MAX : fail_from_;
}

void Registry::deny(const std::u16string& key) {
  denied_ = folded(key);
}

bool Registry::write_fails() {
  ++writes_;
  return fail_from_ != 0 && writes_ >= fail_from_ && writes_ <= fail_to_;
}

NTSTATUS Registry::open(HANDLE* handle, ULONG access, const OBJECT_ATTRIBUTES& attributes,
                        bool create, const char* by) {
  constexpr ULONG kKnown =
      KEY_QUERY_VALUE | KEY_SET_VALUE | KEY_CREATE_SUB_KEY | KEY_ENUMERATE_SUB_KEYS | DELETE;
  if ((attributes.Attributes & OBJ_KERNEL_HANDLE) == 0) {
    fail(std::string(by) + ": a handle that a process can use");
  }
  if (access == 0 || (access & ~kKnown) != 0) {
    fail(std::string(by) + ": asks for rights that are not named one by one");
  }
  std::u16string path = text_of(*attributes.ObjectName);
  if (attributes.RootDirectory != nullptr) {
    if (key_of(attributes.RootDirectory, create ? KEY_CREATE_SUB_KEY : 0, by) == nullptr) {
      return STATUS_KEY_DELETED;
    }
    path = handles_[attributes.RootDirectory].key + u'\\' + path;
  }
  const auto [parent, name] = split(path);
  if (name.empty() || name.size() > kMaxKeyCharacters) {
    return STATUS_INVALID_PARAMETER;
  }
  if (!has_key(path)) {
    if (!create || !has_key(parent)) {
      return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (write_fails()) {
      return STATUS_REGISTRY_IO_FAILED;
    }
    keys_.try_emplace(folded(path), Key{name, {}});
  }
  if (!denied_.empty() && folded(path) == denied_) {
    return STATUS_ACCESS_DENIED;
  }
  next_handle_ += 4;
  *handle = reinterpret_cast<HANDLE>(next_handle_);
  handles_[*handle] = {folded(path), access};
  return STATUS_SUCCESS;
}

Registry::Key* Registry::key_of(HANDLE handle, ULONG needed, const char* by) {
  const auto found = handles_.find(handle);
  if (found == handles_.end()) {
    fail(std::string(by) + ": no such handle is open");
  }
  if ((found->second.access & needed) != needed) {
    fail(std::string(by) + ": the key was opened without the right to this");
  }
  const auto key = keys_.find(found->second.key);
  return key == keys_.end() ? nullptr : &key->second;
}

void Registry::close(HANDLE handle, const char* by) {
  if (handles_.erase(handle) == 0) {
    fail(std::string(by) + ": no such handle is open");
  }
}

NTSTATUS Registry::query(HANDLE handle, const std::u16string& name, const Value*& out,
                         const char* by) {
  const Key* const key = key_of(handle, KEY_QUERY_VALUE, by);
  if (key == nullptr) {
    return STATUS_KEY_DELETED;
  }
  const auto found = key->values.find(folded(name));
  if (found == key->values.end()) {
    return STATUS_OBJECT_NAME_NOT_FOUND;
  }
  out = &found->second.value;
  return STATUS_SUCCESS;
}

NTSTATUS Registry::set(HANDLE handle, const std::u16string& name, const Value& value,
                       const char* by) {
  Key* const key = key_of(handle, KEY_SET_VALUE, by);
  if (key == nullptr) {
    return STATUS_KEY_DELETED;
  }
  if (write_fails()) {
    return STATUS_REGISTRY_IO_FAILED;
  }
  key->values[folded(name)] = {name, value};
  return STATUS_SUCCESS;
}

NTSTATUS Registry::erase_value(HANDLE handle, const std::u16string& name, const char* by) {
  Key* const key = key_of(handle, KEY_SET_VALUE, by);
  if (key == nullptr) {
    return STATUS_KEY_DELETED;
  }
  const auto found = key->values.find(folded(name));
  if (found == key->values.end()) {
    return STATUS_OBJECT_NAME_NOT_FOUND;
  }
  if (write_fails()) {
    return STATUS_REGISTRY_IO_FAILED;
  }
  key->values.erase(found);
  return STATUS_SUCCESS;
}

NTSTATUS Registry::erase_key(HANDLE handle, const char* by) {
  if (key_of(handle, DELETE, by) == nullptr) {
    return STATUS_KEY_DELETED;
  }
  const std::u16string path = handles_[handle].key;
  const auto below = keys_.lower_bound(path + u'\\');
  if (below != keys_.end() && below->first.compare(0, path.size() + 1, path + u'\\') == 0) {
    return STATUS_CANNOT_DELETE;
  }
  if (write_fails()) {
    return STATUS_REGISTRY_IO_FAILED;
  }
  keys_.erase(path);
  return STATUS_SUCCESS;
}

NTSTATUS Registry::subkey(HANDLE handle, ULONG index, std::u16string& out, const char* by) {
  if (key_of(handle, KEY_ENUMERATE_SUB_KEYS, by) == nullptr) {
    return STATUS_KEY_DELETED;
  }
  const std::u16string prefix = handles_[handle].key + u'\\';
  for (auto at = keys_.lower_bound(prefix);
       at != keys_.end() && at->first.compare(0, prefix.size(), prefix) == 0; ++at) {
    if (at->first.find(u'\\', prefix.size()) == std::u16string::npos && index-- == 0) {
      out = at->second.name;
      return STATUS_SUCCESS;
    }
  }
  return STATUS_NO_MORE_ENTRIES;
}

}  // namespace harness
