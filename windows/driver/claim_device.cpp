// InquireDriver: is the device ours, and which LUN is it? Asked before MPIO knows anything of it,
// so the driver asks the device itself, straight through the port driver.
#include "scsi/cdb.h"
#include "windows/driver/driver.h"
#include "windows/driver/identifiers.h"
#include "windows/driver/pool.h"
#include "windows/driver/registry.h"

namespace driver {
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

// Bytes of answer, at the front of `buffer`; none when the device would not answer.
base::Bytes ask(DEVICE_OBJECT* device, const scsi::Cdb& cdb, base::MutableBytes buffer) {
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
  if (!NT_SUCCESS(status) || pass.ScsiStatus != 0 || pass.DataTransferLength > buffer.size()) {
    return {};
  }
  return buffer.first(pass.DataTransferLength);
}

// An I_T nexus is one initiator port (the adapter's) and one target port.
dsm::PathId path_number_of(const SCSI_ADDRESS& address) {
  constexpr dsm::PathId kMark = 0x77;  // never 0, so a path never is NULL to MPIO
  return (kMark << 24) | (dsm::PathId{address.PortNumber} << 16) |
         (dsm::PathId{address.PathId} << 8) | address.TargetId;
}

// 0: MPIO does not know the address.
dsm::PathId path_of_device(DEVICE_OBJECT* device) {
  SCSI_ADDRESS* address = nullptr;
  if (!NT_SUCCESS(DsmGetScsiAddress(device, &address)) || address == nullptr) {
    return 0;
  }
  const dsm::PathId path = path_number_of(*address);
  ExFreePoolWithTag(address, 0);
  return path;
}

void claim_by_pages(DEVICE_OBJECT* device, const STORAGE_DEVICE_ID_DESCRIPTOR* ids,
                    std::span<const std::string_view> supported, base::MutableBytes inquiry_buffer,
                    base::MutableBytes page, dsm::ClaimResult& out) {
  const base::Bytes inquiry = ask(device, scsi::make_inquiry(kInquiryBytes), inquiry_buffer);
  const base::Bytes vpd83 =
      ids != nullptr ? page_of(*ids, page)
                     : ask(device, scsi::make_inquiry_vpd(kIdentificationPage, kPageBytes), page);
  const dsm::ClaimRules rules{.supported_devices = supported};
  dsm::claim(inquiry, vpd83, {}, rules, out);
  if (out.refusal == dsm::ClaimRefusal::no_identity) {
    const base::Bytes vpd80 = ask(device, scsi::make_inquiry_vpd(kSerialPage, kPageBytes), page);
    dsm::claim(inquiry, {}, vpd80, rules, out);
  }
}

}  // namespace

NTSTATUS NTAPI inquire_driver(PVOID context, DEVICE_OBJECT* target, DEVICE_OBJECT*,
                              STORAGE_DEVICE_DESCRIPTOR*, STORAGE_DEVICE_ID_DESCRIPTOR* ids,
                              PVOID* dsm_id) {
  Driver& driver = driver_of(context);
  *dsm_id = nullptr;
  SupportedDevices supported(driver.parameters_key);
  // To the DSM an empty list means all devices; here it means that nobody has said which.
  if (supported.entries().empty()) {
    return STATUS_NOT_SUPPORTED;
  }
  PoolBuffer<uint8_t> inquiry(kInquiryBytes, kBufferTag);
  PoolBuffer<uint8_t> page(kPageBytes, kBufferTag);
  PoolBuffer<dsm::ClaimResult> claim(1, kBufferTag);
  if (!inquiry.valid() || !page.valid() || !claim.valid()) {
    return STATUS_NOT_SUPPORTED;
  }
  claim_by_pages(target, ids, supported.entries(), {inquiry.data(), inquiry.size()},
                 {page.data(), page.size()}, claim[0]);
  if (!claim[0].claimed()) {
    return STATUS_NOT_SUPPORTED;
  }
  const dsm::PathId path = path_of_device(target);
  Device* const device =
      path != 0 ? driver.engine.add(claim[0], arrival_settings(driver.parameters_key), path, target)
                : nullptr;
  if (device == nullptr) {
    return STATUS_NOT_SUPPORTED;
  }
  *dsm_id = device;
  return STATUS_SUCCESS;
}

}  // namespace driver
