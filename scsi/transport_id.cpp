// See transport_id.h. Layouts: SPC-4 7.6.4.2 to 7.6.4.10.
#include "scsi/transport_id.h"

namespace scsi {
namespace {

constexpr size_t kIscsiHeaderBytes = 4;
constexpr size_t kMinIscsiBytes = 20;  // of name, behind the header
constexpr size_t kMaxIsidDigits = 12;
constexpr size_t kFibreChannelNameOffset = 8;
constexpr size_t kSasAddressOffset = 4;
constexpr uint8_t kNameOnly = 0;  // FORMAT CODE
constexpr uint8_t kNameAndIsid = 1;

using std::string_view_literals::operator""sv;
constexpr std::string_view kIsidSeparator = ",i,0x"sv;

// 16: no digit.
uint8_t digit_of(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<uint8_t>(c - '0');
  }
  if (c >= 'a' && c <= 'f') {
    return static_cast<uint8_t>(c - 'a' + 10);
  }
  if (c >= 'A' && c <= 'F') {
    return static_cast<uint8_t>(c - 'A' + 10);
  }
  return 16;
}

std::optional<Isid> read_isid(std::string_view digits) {
  if (digits.empty() || digits.size() > kMaxIsidDigits) {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (const char c : digits) {
    const uint8_t digit = digit_of(c);
    if (digit > 15) {
      return std::nullopt;
    }
    value = value << 4 | digit;
  }
  Isid isid{};
  base::store_be16(isid.data(), static_cast<uint16_t>(value >> 32));
  base::store_be32(&isid[2], static_cast<uint32_t>(value));
  return isid;
}

// Where the separator begins; the size of the text when it is not there.
size_t find_separator(std::string_view text) {
  for (size_t at = 0; at + kIsidSeparator.size() <= text.size(); ++at) {
    bool equal = true;
    for (size_t i = 0; i < kIsidSeparator.size(); ++i) {
      equal = equal && text[at + i] == kIsidSeparator[i];
    }
    if (equal) {
      return at;
    }
  }
  return text.size();
}

// False: it names no port.
bool read_iscsi(TransportId& id, uint8_t format) {
  const base::Bytes field = id.bytes.subspan(kIscsiHeaderBytes);
  size_t length = 0;
  while (length < field.size() && field[length] != 0) {
    ++length;
  }
  if (length == field.size()) {
    return false;  // not terminated
  }
  const std::string_view text(reinterpret_cast<const char*>(field.data()), length);
  if (format == kNameOnly) {
    id.name = text;
  } else {
    const size_t separator = find_separator(text);
    if (separator == text.size()) {
      return false;
    }
    // Not substr(), which may throw.
    const size_t behind = separator + kIsidSeparator.size();
    id.name = {text.data(), separator};
    id.isid = read_isid({text.data() + behind, text.size() - behind});
    if (!id.isid) {
      return false;
    }
  }
  return !id.name.empty() && id.name.size() <= kMaxIscsiNameBytes;
}

// The length that its first bytes promise; more than there is when it cannot be one.
size_t length_of(base::Bytes list) {
  if (list.size() < kIscsiHeaderBytes) {
    return SIZE_MAX;
  }
  if (static_cast<ProtocolId>(list[0] & 0x0f) != ProtocolId::iscsi) {
    return kTransportIdBytes;
  }
  const size_t additional = base::load_be16(&list[2]);
  return additional < kMinIscsiBytes || additional % 4 != 0 ? SIZE_MAX
                                                            : kIscsiHeaderBytes + additional;
}

// False: it names no port.
bool read_transport_id(TransportId& id) {
  const auto format = static_cast<uint8_t>(id.bytes[0] >> 6);
  id.protocol = static_cast<ProtocolId>(id.bytes[0] & 0x0f);
  if (id.protocol == ProtocolId::iscsi) {
    return format <= kNameAndIsid && read_iscsi(id, format);
  }
  if (id.protocol == ProtocolId::fibre_channel) {
    id.port_name = base::load_be64(&id.bytes[kFibreChannelNameOffset]);
  } else if (id.protocol == ProtocolId::sas) {
    id.port_name = base::load_be64(&id.bytes[kSasAddressOffset]);
  }
  return format == 0;
}

}  // namespace

const char* name_of(ProtocolId protocol) {
  switch (protocol) {
    case ProtocolId::fibre_channel:
      return "Fibre Channel";
    case ProtocolId::parallel:
      return "parallel SCSI";
    case ProtocolId::ieee1394:
      return "IEEE 1394";
    case ProtocolId::rdma:
      return "SCSI RDMA";
    case ProtocolId::iscsi:
      return "iSCSI";
    case ProtocolId::sas:
      return "SAS";
    case ProtocolId::usb_attached:
      return "USB attached SCSI";
    case ProtocolId::pcie:
      return "SCSI over PCIe";
  }
  return "reserved";
}

std::optional<TransportId> TransportIdWalk::next() {
  if (rest_.empty()) {
    return std::nullopt;
  }
  const size_t length = length_of(rest_);
  TransportId id;
  if (length <= rest_.size()) {
    id.bytes = rest_.first(length);
    if (read_transport_id(id)) {
      rest_ = rest_.subspan(length);
      return id;
    }
  }
  defective_ = true;
  rest_ = {};
  return std::nullopt;
}

size_t encode_iscsi_transport_id(base::MutableBytes out, std::string_view name, const Isid* isid) {
  constexpr std::string_view kDigits = "0123456789abcdef"sv;
  base::ByteWriter writer(out);
  const auto format = isid != nullptr ? kNameAndIsid : kNameOnly;
  writer.u8(static_cast<uint8_t>(format << 6 | static_cast<uint8_t>(ProtocolId::iscsi)));
  writer.u8(0);
  writer.be16(0);
  const auto text = [&writer](std::string_view part, size_t limit) {
    for (size_t i = 0; i < part.size() && i < limit; ++i) {
      writer.u8(static_cast<uint8_t>(part[i]));
    }
  };
  text(name, kMaxIscsiNameBytes);
  if (isid != nullptr) {
    text(kIsidSeparator, SIZE_MAX);
    for (const uint8_t byte : *isid) {
      writer.u8(static_cast<uint8_t>(kDigits[byte >> 4]));
      writer.u8(static_cast<uint8_t>(kDigits[byte & 15]));
    }
  }
  writer.u8(0);
  while (writer.needed() < kIscsiHeaderBytes + kMinIscsiBytes || writer.needed() % 4 != 0) {
    writer.u8(0);
  }
  writer.patch16(2, static_cast<uint16_t>(writer.needed() - kIscsiHeaderBytes));
  return writer.needed();
}

size_t encode_port_name_transport_id(base::MutableBytes out, ProtocolId protocol,
                                     uint64_t port_name) {
  base::ByteWriter writer(out);
  writer.u8(static_cast<uint8_t>(protocol));
  writer.zeros((protocol == ProtocolId::sas ? kSasAddressOffset : kFibreChannelNameOffset) - 1);
  writer.be64(port_name);
  writer.zeros(kTransportIdBytes - writer.needed());
  return writer.needed();
}

}  // namespace scsi
