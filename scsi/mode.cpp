// See mode.h.
#include "scsi/mode.h"

namespace scsi {
namespace {

constexpr uint8_t kLongLba = 0x01;
constexpr uint8_t kSubpageFormat = 0x40;

constexpr size_t header_bytes(ModeForm form) {
  return form == ModeForm::six ? 4 : 8;
}

}  // namespace

std::optional<ModeParameters> decode_mode_parameters(base::Bytes list, ModeForm form) {
  const size_t header = header_bytes(form);
  if (list.size() < header) {
    return std::nullopt;
  }
  const bool six = form == ModeForm::six;
  ModeParameters parts;
  parts.device_specific = six ? list[2] : list[3];
  parts.long_lba = !six && (list[4] & kLongLba) != 0;
  const size_t descriptor_bytes = six ? list[3] : base::load_be16(&list[6]);
  if (descriptor_bytes > list.size() - header) {
    return std::nullopt;
  }
  parts.block_descriptors = list.subspan(header, descriptor_bytes);
  parts.pages = list.subspan(header + descriptor_bytes);
  return parts;
}

size_t encode_mode_parameters(base::MutableBytes out, ModeForm form, const ModeParameters& parts) {
  base::ByteWriter writer(out);
  const size_t whole = header_bytes(form) + parts.block_descriptors.size() + parts.pages.size();
  if (form == ModeForm::six) {
    writer.u8(static_cast<uint8_t>(whole - 1));  // MODE DATA LENGTH does not count itself
    writer.u8(0);
    writer.u8(parts.device_specific);
    writer.u8(static_cast<uint8_t>(parts.block_descriptors.size()));
  } else {
    writer.be16(static_cast<uint16_t>(whole - 2));
    writer.u8(0);
    writer.u8(parts.device_specific);
    writer.u8(parts.long_lba ? kLongLba : 0);
    writer.u8(0);
    writer.be16(static_cast<uint16_t>(parts.block_descriptors.size()));
  }
  writer.bytes(parts.block_descriptors);
  writer.bytes(parts.pages);
  return writer.needed();
}

std::optional<ModePage> first_mode_page(base::Bytes pages) {
  if (pages.size() < 2) {
    return std::nullopt;
  }
  ModePage page;
  page.code = pages[0] & 0x3f;
  size_t header = 2;
  size_t length = pages[1];
  if ((pages[0] & kSubpageFormat) != 0) {
    if (pages.size() < 4 || pages[1] == 0) {
      return std::nullopt;
    }
    page.subcode = pages[1];
    header = 4;
    length = base::load_be16(&pages[2]);
  }
  if (length > pages.size() - header) {
    return std::nullopt;
  }
  page.body = pages.subspan(header, length);
  return page;
}

size_t encode_mode_page(base::MutableBytes out, const ModePage& page) {
  base::ByteWriter writer(out);
  if (page.subcode == 0) {
    writer.u8(page.code & 0x3f);
    writer.u8(static_cast<uint8_t>(page.body.size()));
  } else {
    writer.u8(static_cast<uint8_t>(kSubpageFormat | (page.code & 0x3f)));
    writer.u8(page.subcode);
    writer.be16(static_cast<uint16_t>(page.body.size()));
  }
  writer.bytes(page.body);
  return writer.needed();
}

std::optional<BlockDescriptor> decode_block_descriptor(base::Bytes bytes, bool long_lba) {
  if (bytes.size() != (long_lba ? kLongBlockDescriptorBytes : kShortBlockDescriptorBytes)) {
    return std::nullopt;
  }
  BlockDescriptor descriptor;
  if (long_lba) {
    descriptor.block_count = base::load_be64(bytes.data());
    descriptor.block_bytes = base::load_be32(&bytes[12]);
  } else {
    descriptor.block_count = base::load_be32(bytes.data());
    descriptor.block_bytes = base::load_be24(&bytes[5]);
  }
  return descriptor;
}

size_t encode_block_descriptor(base::MutableBytes out, bool long_lba,
                               const BlockDescriptor& descriptor) {
  base::ByteWriter writer(out);
  if (long_lba) {
    writer.be64(descriptor.block_count);
    writer.be32(0);
    writer.be32(descriptor.block_bytes);
  } else {
    writer.be32(descriptor.block_count > UINT32_MAX
                    ? UINT32_MAX
                    : static_cast<uint32_t>(descriptor.block_count));
    writer.be32(descriptor.block_bytes & 0xffffff);  // a reserved byte, then 24 bits
  }
  return writer.needed();
}

}  // namespace scsi
