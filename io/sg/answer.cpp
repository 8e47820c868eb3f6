// See answer.h. The host and driver bytes are those of the kernel's include/scsi/scsi_status.h.
#include "io/sg/answer.h"

#include <algorithm>
#include <iterator>

namespace io::sg {
namespace {

struct HostByte {
  uint16_t value;
  bool target_answered;
  const char* name;
};
// Some kernels leave a mark of how they would have treated the target's answer; it is one all the
// same.
constexpr HostByte kHostBytes[] = {
    {0x00, true, "DID_OK"},
    {0x01, false, "DID_NO_CONNECT, the adapter cannot reach the port"},
    {0x02, false, "DID_BUS_BUSY, the transport stayed busy"},
    {0x03, false, "DID_TIME_OUT, it was not answered in time and the kernel has aborted it"},
    {0x04, false, "DID_BAD_TARGET, nobody is there"},
    {0x05, false, "DID_ABORT, it was aborted"},
    {0x06, false, "DID_PARITY, the transfer was damaged"},
    {0x07, false, "DID_ERROR, the adapter's driver failed"},
    {0x08, false, "DID_RESET, the device or the bus was reset"},
    {0x09, false, "DID_BAD_INTR, the adapter's driver lost it"},
    {0x0a, true, "DID_PASSTHROUGH"},
    {0x0b, false, "DID_SOFT_ERROR, the adapter's driver wants it repeated"},
    {0x0c, false, "DID_IMM_RETRY, the kernel wants it repeated"},
    {0x0d, false, "DID_REQUEUE, the kernel wants it queued again"},
    {0x0e, false, "DID_TRANSPORT_DISRUPTED, the way to the port is disturbed"},
    {0x0f, false, "DID_TRANSPORT_FAILFAST, the port has been away for too long"},
    {0x10, true, "DID_TARGET_FAILURE"},
    {0x11, true, "DID_NEXUS_FAILURE"},
    {0x12, true, "DID_ALLOC_FAILURE"},
    {0x13, true, "DID_MEDIUM_ERROR"},
    {0x14, false, "DID_TRANSPORT_MARGINAL, the way to the port is not good enough"},
};
constexpr uint16_t kDriverByteMask = 0x0f;  // above it older kernels put advice
constexpr uint16_t kDriverSense = 0x08;

const HostByte* find(uint16_t value) {
  const auto* found = std::find_if(std::begin(kHostBytes), std::end(kHostBytes),
                                   [value](const HostByte& each) { return each.value == value; });
  return found == std::end(kHostBytes) ? nullptr : found;
}

bool driver_is_content(const sg_io_hdr& header) {
  const auto driver = static_cast<uint16_t>(header.driver_status & kDriverByteMask);
  return driver == 0 || driver == kDriverSense;
}

}  // namespace

bool answered(const sg_io_hdr& header) {
  const HostByte* host = find(header.host_status);
  return host != nullptr && host->target_answered && driver_is_content(header);
}

std::string reason_of(const sg_io_hdr& header) {
  const HostByte* host = find(header.host_status);
  if (host == nullptr) {
    return "host status " + std::to_string(header.host_status);
  }
  if (host->target_answered && !driver_is_content(header)) {
    return "driver status " + std::to_string(header.driver_status);
  }
  return host->name;
}

void take_answer(const sg_io_hdr& header, base::Bytes sense, mpio::TransportCommand& command) {
  command.delivery = mpio::Delivery::delivered;
  command.scsi_status = header.status;
  command.overflow = header.resid < 0;
  command.residual_bytes =
      header.resid <= 0 ? 0 : std::min(static_cast<uint32_t>(header.resid), command.length_bytes);
  const size_t written = std::min({size_t{header.sb_len_wr}, sense.size(), command.sense.size()});
  std::copy_n(sense.begin(), written, command.sense.begin());
  command.sense_bytes = static_cast<uint16_t>(written);
}

}  // namespace io::sg
