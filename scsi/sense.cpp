// Fixed format: SPC-4 4.5.3. Descriptor format: 4.5.2, with the information (00h), sense key
// specific (02h), stream commands (04h) and block commands (05h) descriptors.
#include "scsi/sense.h"

namespace scsi {
namespace {

void decode_fixed(base::Bytes bytes, Sense& sense) {
  const auto at = [bytes](size_t index) {
    return index < bytes.size() ? bytes[index] : uint8_t{0};
  };
  // Bytes past the additional length are not sense data even when they are in the buffer.
  const size_t claimed = bytes.size() > 7 ? size_t{8} + bytes[7] : bytes.size();
  const size_t defined = claimed < bytes.size() ? claimed : bytes.size();
  sense.key = at(2) & 0x0f;
  sense.filemark = (at(2) & 0x80) != 0;
  sense.end_of_medium = (at(2) & 0x40) != 0;
  sense.incorrect_length = (at(2) & 0x20) != 0;
  if ((bytes[0] & 0x80) != 0 && bytes.size() >= 7) {
    sense.information = base::load_be32(&bytes[3]);
  }
  if (defined > 12) {
    sense.asc = at(12);
  }
  if (defined > 13) {
    sense.ascq = at(13);
  }
  if (defined > 17 && (at(15) & 0x80) != 0) {
    sense.key_specific = {at(15), at(16), at(17)};
  }
}

void decode_one_descriptor(base::Bytes descriptor, Sense& sense) {
  const size_t size = descriptor.size();
  switch (descriptor[0]) {
    case 0x00:
      if (size >= 12 && (descriptor[2] & 0x80) != 0) {
        sense.information = base::load_be64(&descriptor[4]);
      }
      break;
    case 0x02:
      if (size >= 7 && (descriptor[4] & 0x80) != 0) {
        sense.key_specific = {descriptor[4], descriptor[5], descriptor[6]};
      }
      break;
    case 0x04:
      if (size >= 4) {
        sense.filemark = (descriptor[3] & 0x80) != 0;
        sense.end_of_medium = (descriptor[3] & 0x40) != 0;
        sense.incorrect_length = (descriptor[3] & 0x20) != 0;
      }
      break;
    case 0x05:
      if (size >= 4) {
        sense.incorrect_length = (descriptor[3] & 0x20) != 0;
      }
      break;
    default:
      break;
  }
}

void decode_descriptors(base::Bytes bytes, Sense& sense) {
  const auto at = [bytes](size_t index) {
    return index < bytes.size() ? bytes[index] : uint8_t{0};
  };
  sense.key = at(1) & 0x0f;
  sense.asc = at(2);
  sense.ascq = at(3);
  base::Bytes rest = base::slice(bytes, 8, at(7));
  while (rest.size() >= 2) {
    const base::Bytes descriptor = base::slice(rest, 0, size_t{2} + rest[1]);
    decode_one_descriptor(descriptor, sense);
    rest = base::slice(rest, descriptor.size());
  }
}

}  // namespace

Sense decode_sense(base::Bytes bytes) {
  Sense sense;
  if (bytes.empty()) {
    return sense;
  }
  const uint8_t response = bytes[0] & 0x7f;
  switch (response) {
    case 0x70:
    case 0x71:
      if (bytes.size() >= 3) {
        sense.format = SenseFormat::fixed;
        decode_fixed(bytes, sense);
      }
      break;
    case 0x72:
    case 0x73:
      if (bytes.size() >= 4) {
        sense.format = SenseFormat::descriptor;
        decode_descriptors(bytes, sense);
      }
      break;
    default:
      return sense;
  }
  sense.deferred = sense.valid() && (response & 1) != 0;
  return sense;
}

size_t encode_fixed_sense(base::MutableBytes out, const Sense& sense) {
  const bool fits = sense.information && *sense.information <= UINT32_MAX;
  base::ByteWriter writer(out);
  writer.u8(static_cast<uint8_t>((fits ? 0x80 : 0) | (sense.deferred ? 0x71 : 0x70)));
  writer.u8(0);
  writer.u8(static_cast<uint8_t>((sense.filemark ? 0x80 : 0) | (sense.end_of_medium ? 0x40 : 0) |
                                 (sense.incorrect_length ? 0x20 : 0) | (sense.key & 0x0f)));
  writer.be32(fits ? static_cast<uint32_t>(*sense.information) : 0);
  writer.u8(10);
  writer.zeros(4);
  writer.u8(sense.asc);
  writer.u8(sense.ascq);
  writer.u8(0);
  writer.bytes(sense.key_specific);
  return writer.written().size();
}

size_t encode_descriptor_sense(base::MutableBytes out, const Sense& sense) {
  base::ByteWriter writer(out);
  writer.u8(sense.deferred ? 0x73 : 0x72);
  writer.u8(sense.key & 0x0f);
  writer.u8(sense.asc);
  writer.u8(sense.ascq);
  writer.zeros(4);
  if (sense.information) {
    writer.u8(0x00);
    writer.u8(10);
    writer.u8(0x80);
    writer.u8(0);
    writer.be64(*sense.information);
  }
  if ((sense.key_specific[0] & 0x80) != 0) {
    writer.u8(0x02);
    writer.u8(6);
    writer.zeros(2);
    writer.bytes(sense.key_specific);
    writer.u8(0);
  }
  if (sense.filemark || sense.end_of_medium || sense.incorrect_length) {
    writer.u8(0x04);
    writer.u8(2);
    writer.u8(0);
    writer.u8(static_cast<uint8_t>((sense.filemark ? 0x80 : 0) | (sense.end_of_medium ? 0x40 : 0) |
                                   (sense.incorrect_length ? 0x20 : 0)));
  }
  writer.patch8(7, static_cast<uint8_t>(writer.needed() - 8));
  return writer.written().size();
}

}  // namespace scsi
