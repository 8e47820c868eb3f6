// What the MSI of a driver package calls (package/msi.h): the installer, in a library, so that its
// words reach Windows Installer's log. What these do is final only when Windows Installer commits,
// and taken back when it rolls back.
#include <windows.h>

#include <msiquery.h>

#include "windows/setup/driver_package.h"
#include "windows/setup/installer.h"
#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"
#include "windows/setup/win32/this_vendor.h"

namespace {

class MsiTeller : public setup::Teller {
 public:
  explicit MsiTeller(MSIHANDLE session) : session_(session) {}
  void say(const std::string& line) override { tell(INSTALLMESSAGE_INFO, line); }
  void complain(const std::string& line) override { tell(INSTALLMESSAGE_ERROR, line); }

 private:
  void tell(INSTALLMESSAGE kind, const std::string& line) const {
    const MSIHANDLE record = MsiCreateRecord(1);
    MsiRecordSetStringW(record, 0, L"[1]");
    MsiRecordSetStringW(record, 1, setup::wide(line).c_str());
    MsiProcessMessage(session_, kind, record);
    MsiCloseHandle(record);
  }

  const MSIHANDLE session_;
};

std::string property(MSIHANDLE session, const wchar_t* name) {
  std::wstring text(4096, L'\0');
  DWORD size = static_cast<DWORD>(text.size());
  if (MsiGetPropertyW(session, name, text.data(), &size) != ERROR_SUCCESS) {
    return {};
  }
  return setup::narrow({text.data(), size});
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('|', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

UINT run(MSIHANDLE session, const std::vector<std::string>& arguments,
         const std::string& program = {}) {
  const setup::Vendor& vendor = setup::this_vendor();
  setup::Win32System system(vendor.stem(), program);
  MsiTeller teller(session);
  const setup::ExitCode code = setup::run_installer(system, vendor, teller, arguments);
  // That a restart is needed is noted; see AskForRestart.
  return code == setup::ExitCode::done || code == setup::ExitCode::restart_needed
             ? ERROR_SUCCESS
             : ERROR_INSTALL_FAILURE;
}

}  // namespace

// Their names stand in package/msi.cpp.
extern "C" {

// CustomActionData: FOLDER|INF|HARDWARE-ID.
__declspec(dllexport) UINT WINAPI InstallDriver(MSIHANDLE session) {
  std::vector<std::string> arguments = split(property(session, L"CustomActionData"));
  const std::string program = setup::joined(arguments[0], setup::this_vendor().stem() + ".exe");
  arguments.emplace_back("/pending");
  return run(session, arguments, program);
}

__declspec(dllexport) UINT WINAPI UninstallDriver(MSIHANDLE session) {
  return run(session, {"/uninstall", "/pending"});
}

__declspec(dllexport) UINT WINAPI TakeBack(MSIHANDLE session) {
  return run(session, {"/rollback"});
}

__declspec(dllexport) UINT WINAPI MakeFinal(MSIHANDLE session) {
  return run(session, {"/commit"});
}

// An action of the script cannot ask for it, so one behind it does.
__declspec(dllexport) UINT WINAPI AskForRestart(MSIHANDLE session) {
  setup::Win32System system(setup::this_vendor().stem());
  return system.restart_is_noted() ? MsiSetMode(session, MSIRUNMODE_REBOOTATEND, TRUE)
                                   : ERROR_SUCCESS;
}

}  // extern "C"
