// Registration with MPIO and its end.
#include "windows/driver/driver.h"
#include "windows/driver/identity.h"
#include "windows/driver/pool.h"
#include "windows/driver/text.h"
#include "windows/driver/wmi/wmi.h"

namespace driver {
namespace {

constexpr WCHAR kControlObject[] = DSM_MPIO_CONTROL_OBJECT_NAME;

constexpr bool newer_than(const MPIO_VERSION_INFO& version, ULONG major, ULONG minor) {
  return version.MajorVersion > major ||
         (version.MajorVersion == major && version.MinorVersion > minor);
}
// 1.0.7.0 and what came before know only the first type of DSM.
constexpr bool knows_type3(const MPIO_VERSION_INFO& version) {
  return newer_than(version, 1, 0) ||
         (version.MajorVersion == 1 && version.MinorVersion == 0 &&
          (version.ProductBuild > 7 || (version.ProductBuild == 7 && version.QfeNumber >= 1)));
}
constexpr DSM_TYPE type_for(const MPIO_VERSION_INFO& version) {
  return newer_than(version, 1, 17) ? DsmType6 : DsmType3;
}

void fill(DSM_INIT_DATA& data, Driver& driver, DSM_TYPE type) {
  data.InitDataSize = dsm_init_data_size(type);
  data.DsmInquireDriver = inquire_driver;
  data.DsmCompareDevices = compare_devices;
  data.DsmGetControllerInfo = get_controller_info;
  data.DsmSetDeviceInfo = set_device_info;
  data.DsmIsPathActive = is_path_active;
  data.DsmPathVerify = path_verify;
  data.DsmInvalidatePath = invalidate_path;
  data.DsmMoveDevice = move_device;
  data.DsmRemovePending = remove_pending;
  data.DsmRemoveDevice = remove_device;
  data.DsmRemovePath = remove_path;
  data.DsmSrbDeviceControl = srb_device_control;
  data.DsmLBGetPath = lb_get_path;
  data.DsmInterpretErrorEx = interpret_error;
  data.DsmUnload = unload_dsm;
  data.DsmSetCompletion = set_completion;
  data.DsmCategorizeRequest = categorize_request;
  data.DsmBroadcastSrb = broadcast_srb;
  data.DsmContext = &driver;
  data.DriverObject = driver.object;
  data.DisplayName = text_of(identity::kDisplayName);
  data.DsmType = type;
  data.DsmVersion = identity::kVersion;  // of no consequence to MPIO, it is shown to people
  data.DsmIsAddressTypeSupported = is_address_type_supported;
  data.DsmDeviceNotUsed = device_not_used;
}

NTSTATUS open_control_object(AtPassive, Driver& driver) {
  UNICODE_STRING name = text_of(kControlObject);
  FILE_OBJECT* file = nullptr;
  DEVICE_OBJECT* device = nullptr;
  const NTSTATUS status = IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &file, &device);
  if (NT_SUCCESS(status)) {
    ObfReferenceObject(device);
    ObfDereferenceObject(file);
    driver.control = device;
  }
  return status;
}

// `type`: that was chosen, once there is one.
NTSTATUS send_registration(AtPassive, Driver& driver, ULONG& type) {
  MPIO_VERSION_INFO version{};
  if (!NT_SUCCESS(DsmGetVersion(&version, sizeof(version)))) {
    return STATUS_UNSUCCESSFUL;
  }
  if (!knows_type3(version)) {
    return STATUS_REVISION_MISMATCH;
  }
  type = type_for(version);
  PoolBuffer<DSM_INIT_DATA> data(1, kBufferTag);
  if (!data.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  fill(data[0], driver, type_for(version));
  if (!register_wmi(data[0], driver)) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  IO_STATUS_BLOCK io{};
  DsmSendDeviceIoControlSynchronous(IOCTL_MPDSM_REGISTER, driver.control, data.data(), &driver.mpio,
                                    data[0].InitDataSize, sizeof(driver.mpio), TRUE, &io);
  return io.Status;
}

}  // namespace

NTSTATUS register_with_mpio(AtPassive here, Driver& driver) {
  ULONG type = 0;
  NTSTATUS status = open_control_object(here, driver);
  if (NT_SUCCESS(status)) {
    status = send_registration(here, driver, type);
  }
  driver.engine.trace_registration(type, status);
  if (NT_SUCCESS(status)) {
    driver.engine.set_mpio(driver.mpio.MPIOContext);
  } else {
    destroy(here, driver);
  }
  return status;
}

void deregister_from_mpio(AtPassive, Driver& driver) {
  DEVICE_OBJECT* const control = driver.control;
  DSM_MPIO_CONTEXT mpio = driver.mpio;
  DSM_DEREGISTER_DATA data{sizeof(data), &driver, driver.object, &mpio};
  IO_STATUS_BLOCK io{};
  // MPIO calls DsmUnload from within: `driver` is gone afterwards. Unloading cannot be refused, and
  // MPIO must not call code that is not there any more: without memory it is tried until there is.
  do {
    if (io.Status != STATUS_SUCCESS) {
      LARGE_INTEGER pause;
      pause.QuadPart = -1'000'000;  // 100 ms
      KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
    DsmSendDeviceIoControlSynchronous(IOCTL_MPDSM_DEREGISTER, control, &data, nullptr, sizeof(data),
                                      0, TRUE, &io);
  } while (io.Status == STATUS_INSUFFICIENT_RESOURCES);
}

void destroy(AtPassive here, Driver& driver) {
  driver.engine.shut_down(here);
  if (driver.control != nullptr) {
    ObfDereferenceObject(driver.control);
  }
  release_wmi(driver);
  release_block(driver.parameters.name.Buffer, kTextTag);
  release_block(&driver, kDriverTag);
}

NTSTATUS NTAPI unload_dsm(PVOID context) {
  destroy(AtPassive::promised(), driver_of(context));
  return STATUS_SUCCESS;
}

}  // namespace driver
