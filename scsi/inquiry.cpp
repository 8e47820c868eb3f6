// See inquiry.h.
#include "scsi/inquiry.h"

namespace scsi {
namespace {

template <size_t N>
void read_text(base::Bytes from, base::FixedString<N>& to) {
  for (const uint8_t byte : from) {
    static_cast<void>(to.append(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?'));
  }
}

void write_text(base::ByteWriter& writer, std::string_view text, size_t width) {
  for (size_t i = 0; i < width; ++i) {
    writer.u8(i < text.size() ? static_cast<uint8_t>(text[i]) : ' ');
  }
}

}  // namespace

std::optional<Inquiry> decode_inquiry(base::Bytes bytes) {
  if (bytes.size() < 36) {
    return std::nullopt;
  }
  Inquiry inquiry;
  inquiry.qualifier = bytes[0] >> 5;
  inquiry.device_type = bytes[0] & 0x1f;
  inquiry.removable = (bytes[1] & 0x80) != 0;
  inquiry.version = bytes[2];
  inquiry.target_port_group_support = (bytes[5] >> 4) & 3;
  inquiry.third_party_copy = (bytes[5] & 0x08) != 0;
  inquiry.protect = (bytes[5] & 0x01) != 0;
  inquiry.command_queuing = (bytes[7] & 0x02) != 0;
  read_text(bytes.subspan(8, 8), inquiry.vendor);
  read_text(bytes.subspan(16, 16), inquiry.product);
  read_text(bytes.subspan(32, 4), inquiry.revision);
  return inquiry;
}

size_t encode_inquiry(base::MutableBytes out, const Inquiry& inquiry) {
  base::ByteWriter writer(out);
  writer.u8(static_cast<uint8_t>((inquiry.qualifier << 5) | (inquiry.device_type & 0x1f)));
  writer.u8(inquiry.removable ? 0x80 : 0);
  writer.u8(inquiry.version);
  writer.u8(0x12);  // HISUP, response data format 2
  writer.u8(kInquiryBytes - 5);
  writer.u8(static_cast<uint8_t>(((inquiry.target_port_group_support & 3) << 4) |
                                 (inquiry.third_party_copy ? 0x08 : 0) |
                                 (inquiry.protect ? 0x01 : 0)));
  writer.u8(0x10);  // MULTIP
  writer.u8(inquiry.command_queuing ? 0x02 : 0);
  write_text(writer, inquiry.vendor, 8);
  write_text(writer, inquiry.product, 16);
  write_text(writer, inquiry.revision, 4);
  writer.zeros(22);
  // Version descriptors: SAM-5, SPC-4, SBC-3, iSCSI (SPC-4 table 166).
  writer.be16(0x00a0);
  writer.be16(0x0460);
  writer.be16(0x04c0);
  writer.be16(0x0960);
  writer.zeros(kInquiryBytes - writer.needed());
  return writer.written().size();
}

}  // namespace scsi
