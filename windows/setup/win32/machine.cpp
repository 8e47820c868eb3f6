// Win32System: who asks, on what machine, and the log.
#include <windows.h>

#include "windows/setup/driver_package.h"
#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"

namespace setup {
namespace {

std::string windows_folder() {
  wchar_t path[MAX_PATH];
  const UINT size = GetSystemWindowsDirectoryW(path, MAX_PATH);
  return narrow({path, size});
}

Machine machine_of(USHORT code) {
  switch (code) {
    case IMAGE_FILE_MACHINE_I386:
      return Machine::x86;
    case IMAGE_FILE_MACHINE_AMD64:
      return Machine::x64;
    case 0xaa64:
      return Machine::arm64;
    default:
      return Machine::other;
  }
}

}  // namespace

Win32System::~Win32System() {
  if (lock_ != nullptr) {
    CloseHandle(lock_);
  }
  if (log_ != nullptr) {
    CloseHandle(log_);
  }
}

bool Win32System::is_elevated() {
  HANDLE token = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
    return false;
  }
  TOKEN_ELEVATION elevation{};
  DWORD size = 0;
  const bool told =
      GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &size) != 0;
  CloseHandle(token);
  return told && elevation.TokenIsElevated != 0;
}

// Of the system: what an emulator shows its programs is not it.
Machine Win32System::machine() {
  using IsWow64Process2 = BOOL(WINAPI*)(HANDLE, USHORT*, USHORT*);
  // Through void*: the type that GetProcAddress gives is no function's.
  const auto ask = reinterpret_cast<IsWow64Process2>(reinterpret_cast<void*>(
      GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "IsWow64Process2")));
  USHORT process = 0;
  USHORT native = 0;
  if (ask != nullptr && ask(GetCurrentProcess(), &process, &native)) {
    return machine_of(native);
  }
  SYSTEM_INFO info{};
  GetNativeSystemInfo(&info);
  return info.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64 ? Machine::x64 : Machine::x86;
}

Machine Win32System::own_machine() {
#if defined(__aarch64__)
  return Machine::arm64;
#else
  return Machine::x64;
#endif
}

std::string Win32System::folder(Folder which) {
  switch (which) {
    case Folder::program_files: {
      wchar_t path[MAX_PATH];
      const DWORD size = GetEnvironmentVariableW(L"ProgramW6432", path, MAX_PATH);
      return size == 0 || size >= MAX_PATH ? windows_folder().substr(0, 3) + "Program Files"
                                           : narrow({path, size});
    }
    case Folder::drivers:
      return windows_folder() + "\\System32\\drivers";
    case Folder::published:
      break;
  }
  return windows_folder() + "\\INF";
}

std::string Win32System::own_path() {
  if (!program_.empty()) {
    return program_;
  }
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return narrow(path);
}

bool Win32System::take_lock(const std::string& name) {
  SetLastError(ERROR_SUCCESS);
  lock_ = CreateMutexW(nullptr, FALSE, wide("Global\\" + name).c_str());
  return lock_ != nullptr && GetLastError() != ERROR_ALREADY_EXISTS;
}

std::string Win32System::open_log(const std::string& file, const std::string& name) {
  std::string path = file;
  if (path.empty()) {
    const std::string folder = windows_folder() + "\\Logs";
    CreateDirectoryW(wide(folder).c_str(), nullptr);
    path = joined(folder, name + ".log");
  }
  const HANDLE log = CreateFileW(wide(path).c_str(), FILE_APPEND_DATA, FILE_SHARE_READ, nullptr,
                                 OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (log == INVALID_HANDLE_VALUE) {
    return {};
  }
  log_ = log;
  return path;
}

void Win32System::log(const std::string& line) {
  if (log_ == nullptr) {
    return;
  }
  SYSTEMTIME now{};
  GetLocalTime(&now);
  wchar_t time[32];
  const int size = swprintf(time, std::size(time), L"%04u-%02u-%02u %02u:%02u:%02u  ", now.wYear,
                            now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond);
  const std::string text = narrow({time, static_cast<size_t>(size)}) + line + "\r\n";
  DWORD written = 0;
  WriteFile(log_, text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
}

}  // namespace setup
