// InquireDriver: is the device ours, and which LUN is it? Asked before MPIO knows anything of it,
// so the driver asks the device itself, straight through the port driver.
#include "scsi/cdb.h"
#include "scsi/opcodes.h"
#include "windows/driver/driver.h"
#include "windows/driver/identifiers.h"
#include "windows/driver/pool.h"
#include "windows/driver/registry.h"
#include "windows/driver/settings/in_force.h"
#include "windows/driver/vendor.h"

namespace driver {

using namespace std::string_view_literals;  // with their length: no kernel has strlen

namespace {

constexpr uint8_t kInquiryBytes = 96;
constexpr uint16_t kPageBytes = 4096;
constexpr ULONG kTimeoutS = 20;
constexpr uint8_t kSerialPage = 0x80;
constexpr uint8_t kIdentificationPage = 0x83;

struct InquiryRequest {
  SCSI_PASS_THROUGH_DIRECT pass{};
  uint8_t sense[32] = {};
};

enum class Asked : uint8_t { answered, refused, lost };

Asked ask_once(AtPassive, DEVICE_OBJECT* device, const scsi::Cdb& cdb, base::MutableBytes buffer,
               base::Bytes& answer) {
  InquiryRequest request;
  SCSI_PASS_THROUGH_DIRECT& pass = request.pass;
  pass.Length = sizeof(pass);
  pass.CdbLength = cdb.length;
  std::memcpy(pass.Cdb, cdb.bytes.data(), sizeof(pass.Cdb));
  pass.SenseInfoLength = sizeof(request.sense);
  pass.SenseInfoOffset = offsetof(InquiryRequest, sense);
  pass.DataIn = SCSI_IOCTL_DATA_IN;
  pass.DataBuffer = buffer.data();
  pass.DataTransferLength = static_cast<ULONG>(buffer.size());
  pass.TimeOutValue = kTimeoutS;
  const NTSTATUS status = DsmSendPassThroughDirect(device, &pass, sizeof(request), sizeof(request));
  if (NT_SUCCESS(status) && pass.ScsiStatus == scsi::kGood &&
      pass.DataTransferLength <= buffer.size()) {
    answer = buffer.first(pass.DataTransferLength);
    return Asked::answered;
  }
  const bool refused = NT_SUCCESS(status) && dsm::has_no_such_page(pass.ScsiStatus, request.sense);
  return refused ? Asked::refused : Asked::lost;
}

// False: again and again there was none that says anything about the device. The bytes of one
// are at the front of `buffer`; none when the device does not know the page.
bool ask(AtPassive here, DEVICE_OBJECT* device, const scsi::Cdb& cdb, base::MutableBytes buffer,
         base::Bytes& answer) {
  constexpr unsigned kAttempts = 3;
  answer = {};
  Asked asked = Asked::lost;
  for (unsigned attempt = 0; attempt < kAttempts && asked == Asked::lost; ++attempt) {
    asked = ask_once(here, device, cdb, buffer, answer);
  }
  return asked != Asked::lost;
}

// 0: MPIO does not know the address.
dsm::PathId path_of_device(AtPassive, DEVICE_OBJECT* device) {
  SCSI_ADDRESS* address = nullptr;
  if (!NT_SUCCESS(DsmGetScsiAddress(device, &address)) || address == nullptr) {
    return 0;
  }
  const dsm::PathId path = path_number_of(address->PortNumber, address->PathId, address->TargetId);
  ExFreePoolWithTag(address, 0);
  return path;
}

// Empty, or why there is no claim. Without an answer there is none: another page would give the
// same LUN another identity. Not inlined, so that the frame of its caller stays small.
[[gnu::noinline]] std::string_view claim_by_pages(AtPassive here, DEVICE_OBJECT* device,
                                                  const STORAGE_DEVICE_ID_DESCRIPTOR* ids,
                                                  std::span<const std::string_view> supported,
                                                  base::MutableBytes inquiry_buffer,
                                                  base::MutableBytes page, base::Bytes& vpd83,
                                                  dsm::ClaimResult& out) {
  base::Bytes inquiry;
  if (!ask(here, device, scsi::make_inquiry(kInquiryBytes), inquiry_buffer, inquiry)) {
    return "INQUIRY was not answered"sv;
  }
  if (ids != nullptr) {
    vpd83 = page_of(*ids, page);
  } else if (!ask(here, device, scsi::make_inquiry_vpd(kIdentificationPage, kPageBytes), page,
                  vpd83)) {
    return "VPD page 83h was not answered"sv;
  }
  const dsm::ClaimRules rules{.supported_devices = supported,
                              .believed_alua = vendor::kBelievedAlua};
  dsm::claim(inquiry, vpd83, {}, rules, out);
  if (out.refusal != dsm::ClaimRefusal::no_identity) {
    return {};
  }
  vpd83 = {};  // its buffer is used again
  base::Bytes vpd80;
  if (!ask(here, device, scsi::make_inquiry_vpd(kSerialPage, kPageBytes), page, vpd80)) {
    return "VPD page 80h was not answered"sv;
  }
  dsm::claim(inquiry, {}, vpd80, rules, out);
  return {};
}

constexpr std::string_view kNoMemory = "no memory"sv;

// With what is set for it: nobody changes that before it is there. Null: `why`.
Device* take_in(AtPassive here, Driver& driver, const dsm::ClaimResult& claim, base::Bytes vpd83,
                DEVICE_OBJECT* target, std::string_view& why) {
  const dsm::PathId path = path_of_device(here, target);
  if (path == 0) {
    why = "MPIO does not know its address"sv;
    return nullptr;
  }
  const PathName name = path_name_of(vpd83, claim, path);
  const SettingsGuard guard(here, driver.settings_gate);
  dsm::ArrivalSettings settings;
  if (!settings_of_arrival(here, driver.parameters, claim, name, path, settings)) {
    why = kNoMemory;
    return nullptr;
  }
  why = "the DSM has refused it, or no memory"sv;
  return driver.engine.add(here, claim, settings, path, name, target);
}

// What keeps a device from being claimed is told to a trace session; MPIO hears only that it is
// not.
NTSTATUS not_claimed(Driver& driver, std::string_view why, std::string_view model = {}) {
  driver.engine.trace_not_claimed({.model = model, .why = why});
  return STATUS_NOT_SUPPORTED;
}

}  // namespace

NTSTATUS NTAPI inquire_driver(PVOID context, DEVICE_OBJECT* target, DEVICE_OBJECT*,
                              STORAGE_DEVICE_DESCRIPTOR*, STORAGE_DEVICE_ID_DESCRIPTOR* ids,
                              PVOID* dsm_id) {
  constexpr AtPassive here = AtPassive::promised();
  Driver& driver = driver_of(context);
  *dsm_id = nullptr;
  SupportedDevices supported(here, driver.parameters);
  // To the DSM an empty list means all devices; here it means that nobody has said which.
  if (supported.entries().empty()) {
    return not_claimed(driver, "the list of devices is empty, or could not be read"sv);
  }
  PoolBuffer<uint8_t> inquiry(kInquiryBytes, kBufferTag);
  PoolBuffer<uint8_t> page(kPageBytes, kBufferTag);
  PoolBuffer<dsm::ClaimResult> claim(1, kBufferTag);
  if (!inquiry.valid() || !page.valid() || !claim.valid()) {
    return not_claimed(driver, kNoMemory);
  }
  base::Bytes vpd83;
  const std::string_view unanswered =
      claim_by_pages(here, target, ids, supported.entries(), {inquiry.data(), inquiry.size()},
                     {page.data(), page.size()}, vpd83, claim[0]);
  const std::string_view model = claim[0].model.view();
  if (!unanswered.empty() || !claim[0].claimed()) {
    return not_claimed(driver, unanswered.empty() ? explain(claim[0].refusal) : unanswered, model);
  }
  std::string_view why;
  Device* const device = take_in(here, driver, claim[0], vpd83, target, why);
  if (device == nullptr) {
    return not_claimed(driver, why, model);
  }
  *dsm_id = device;
  return STATUS_SUCCESS;
}

}  // namespace driver
