// Win32System: devices, driver packages and services.
#include <windows.h>

#include <newdev.h>
#include <setupapi.h>

#include "inf/document.h"
#include "windows/setup/driver_package.h"
#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"

namespace setup {
namespace {

constexpr size_t kClassNameSize = 32;  // MAX_CLASS_NAME_LEN

// A set of devices.
class DeviceSet {
 public:
  explicit DeviceSet(HDEVINFO set) : set_(set) {
    if (set_ == INVALID_HANDLE_VALUE) {
      fail("the devices");
    }
  }
  ~DeviceSet() { SetupDiDestroyDeviceInfoList(set_); }
  DeviceSet(const DeviceSet&) = delete;
  DeviceSet& operator=(const DeviceSet&) = delete;
  HDEVINFO get() const { return set_; }

 private:
  HDEVINFO set_;
};

SP_DEVINFO_DATA empty_device() {
  SP_DEVINFO_DATA device{};
  device.cbSize = sizeof(device);
  return device;
}

// Ended by two zeros; empty: it has none.
std::wstring property(HDEVINFO set, SP_DEVINFO_DATA& device, DWORD which) {
  std::wstring text(1024, L'\0');
  DWORD size = 0;
  const DWORD room = static_cast<DWORD>((text.size() - 2) * sizeof(wchar_t));
  if (!SetupDiGetDeviceRegistryPropertyW(set, &device, which, nullptr,
                                         reinterpret_cast<BYTE*>(text.data()), room, &size)) {
    return std::wstring(2, L'\0');
  }
  return text;
}

bool needs_restart(HDEVINFO set, SP_DEVINFO_DATA& device) {
  SP_DEVINSTALL_PARAMS_W parameters{};
  parameters.cbSize = sizeof(parameters);
  return SetupDiGetDeviceInstallParamsW(set, &device, &parameters) &&
         (parameters.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART)) != 0;
}

class Service {
 public:
  Service(const std::string& name, DWORD rights)
      : manager_(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT)) {
    if (manager_ == nullptr) {
      fail("the service manager");
    }
    service_ = OpenServiceW(manager_, wide(name).c_str(), rights);
    if (service_ == nullptr && GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST) {
      const DWORD code = GetLastError();
      CloseServiceHandle(manager_);
      throw failure("service " + name, code);
    }
  }
  ~Service() {
    if (service_ != nullptr) {
      CloseServiceHandle(service_);
    }
    CloseServiceHandle(manager_);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  explicit operator bool() const { return service_ != nullptr; }
  SC_HANDLE get() const { return service_; }

 private:
  SC_HANDLE manager_;
  SC_HANDLE service_ = nullptr;
};

}  // namespace

// Also those that are not started.
std::vector<DeviceNode> Win32System::devices_with(const std::string& hardware_id) {
  std::vector<DeviceNode> nodes;
  const DeviceSet set(SetupDiGetClassDevsW(nullptr, L"ROOT", nullptr, DIGCF_ALLCLASSES));
  SP_DEVINFO_DATA device = empty_device();
  for (DWORD i = 0; SetupDiEnumDeviceInfo(set.get(), i, &device); ++i) {
    const std::wstring ids = property(set.get(), device, SPDRP_HARDWAREID);
    for (const std::string& id : narrow_list(ids.c_str())) {
      if (!inf::same_name(id, hardware_id)) {
        continue;
      }
      wchar_t instance[512];
      if (!SetupDiGetDeviceInstanceIdW(set.get(), &device, instance, std::size(instance),
                                       nullptr)) {
        fail("the device " + hardware_id);
      }
      const std::string driver =
          narrow(property(set.get(), device, SPDRP_DRIVER).c_str());  // {class}\0007
      const std::optional<RegistryValue> inf =
          driver.empty() ? std::nullopt
                         : value("SYSTEM\\CurrentControlSet\\Control\\Class\\" + driver, "InfPath");
      nodes.push_back(
          {narrow(instance),
           inf ? narrow(std::wstring(reinterpret_cast<const wchar_t*>(inf->bytes.data()),
                                     inf->bytes.size() / sizeof(wchar_t))
                            .c_str())
               : std::string()});
      break;
    }
  }
  return nodes;
}

void Win32System::create_device(const std::string& hardware_id, const std::string& inf) {
  GUID guid;
  wchar_t class_name[kClassNameSize];
  if (!SetupDiGetINFClassW(wide(inf).c_str(), &guid, class_name, std::size(class_name), nullptr)) {
    fail(inf);
  }
  const DeviceSet set(SetupDiCreateDeviceInfoList(&guid, nullptr));
  SP_DEVINFO_DATA device = empty_device();
  const std::wstring ids = wide(hardware_id) + std::wstring(2, L'\0');
  if (!SetupDiCreateDeviceInfoW(set.get(), class_name, &guid, nullptr, nullptr, DICD_GENERATE_ID,
                                &device) ||
      !SetupDiSetDeviceRegistryPropertyW(set.get(), &device, SPDRP_HARDWAREID,
                                         reinterpret_cast<const BYTE*>(ids.data()),
                                         static_cast<DWORD>(ids.size() * sizeof(wchar_t))) ||
      !SetupDiCallClassInstaller(DIF_REGISTERDEVICE, set.get(), &device)) {
    fail("the device " + hardware_id);
  }
}

bool Win32System::remove_device(const std::string& instance) {
  const DeviceSet set(SetupDiCreateDeviceInfoList(nullptr, nullptr));
  SP_DEVINFO_DATA device = empty_device();
  if (!SetupDiOpenDeviceInfoW(set.get(), wide(instance).c_str(), nullptr, 0, &device)) {
    fail(instance);
  }
  SP_REMOVEDEVICE_PARAMS parameters{};
  parameters.ClassInstallHeader.cbSize = sizeof(parameters.ClassInstallHeader);
  parameters.ClassInstallHeader.InstallFunction = DIF_REMOVE;
  parameters.Scope = DI_REMOVEDEVICE_GLOBAL;
  // Wine takes no parameters for it, and does it all the same.
  SetupDiSetClassInstallParamsW(set.get(), &device, &parameters.ClassInstallHeader,
                                sizeof(parameters));
  if (!SetupDiCallClassInstaller(DIF_REMOVE, set.get(), &device)) {
    fail(instance);
  }
  return needs_restart(set.get(), device);
}

std::string Win32System::stage(const std::string& inf) {
  wchar_t path[MAX_PATH];
  wchar_t* name = nullptr;
  if (!SetupCopyOEMInfW(wide(inf).c_str(), nullptr, SPOST_PATH, 0, path, MAX_PATH, nullptr,
                        &name)) {
    fail(inf);
  }
  return narrow(name);
}

// Not by force: a device of somebody else's that uses it goes on.
void Win32System::unstage(const std::string& published) {
  if (!SetupUninstallOEMInfW(wide(published).c_str(), 0, nullptr)) {
    fail(published);
  }
  // Wine says that it is done, and does it only by force.
  if (has_file(joined(folder(Folder::published), published))) {
    SetupUninstallOEMInfW(wide(published).c_str(), SUOI_FORCEDELETE, nullptr);
  }
}

// From Windows' own folder: a library of that name beside the program may be anybody's, and the
// program runs with all rights. (Those that it is linked with Windows never looks for there.)
bool Win32System::install_driver(const std::string& hardware_id, const std::string& inf) {
  const HMODULE library = LoadLibraryExW(L"newdev.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  // Through void*: the type that GetProcAddress gives is no function's.
  const auto update = reinterpret_cast<decltype(&UpdateDriverForPlugAndPlayDevicesW)>(
      library == nullptr
          ? nullptr
          : reinterpret_cast<void*>(GetProcAddress(library, "UpdateDriverForPlugAndPlayDevicesW")));
  if (update == nullptr) {
    fail("newdev.dll");
  }
  BOOL restart = FALSE;
  if (!update(nullptr, wide(hardware_id).c_str(), wide(inf).c_str(), INSTALLFLAG_FORCE, &restart)) {
    fail("the driver of " + hardware_id + " from " + inf);
  }
  return restart != FALSE;
}

bool Win32System::has_service(const std::string& name) {
  return static_cast<bool>(Service(name, SERVICE_QUERY_STATUS));
}

bool Win32System::service_runs(const std::string& name) {
  const Service service(name, SERVICE_QUERY_STATUS);
  SERVICE_STATUS status{};
  return service && QueryServiceStatus(service.get(), &status) &&
         status.dwCurrentState == SERVICE_RUNNING;
}

void Win32System::delete_service(const std::string& name) {
  const Service service(name, DELETE);
  if (service && !DeleteService(service.get()) &&
      GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE) {
    fail("service " + name);
  }
}

}  // namespace setup
