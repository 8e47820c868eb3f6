// Win32System: files and folders.
#include <windows.h>

#include <algorithm>

#include "inf/document.h"
#include "windows/setup/device_list.h"
#include "windows/setup/driver_package.h"
#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"

namespace setup {
namespace {

constexpr const char* kSessionKey = "SYSTEM\\CurrentControlSet\\Control\\Session Manager";

bool is_absence(DWORD code) {
  return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

bool delete_at_start(const std::string& path) {
  if (!MoveFileExW(wide(path).c_str(), nullptr, MOVEFILE_DELAY_UNTIL_REBOOT)) {
    fail(path);
  }
  return true;
}

// Names, without "." and "..".
std::vector<std::string> list(const std::string& folder, bool with_folders) {
  std::vector<std::string> names;
  WIN32_FIND_DATAW found;
  const HANDLE search = FindFirstFileW(wide(joined(folder, "*")).c_str(), &found);
  if (search == INVALID_HANDLE_VALUE) {
    return names;
  }
  do {
    const std::string name = narrow(found.cFileName);
    const bool is_folder = (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    if (name != "." && name != ".." && (with_folders || !is_folder)) {
      names.push_back(name);
    }
  } while (FindNextFileW(search, &found));
  FindClose(search);
  return names;
}

}  // namespace

std::string Win32System::absolute(const std::string& path) {
  std::wstring full(32768, L'\0');
  const DWORD size =
      GetFullPathNameW(wide(path).c_str(), static_cast<DWORD>(full.size()), full.data(), nullptr);
  if (size == 0 || size >= full.size()) {
    fail(path);
  }
  full.resize(size);
  std::string text = narrow(full);
  while (text.size() > 3 && text.ends_with('\\')) {
    text.pop_back();
  }
  return text;
}

bool Win32System::has_file(const std::string& path) {
  const DWORD found = GetFileAttributesW(wide(path).c_str());
  return found != INVALID_FILE_ATTRIBUTES && (found & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

bool Win32System::has_folder(const std::string& path) {
  const DWORD found = GetFileAttributesW(wide(path).c_str());
  return found != INVALID_FILE_ATTRIBUTES && (found & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

std::string Win32System::read_file(const std::string& path) {
  const HANDLE file = CreateFileW(wide(path).c_str(), GENERIC_READ,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    fail(path);
  }
  std::string bytes;
  char buffer[16384];
  DWORD count = 0;
  BOOL read = FALSE;
  while ((read = ReadFile(file, buffer, sizeof(buffer), &count, nullptr)) && count != 0) {
    bytes.append(buffer, count);
  }
  const DWORD code = GetLastError();
  CloseHandle(file);
  if (!read) {
    throw failure(path, code);
  }
  return bytes;
}

std::vector<std::string> Win32System::files_in(const std::string& folder) {
  return list(folder, false);
}

void Win32System::make_folder(const std::string& path) {
  if (!CreateDirectoryW(wide(path).c_str(), nullptr) && GetLastError() != ERROR_ALREADY_EXISTS) {
    fail(path);
  }
}

void Win32System::copy_file(const std::string& from, const std::string& to) {
  if (!CopyFileW(wide(from).c_str(), wide(to).c_str(), FALSE)) {
    fail("copying " + from + " to " + to);
  }
  SetFileAttributesW(wide(to).c_str(), FILE_ATTRIBUTE_NORMAL);  // media are read-only
}

bool Win32System::delete_file(const std::string& path) {
  if (DeleteFileW(wide(path).c_str()) || is_absence(GetLastError())) {
    return false;
  }
  const DWORD code = GetLastError();
  if (code != ERROR_ACCESS_DENIED && code != ERROR_SHARING_VIOLATION) {
    throw failure(path, code);
  }
  return delete_at_start(path);  // a program that runs, a driver that is loaded
}

// Is it among the files that Windows deletes when it starts? Pairs of texts: what, and what it
// becomes, which is nothing.
bool Win32System::waits_for_deletion(const std::string& path) {
  const std::optional<RegistryValue> waiting = value(kSessionKey, "PendingFileRenameOperations");
  if (!waiting) {
    return false;
  }
  std::string text = "\\??\\" + path;
  std::transform(text.begin(), text.end(), text.begin(), inf::lower);
  std::string all = narrow({reinterpret_cast<const wchar_t*>(waiting->bytes.data()),
                            waiting->bytes.size() / sizeof(wchar_t)});
  std::transform(all.begin(), all.end(), all.begin(), inf::lower);
  return all.find(text + std::string(2, '\0')) != std::string::npos;
}

bool Win32System::delete_folder(const std::string& path) {
  if (RemoveDirectoryW(wide(path).c_str()) || is_absence(GetLastError())) {
    return false;
  }
  const DWORD code = GetLastError();
  const std::vector<std::string> names = list(path, true);
  if (names.empty() && code != ERROR_SHARING_VIOLATION) {
    throw failure(path, code);
  }
  const bool will_be_empty = std::all_of(
      names.begin(), names.end(),
      [this, &path](const std::string& name) { return waits_for_deletion(joined(path, name)); });
  return will_be_empty && delete_at_start(path);
}

}  // namespace setup
