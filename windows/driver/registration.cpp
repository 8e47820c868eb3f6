// Registration with MPIO and its end.
#include <atomic>

#include "windows/driver/driver.h"
#include "windows/driver/identity.h"
#include "windows/driver/pool.h"
#include "windows/driver/text.h"
#include "windows/driver/wmi/wmi.h"

namespace driver {
namespace {

// Outlives the driver's context: MPIO may call DsmUnload without having been asked to, and
// DriverUnload is given no context.
struct Registration {
  DEVICE_OBJECT* control = nullptr;  // MPIO's, referenced
  DSM_MPIO_CONTEXT mpio{};
  DRIVER_OBJECT* object = nullptr;
  PVOID context = nullptr;
  std::atomic<Driver*> driver{nullptr};   // whoever takes it away destroys it
  std::atomic<bool> is_destroyed{false};  // and has come back from that
};
constinit Registration registration;

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
  data.InitDataSize = type == DsmType6 ? DSM_INIT_DATA_TYPE_6_SIZE : DSM_INIT_DATA_TYPE_3_SIZE;
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

NTSTATUS open_control_object(AtPassive) {
  UNICODE_STRING name = text_of(kMpioControlObject);
  FILE_OBJECT* file = nullptr;
  DEVICE_OBJECT* device = nullptr;
  const NTSTATUS status = IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &file, &device);
  if (NT_SUCCESS(status)) {
    ObfReferenceObject(device);
    ObfDereferenceObject(file);
    registration.control = device;
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
  const DSM_TYPE chosen = type_for(version);
  type = chosen;
  PoolBuffer<DSM_INIT_DATA> data(1, kBufferTag);
  if (!data.valid()) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  fill(data[0], driver, chosen);
  if (!register_wmi(data[0], driver)) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  IO_STATUS_BLOCK io{};
  DsmSendDeviceIoControlSynchronous(IOCTL_MPDSM_REGISTER, registration.control, data.data(),
                                    &registration.mpio, data[0].InitDataSize,
                                    sizeof(registration.mpio), TRUE, &io);
  return io.Status;
}

void pause(AtPassive) {
  LARGE_INTEGER pause;
  pause.QuadPart = -1'000'000;  // 100 ms
  KeDelayExecutionThread(KernelMode, FALSE, &pause);
}

// DsmUnload, or DriverUnload if MPIO has not called that.
void destroy_registered(AtPassive here) {
  Driver* const driver = registration.driver.exchange(nullptr);
  if (driver != nullptr) {
    destroy(here, *driver);
    registration.is_destroyed = true;
  }
}

}  // namespace

NTSTATUS register_with_mpio(AtPassive here, Driver& driver) {
  ULONG type = 0;
  NTSTATUS status = open_control_object(here);
  if (!NT_SUCCESS(status)) {
    driver.engine.trace_registration(type, status);
    destroy(here, driver);
    return status;
  }
  registration.object = driver.object;
  registration.context = &driver;
  registration.is_destroyed = false;
  registration.driver = &driver;
  status = send_registration(here, driver, type);
  driver.engine.trace_registration(type, status);
  if (NT_SUCCESS(status)) {
    driver.engine.set_mpio(registration.mpio.MPIOContext);
  } else {
    destroy_registered(here);
    ObfDereferenceObject(registration.control);
  }
  return status;
}

// Unloading cannot be refused, and MPIO must not call code that is not there any more: it is tried
// until MPIO has let go. By then it has called DsmUnload, or never will.
void deregister_from_mpio(AtPassive here) {
  DSM_DEREGISTER_DATA data{sizeof(data), registration.context, registration.object,
                           &registration.mpio};
  for (bool registered = true; registered && registration.driver != nullptr;) {
    IO_STATUS_BLOCK io{};
    DsmSendDeviceIoControlSynchronous(IOCTL_MPDSM_DEREGISTER, registration.control, &data, nullptr,
                                      sizeof(data), 0, TRUE, &io);
    registered = !NT_SUCCESS(io.Status);
    if (registered) {
      pause(here);
    }
  }
  destroy_registered(here);
  while (!registration.is_destroyed) {  // by another thread, which is at it
    pause(here);
  }
  ObfDereferenceObject(registration.control);
}

void destroy(AtPassive here, Driver& driver) {
  driver.engine.shut_down(here);
  release_wmi(driver);
  release_block(driver.parameters.name.Buffer, kTextTag);
  release_block(&driver, kDriverTag);
}

NTSTATUS NTAPI unload_dsm(PVOID) {
  destroy_registered(AtPassive::promised());
  return STATUS_SUCCESS;
}

}  // namespace driver
