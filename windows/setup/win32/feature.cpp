// Win32System: the feature Multipath I/O, by the tool that comes with every Windows (dism.exe).
#include <windows.h>

#include "windows/setup/driver_package.h"
#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"

namespace setup {
namespace {

constexpr const char* kFeature = "MultipathIo";

struct Ended {
  DWORD code = 0;
  std::string output;
};

// Throws Failure if it cannot be started.
Ended run(const std::string& program, const std::string& arguments) {
  SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  HANDLE read = nullptr;
  HANDLE write = nullptr;
  if (!CreatePipe(&read, &write, &inherited, 0)) {
    fail(program);
  }
  SetHandleInformation(read, HANDLE_FLAG_INHERIT, 0);
  STARTUPINFOW start{};
  start.cb = sizeof(start);
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdOutput = start.hStdError = write;
  PROCESS_INFORMATION process{};
  std::wstring command = wide("\"" + program + "\" " + arguments);
  const BOOL started = CreateProcessW(wide(program).c_str(), command.data(), nullptr, nullptr, TRUE,
                                      CREATE_NO_WINDOW, nullptr, nullptr, &start, &process);
  const DWORD code = GetLastError();
  CloseHandle(write);
  if (!started) {
    CloseHandle(read);
    throw failure(program, code);
  }
  Ended ended;
  char buffer[4096];
  DWORD count = 0;
  while (ReadFile(read, buffer, sizeof(buffer), &count, nullptr) && count != 0) {
    ended.output.append(buffer, count);
  }
  CloseHandle(read);
  WaitForSingleObject(process.hProcess, INFINITE);
  GetExitCodeProcess(process.hProcess, &ended.code);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return ended;
}

std::string dism(System& system) {
  const std::string drivers = system.folder(Folder::drivers);
  return joined(drivers.substr(0, drivers.rfind('\\')), "dism.exe");
}

bool change(System& system, const std::string& how) {
  const Ended ended = run(dism(system), "/Online /English /" + how + " /FeatureName:" + kFeature +
                                            " /NoRestart /Quiet");
  if (ended.code != ERROR_SUCCESS && ended.code != ERROR_SUCCESS_REBOOT_REQUIRED) {
    throw failure("dism /" + how + " /FeatureName:" + kFeature, ended.code);
  }
  return ended.code == ERROR_SUCCESS_REBOOT_REQUIRED;
}

}  // namespace

// Where the driver is there, nobody needs to be asked.
Feature Win32System::mpio() {
  if (has_file(joined(folder(Folder::drivers), "mpio.sys")) && has_service("mpio")) {
    return Feature::enabled;
  }
  if (!has_file(dism(*this))) {
    return Feature::absent;
  }
  const Ended ended =
      run(dism(*this), std::string("/Online /English /Get-FeatureInfo /FeatureName:") + kFeature);
  const size_t at = ended.output.find("State : ");
  if (ended.code != ERROR_SUCCESS || at == std::string::npos) {
    return Feature::absent;
  }
  return ended.output.compare(at + 8, 6, "Enable") == 0 ? Feature::enabled : Feature::disabled;
}

bool Win32System::enable_mpio() {
  return change(*this, "Enable-Feature");
}

bool Win32System::disable_mpio() {
  return mpio() == Feature::enabled && change(*this, "Disable-Feature");
}

}  // namespace setup
