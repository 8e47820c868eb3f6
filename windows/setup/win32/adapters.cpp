// Win32System: adapters, and what volumes stand on.
#include <windows.h>

#include <cfgmgr32.h>
#include <initguid.h>
#include <setupapi.h>
#include <winioctl.h>

#include <devguid.h>

#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"

namespace setup {
namespace {

constexpr DWORD kMostDisksOfAVolume = 64;

std::string instance_of(DEVINST node) {
  wchar_t id[MAX_DEVICE_ID_LEN + 1];
  return CM_Get_Device_IDW(node, id, std::size(id), 0) == CR_SUCCESS ? narrow(id) : std::string();
}

std::vector<std::string> children_of(DEVINST node) {
  std::vector<std::string> instances;
  DEVINST child = 0;
  for (CONFIGRET more = CM_Get_Child(&child, node, 0); more == CR_SUCCESS;
       more = CM_Get_Sibling(&child, child, 0)) {
    instances.push_back(instance_of(child));
  }
  return instances;
}

// A node and those above it, but for the root of all.
std::vector<std::string> up_from(DEVINST node) {
  std::vector<std::string> instances = {instance_of(node)};
  for (DEVINST parent = 0; CM_Get_Parent(&parent, node, 0) == CR_SUCCESS; node = parent) {
    instances.push_back(instance_of(parent));
  }
  if (instances.size() > 1) {
    instances.pop_back();
  }
  return instances;
}

class Handle {
 public:
  explicit Handle(const std::wstring& path)
      : handle_(CreateFileW(path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                            OPEN_EXISTING, 0, nullptr)) {}
  ~Handle() {
    if (handle_ != INVALID_HANDLE_VALUE) {
      CloseHandle(handle_);
    }
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool ask(DWORD control, void* answer, DWORD size) const {
    DWORD returned = 0;
    return handle_ != INVALID_HANDLE_VALUE &&
           DeviceIoControl(handle_, control, nullptr, 0, answer, size, &returned, nullptr);
  }

 private:
  HANDLE handle_;
};

// The numbers of the disks that hold it; empty: not known.
std::vector<DWORD> disk_numbers(const std::string& volume) {
  // "C:\" or "\Device\HarddiskVolume1".
  const std::string path =
      volume.starts_with('\\') ? "\\\\?\\GLOBALROOT" + volume : "\\\\.\\" + volume.substr(0, 2);
  alignas(VOLUME_DISK_EXTENTS) char
      answer[sizeof(VOLUME_DISK_EXTENTS) + kMostDisksOfAVolume * sizeof(DISK_EXTENT)] = {};
  std::vector<DWORD> numbers;
  if (Handle(wide(path)).ask(IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, answer, sizeof(answer))) {
    const auto* const extents = reinterpret_cast<const VOLUME_DISK_EXTENTS*>(answer);
    for (DWORD i = 0; i < extents->NumberOfDiskExtents; ++i) {
      numbers.push_back(extents->Extents[i].DiskNumber);
    }
  }
  return numbers;
}

// {} if there is no such disk.
std::vector<std::string> up_from_disk(DWORD number) {
  std::vector<std::string> found;
  const HDEVINFO set = SetupDiGetClassDevsW(&GUID_DEVINTERFACE_DISK, nullptr, nullptr,
                                            DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
  SP_DEVICE_INTERFACE_DATA disk{};
  disk.cbSize = sizeof(disk);
  for (DWORD i = 0; found.empty() && set != INVALID_HANDLE_VALUE &&
                    SetupDiEnumDeviceInterfaces(set, nullptr, &GUID_DEVINTERFACE_DISK, i, &disk);
       ++i) {
    alignas(SP_DEVICE_INTERFACE_DETAIL_DATA_W) char room[4096] = {};
    auto* const detail = reinterpret_cast<SP_DEVICE_INTERFACE_DETAIL_DATA_W*>(room);
    detail->cbSize = sizeof(*detail);
    SP_DEVINFO_DATA device{};
    device.cbSize = sizeof(device);
    STORAGE_DEVICE_NUMBER answer{};
    if (SetupDiGetDeviceInterfaceDetailW(set, &disk, detail, sizeof(room), nullptr, &device) &&
        Handle(detail->DevicePath).ask(IOCTL_STORAGE_GET_DEVICE_NUMBER, &answer, sizeof(answer)) &&
        answer.DeviceNumber == number) {
      found = up_from(device.DevInst);
    }
  }
  if (set != INVALID_HANDLE_VALUE) {
    SetupDiDestroyDeviceInfoList(set);
  }
  return found;
}

std::string description(HDEVINFO set, SP_DEVINFO_DATA& device) {
  for (const DWORD which : {SPDRP_FRIENDLYNAME, SPDRP_DEVICEDESC}) {
    wchar_t text[512] = {};
    if (SetupDiGetDeviceRegistryPropertyW(set, &device, which, nullptr,
                                          reinterpret_cast<BYTE*>(text),
                                          sizeof(text) - sizeof(text[0]), nullptr)) {
      return narrow(text);
    }
  }
  return "an adapter";
}

}  // namespace

std::vector<Adapter> Win32System::adapters() {
  std::vector<Adapter> found;
  const HDEVINFO set =
      SetupDiGetClassDevsW(&GUID_DEVCLASS_SCSIADAPTER, nullptr, nullptr, DIGCF_PRESENT);
  if (set == INVALID_HANDLE_VALUE) {
    fail("the SCSI adapters");
  }
  SP_DEVINFO_DATA device{};
  device.cbSize = sizeof(device);
  for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, &device); ++i) {
    found.push_back(
        {instance_of(device.DevInst), description(set, device), children_of(device.DevInst)});
  }
  SetupDiDestroyDeviceInfoList(set);
  return found;
}

std::vector<std::vector<std::string>> Win32System::disks_of_volume(const std::string& volume) {
  std::vector<std::vector<std::string>> disks;
  for (const DWORD number : disk_numbers(volume)) {
    std::vector<std::string> disk = up_from_disk(number);
    if (disk.empty()) {
      return {};
    }
    disks.push_back(std::move(disk));
  }
  return disks;
}

// Windows asks everybody who uses what is below; who objects keeps the adapter as it is.
bool Win32System::restart_adapter(const std::string& instance) {
  const HDEVINFO set = SetupDiCreateDeviceInfoList(nullptr, nullptr);
  if (set == INVALID_HANDLE_VALUE) {
    fail(instance);
  }
  SP_DEVINFO_DATA device{};
  device.cbSize = sizeof(device);
  SP_PROPCHANGE_PARAMS change{};
  change.ClassInstallHeader.cbSize = sizeof(change.ClassInstallHeader);
  change.ClassInstallHeader.InstallFunction = DIF_PROPERTYCHANGE;
  change.StateChange = DICS_PROPCHANGE;
  change.Scope = DICS_FLAG_CONFIGSPECIFIC;
  SP_DEVINSTALL_PARAMS_W after{};
  after.cbSize = sizeof(after);
  const bool restarted =
      SetupDiOpenDeviceInfoW(set, wide(instance).c_str(), nullptr, 0, &device) &&
      SetupDiSetClassInstallParamsW(set, &device, &change.ClassInstallHeader, sizeof(change)) &&
      SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, set, &device) &&
      SetupDiGetDeviceInstallParamsW(set, &device, &after) &&
      (after.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART)) == 0;
  SetupDiDestroyDeviceInfoList(set);
  return restarted;
}

}  // namespace setup
