// TransportIDs: initiator ports, as PERSISTENT RESERVE OUT and IN name those of other I_T nexuses.
// SPC-4 7.6.4.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace scsi {

// Protocol identifiers, SPC-4 7.6.1. The other values are obsolete or reserved.
enum class ProtocolId : uint8_t {
  fibre_channel = 0x0,
  parallel = 0x1,
  ieee1394 = 0x3,
  rdma = 0x4,
  iscsi = 0x5,
  sas = 0x6,
  usb_attached = 0x9,
  pcie = 0xa,
};
const char* name_of(ProtocolId protocol);

using Isid = std::array<uint8_t, 6>;

struct TransportId {
  ProtocolId protocol = ProtocolId::iscsi;
  base::Bytes bytes;         // the whole of it, as it was sent
  std::string_view name;     // iSCSI: the node name; points into `bytes`
  std::optional<Isid> isid;  // iSCSI: which port of the node; without it, all that are known
  uint64_t port_name = 0;    // Fibre Channel: N_Port_Name; SAS: the SAS address
};

inline constexpr size_t kTransportIdBytes = 24;  // of every protocol but iSCSI
inline constexpr size_t kMaxIscsiNameBytes = 223;
// The longest that encode_iscsi_transport_id() makes.
inline constexpr size_t kMaxTransportIdBytes = 248;

// Walks TransportIDs that stand one behind the other. One that is cut or says nothing ends the
// walk; `defective()` then says so. Protocols whose ports have no name here are walked over with
// their bytes alone.
class TransportIdWalk {
 public:
  explicit TransportIdWalk(base::Bytes list) : rest_(list) {}
  std::optional<TransportId> next();
  bool defective() const { return defective_; }

 private:
  base::Bytes rest_;
  bool defective_ = false;
};

// An iSCSI initiator port, or without `isid` all ports of the node. Returns the full length, a
// multiple of 4; writes what fits. A name is cut at 223 bytes (RFC 7143 4.2.7.1).
size_t encode_iscsi_transport_id(base::MutableBytes out, std::string_view name, const Isid* isid);
// Fibre Channel or SAS: 24 bytes. Returns that, writes what fits.
size_t encode_port_name_transport_id(base::MutableBytes out, ProtocolId protocol,
                                     uint64_t port_name);

}  // namespace scsi
