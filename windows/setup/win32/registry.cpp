// Win32System: the registry.
#include <windows.h>

#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"

namespace setup {
namespace {

// An open key below HKEY_LOCAL_MACHINE, or none.
class Key {
 public:
  // Empty, when there is no such key.
  Key(const std::string& path, REGSAM rights) {
    check(path, RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide(path).c_str(), 0, rights | KEY_WOW64_64KEY,
                              &key_));
  }
  // Made, when there is none.
  Key(const std::string& path, REGSAM rights, DWORD options) {
    check(path, RegCreateKeyExW(HKEY_LOCAL_MACHINE, wide(path).c_str(), 0, nullptr, options,
                                rights | KEY_WOW64_64KEY, nullptr, &key_, nullptr));
  }
  ~Key() {
    if (key_ != nullptr) {
      RegCloseKey(key_);
    }
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  explicit operator bool() const { return key_ != nullptr; }
  HKEY get() const { return key_; }

  static void check(const std::string& path, LSTATUS status) {
    if (status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND) {
      throw failure("HKLM\\" + path, static_cast<uint32_t>(status));
    }
  }

 private:
  HKEY key_ = nullptr;
};

}  // namespace

std::optional<RegistryValue> Win32System::value(const std::string& key, const std::string& name) {
  const Key open(key, KEY_QUERY_VALUE);
  if (!open) {
    return std::nullopt;
  }
  const std::wstring wide_name = wide(name);
  RegistryValue value;
  for (;;) {
    DWORD type = 0;
    DWORD size = static_cast<DWORD>(value.bytes.size());
    const LSTATUS status = RegQueryValueExW(open.get(), wide_name.c_str(), nullptr, &type,
                                            reinterpret_cast<BYTE*>(value.bytes.data()), &size);
    if (status == ERROR_FILE_NOT_FOUND) {
      return std::nullopt;
    }
    // Without room it says how much is needed, with ERROR_MORE_DATA or, asked for nothing, without.
    if (status == ERROR_MORE_DATA || (status == ERROR_SUCCESS && size > value.bytes.size())) {
      value.bytes.resize(size);
      continue;
    }
    Key::check(key + "\\" + name, status);
    value.type = type;
    value.bytes.resize(size);
    return value;
  }
}

std::vector<std::string> Win32System::subkeys(const std::string& key) {
  std::vector<std::string> names;
  const Key open(key, KEY_ENUMERATE_SUB_KEYS);
  wchar_t name[256];
  for (DWORD i = 0; open; ++i) {
    DWORD size = std::size(name);
    if (RegEnumKeyExW(open.get(), i, name, &size, nullptr, nullptr, nullptr, nullptr) !=
        ERROR_SUCCESS) {
      break;
    }
    names.push_back(narrow({name, size}));
  }
  return names;
}

void Win32System::set_value(const std::string& key, const std::string& name,
                            const RegistryValue& value) {
  const Key open(key, KEY_SET_VALUE, REG_OPTION_NON_VOLATILE);
  Key::check(key + "\\" + name, RegSetValueExW(open.get(), wide(name).c_str(), 0, value.type,
                                               reinterpret_cast<const BYTE*>(value.bytes.data()),
                                               static_cast<DWORD>(value.bytes.size())));
  Key::check(key, RegFlushKey(open.get()));
}

void Win32System::delete_value(const std::string& key, const std::string& name) {
  const Key open(key, KEY_SET_VALUE);
  if (open) {
    Key::check(key + "\\" + name, RegDeleteValueW(open.get(), wide(name).c_str()));
    Key::check(key, RegFlushKey(open.get()));
  }
}

void Win32System::delete_empty_key(const std::string& key) {
  DWORD keys = 0;
  DWORD values = 0;
  {
    const Key open(key, KEY_QUERY_VALUE);
    if (!open) {
      return;
    }
    Key::check(key, RegQueryInfoKeyW(open.get(), nullptr, nullptr, nullptr, &keys, nullptr, nullptr,
                                     &values, nullptr, nullptr, nullptr, nullptr));
  }
  if (keys == 0 && values == 0) {
    Key::check(key, RegDeleteKeyExW(HKEY_LOCAL_MACHINE, wide(key).c_str(), KEY_WOW64_64KEY, 0));
  }
}

void Win32System::note_restart() {
  const Key made("SOFTWARE\\" + name_ + "-restart", KEY_QUERY_VALUE, REG_OPTION_VOLATILE);
}

bool Win32System::restart_is_noted() {
  const Key open("SOFTWARE\\" + name_ + "-restart", KEY_QUERY_VALUE);
  return static_cast<bool>(open);
}

}  // namespace setup
