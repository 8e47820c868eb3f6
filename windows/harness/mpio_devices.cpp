// See mpio.h: registration, devices, paths.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "windows/harness/entry_call.h"
#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"
#include "windows/harness/pageable.h"

namespace harness {
namespace {

Mpio* the_mpio = nullptr;

NTSTATUS NTAPI on_control(DEVICE_OBJECT*, IRP* irp) {
  const NTSTATUS status = Mpio::here().control(irp);
  irp->IoStatus.Status = status;
  complete_request(irp);
  return status;
}

// How much of DSM_INIT_DATA a DSM of this type passes.
ULONG init_data_bytes(DSM_TYPE type) {
  switch (type) {
    case DsmType1:
      return DSM_INIT_DATA_TYPE_1_SIZE;
    case DsmType2:
      return DSM_INIT_DATA_TYPE_2_SIZE;
    case DsmType3:
      return DSM_INIT_DATA_TYPE_3_SIZE;
    case DsmType4:
      return DSM_INIT_DATA_TYPE_4_SIZE;
    case DsmType5:
      return DSM_INIT_DATA_TYPE_5_SIZE;
    case DsmType6:
      return DSM_INIT_DATA_TYPE_6_SIZE;
    case DsmTypeUnknown:
      break;
  }
  return 0;
}

}  // namespace

Mpio& Mpio::here() {
  if (the_mpio == nullptr) {
    fail("a function of mpio.sys was called, which is not loaded");
  }
  return *the_mpio;
}

Mpio::Mpio(const Image* image) : image_(image) {
  the_mpio = this;
  driver_.MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = on_control;
  control_.DriverObject = &driver_;
  control_.StackSize = 1;
  machine().devices[kMpioControlObject] = &control_;
}

Mpio::~Mpio() {
  machine().clock.cancel(recovery_timer_);
  machine().clock.cancel(waiting_timer_);
  machine().clock.cancel(verify_timer_);
  machine().devices.clear();
  the_mpio = nullptr;
}

NTSTATUS Mpio::take_registration(const void* data, ULONG bytes) {
  if (bytes < sizeof(ULONG)) {
    return STATUS_INVALID_PARAMETER;
  }
  std::memcpy(&dsm_, data, std::min<size_t>(bytes, sizeof(dsm_)));
  if (dsm_.InitDataSize != bytes || bytes != init_data_bytes(dsm_.DsmType)) {
    fail("the size of DSM_INIT_DATA (" + std::to_string(bytes) + ") does not fit its type");
  }
  // Between the size and WMI stand nothing but entry points; one of them may be absent.
  PVOID entries[19];
  std::memcpy(entries, &dsm_.DsmInquireDriver, sizeof(entries));
  constexpr size_t kDeviceSerialNumber = 2;
  for (size_t i = 0; i < std::size(entries); ++i) {
    const bool absent = entries[i] == nullptr && i == kDeviceSerialNumber;
    if (!absent && image_ != nullptr && !image_->contains_code(entries[i])) {
      fail("entry point " + std::to_string(i) + " of DSM_INIT_DATA is not in the driver's code");
    }
  }
  check_wmi(dsm_.DsmWmiInfo, u"MofResourceName");
  if (dsm_.DsmType >= DsmType5) {
    check_wmi(dsm_.DsmWmiGlobalInfo, u"DsmMofResourceName");
  }
  registered_ = true;
  for (PortDevice* device : at_boot) {
    if (!arrive(*device)) {
      fail("a device that is there at boot was refused while the DSM registers");
    }
  }
  return STATUS_SUCCESS;
}

NTSTATUS Mpio::control(IRP* irp) {
  const auto& parameters = irp->Tail.Overlay.CurrentStackLocation->Parameters.DeviceIoControl;
  void* const buffer = irp->AssociatedIrp.SystemBuffer;
  if (parameters.IoControlCode == IOCTL_MPDSM_REGISTER) {
    if (registered_ || parameters.OutputBufferLength < sizeof(DSM_MPIO_CONTEXT)) {
      return STATUS_INVALID_PARAMETER;
    }
    const NTSTATUS status = take_registration(buffer, parameters.InputBufferLength);
    const DSM_MPIO_CONTEXT answer{context()};
    std::memcpy(buffer, &answer, sizeof(answer));
    irp->IoStatus.Information = sizeof(answer);
    return status;
  }
  if (parameters.IoControlCode != IOCTL_MPDSM_DEREGISTER) {
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  DSM_DEREGISTER_DATA data;
  if (parameters.InputBufferLength != sizeof(data)) {
    return STATUS_INVALID_PARAMETER;
  }
  std::memcpy(&data, buffer, sizeof(data));
  if (!registered_ || data.DeregisterDataSize != sizeof(data) ||
      data.DsmContext != dsm_.DsmContext || data.MpioContext->MPIOContext != context()) {
    fail("IOCTL_MPDSM_DEREGISTER does not name what was registered");
  }
  if (refuses_deregistrations != 0) {
    --refuses_deregistrations;
    return STATUS_DEVICE_BUSY;
  }
  registered_ = false;
  if (forget_unload) {
    return STATUS_SUCCESS;
  }
  const NTSTATUS status = unload_dsm();
  return fails_after_unload ? STATUS_DEVICE_BUSY : status;
}

NTSTATUS Mpio::unload_dsm() {
  registered_ = false;
  const NTSTATUS status = call(PASSIVE_LEVEL, "Unload", dsm_.DsmUnload, dsm_.DsmContext);
  for (const auto& [dsm_id, requests] : own_requests_) {
    if (requests != 0) {
      fail("DsmCompleteRequest was not called for " + std::to_string(requests) +
           " requests that MPIO has taken");
    }
  }
  entries_.clear();  // the disk goes with its DSM
  return status;
}

Mpio::Entry* Mpio::find(const PortDevice& device) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&device](const Entry& entry) {
    return entry.device == &device;
  });
  return found == entries_.end() ? nullptr : &*found;
}

Mpio::Entry* Mpio::find_path(PVOID path_id, unsigned disk) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.path_id == path_id && entry.disk == disk;
  });
  return found == entries_.end() ? nullptr : &*found;
}

bool Mpio::leads_anywhere(PVOID path_id) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [path_id](const Entry& entry) { return entry.path_id == path_id; });
}

DSM_IDS* Mpio::ids(unsigned disk) {
  ids_.assign(1, 0);
  for (const Entry& entry : entries_) {
    if (entry.disk == disk) {
      ids_.push_back(reinterpret_cast<uint64_t>(entry.dsm_id));
      ++ids_.front();
    }
  }
  return reinterpret_cast<DSM_IDS*>(ids_.data());
}

PVOID Mpio::inquire(PortDevice& device) {
  const std::vector<uint8_t> list = device.identifiers();
  PageableBytes identifiers("InquireDriver's list of identifiers", list);
  PageableBytes shown("InquireDriver's descriptor", sizeof(STORAGE_DEVICE_DESCRIPTOR));
  auto* const descriptor = new (shown.data()) STORAGE_DEVICE_DESCRIPTOR{};
  descriptor->Size = sizeof(*descriptor);
  PVOID dsm_id = nullptr;
  const NTSTATUS status =
      call(PASSIVE_LEVEL, "InquireDriver", dsm_.DsmInquireDriver, dsm_.DsmContext, device.object(),
           device.object(), descriptor,
           shows_identifiers && !list.empty()
               ? reinterpret_cast<STORAGE_DEVICE_ID_DESCRIPTOR*>(identifiers.data())
               : nullptr,
           &dsm_id);
  if (NT_SUCCESS(status) != (dsm_id != nullptr)) {
    fail("InquireDriver: status and DsmId contradict each other");
  }
  return dsm_id;
}

bool Mpio::inquire_and_refuse(PortDevice& device) {
  const PVOID dsm_id = inquire(device);
  return dsm_id != nullptr && NT_SUCCESS(call(PASSIVE_LEVEL, "DeviceNotUsed", dsm_.DsmDeviceNotUsed,
                                              dsm_.DsmContext, dsm_id));
}

bool Mpio::path_verify(const Entry& entry) {
  return NT_SUCCESS(call(PASSIVE_LEVEL, "PathVerify", dsm_.DsmPathVerify, dsm_.DsmContext,
                         entry.dsm_id, entry.path_id));
}

bool Mpio::activate(PortDevice& device) {
  ++find(device)->calls;
  const Entry entry = *find(device);
  const bool works =
      path_verify(entry) && call(PASSIVE_LEVEL, "IsPathActive", dsm_.DsmIsPathActive,
                                 dsm_.DsmContext, entry.path_id, entry.dsm_id) != FALSE;
  // Nobody removes it meanwhile, though others may have come and gone.
  Entry& now = *find(device);
  --now.calls;
  now.usable = works;
  machine().announce();
  note_paths();
  return works;
}

bool Mpio::arrive(PortDevice& device) {
  const PVOID dsm_id = inquire(device);
  if (dsm_id == nullptr) {
    return false;
  }
  for (const Entry& entry : entries_) {
    const bool same = call(DISPATCH_LEVEL, "CompareDevices", dsm_.DsmCompareDevices,
                           dsm_.DsmContext, entry.dsm_id, dsm_id) != FALSE;
    if (same != (entry.device->address().Lun == device.address().Lun)) {
      fail("CompareDevices: takes two disks for one, or one for two");
    }
  }
  Entry entry{&device, dsm_id, nullptr, ++arrivals_, device.address().Lun};
  if (!NT_SUCCESS(call(PASSIVE_LEVEL, "SetDeviceInfo", dsm_.DsmSetDeviceInfo, dsm_.DsmContext,
                       device.object(), dsm_id, &entry.path_id)) ||
      entry.path_id == nullptr) {
    fail("SetDeviceInfo failed, or names no path");
  }
  entries_.push_back(entry);
  CONTROLLER_INFO* info = nullptr;
  if (NT_SUCCESS(call(DISPATCH_LEVEL, "GetControllerInfo", dsm_.DsmGetControllerInfo,
                      dsm_.DsmContext, dsm_id, DSM_CNTRL_FLAGS_ALLOCATE, &info))) {
    machine().pool.release(info, 0, "MPIO, of what GetControllerInfo allocated");
  }
  if (!activate(device) && patience.recovery_ns == 0) {
    remove(device, false);
    return false;
  }
  return true;
}

void Mpio::remove(PortDevice& device, bool orderly) {
  const PVOID path = find(device)->path_id;
  remove_device_only(device, orderly);
  if (!leads_anywhere(path)) {
    remove_path(path);
  }
}

void Mpio::remove_device_only(PortDevice& device, bool orderly) {
  find(device)->leaving = true;
  machine().wait_until([&] { return find(device)->calls == 0 && find(device)->asked == 0; },
                       "a device that is to be removed");
  const Entry entry = *find(device);
  if (orderly) {
    call(PASSIVE_LEVEL, "RemovePending", dsm_.DsmRemovePending, dsm_.DsmContext, entry.dsm_id);
    find(device)->is_pending = true;
  }
  entries_.erase(entries_.begin() + (find(device) - entries_.data()));
  note_paths();
  // It is the DSM's to name until that call is over.
  const Entry before = std::exchange(going_, entry);
  call(PASSIVE_LEVEL, "RemoveDevice", dsm_.DsmRemoveDevice, dsm_.DsmContext, entry.dsm_id,
       entry.path_id);
  going_ = before;
}

void Mpio::remove_path(PVOID path) {
  call(DISPATCH_LEVEL, "RemovePath", dsm_.DsmRemovePath, dsm_.DsmContext, path);
}

NTSTATUS Mpio::invalidate(PVOID path, PVOID& successor) {
  return call(PASSIVE_LEVEL, "InvalidatePath", dsm_.DsmInvalidatePath, dsm_.DsmContext,
              DSM_FATAL_ERROR, path, &successor);
}

bool Mpio::recover(PortDevice& device) {
  return activate(device);
}

bool Mpio::move_to(PortDevice& device) {
  return NT_SUCCESS(move_to_path(find(device)->path_id, 0));
}

NTSTATUS Mpio::move_to_path(PVOID path, ULONG flags) {
  return call(PASSIVE_LEVEL, "MoveDevice", dsm_.DsmMoveDevice, dsm_.DsmContext, ids(opened),
              nullptr, path, flags);
}

}  // namespace harness
