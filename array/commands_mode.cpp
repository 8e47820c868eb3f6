// MODE SENSE and MODE SELECT, 6 and 10. SPC-4 6.9 to 6.12.
#include <array>
#include <vector>

#include "array/block_io.h"
#include "array/commands.h"
#include "scsi/mode.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kSavingNotSupported = 0x3900;
constexpr uint8_t kDpoFua = 0x10;

scsi::ModeForm form_of(base::Bytes cdb) {
  return cdb[0] == scsi::kModeSense10 || cdb[0] == scsi::kModeSelect10 ? scsi::ModeForm::ten
                                                                       : scsi::ModeForm::six;
}

size_t length_field(base::Bytes cdb) {
  return form_of(cdb) == scsi::ModeForm::ten ? base::load_be16(&cdb[7]) : cdb[4];
}

// The capacity cannot be changed this way: what is sent must say what is so.
bool acceptable(const scsi::BlockDescriptor& descriptor, const Lun& lun) {
  const uint64_t count = descriptor.block_count;
  return descriptor.block_bytes == lun.block_bytes() &&
         (count == 0 || count == lun.block_count() || count == UINT32_MAX || count == UINT64_MAX);
}

}  // namespace

void mode_sense(Context& context) {
  const base::Bytes cdb = context.cdb();
  const scsi::ModeForm form = form_of(cdb);
  const auto values = static_cast<ModeValues>(cdb[2] >> 6);
  if (values == ModeValues::saved) {
    return end_check(context.task, scsi::kIllegalRequest, kSavingNotSupported);
  }
  Lun& lun = *context.lun;
  std::vector<uint8_t> pages;
  const uint8_t page = cdb[2] & 0x3f;
  if (!lun.modes().append(page, cdb[3], values, pages)) {
    return end_invalid_field(context.task, 2);
  }
  const bool long_lba = form == scsi::ModeForm::ten && (cdb[1] & 0x10) != 0;  // LLBAA
  std::array<uint8_t, scsi::kLongBlockDescriptorBytes> descriptor{};
  const size_t descriptor_bytes =
      (cdb[1] & 0x08) != 0 || !lun.medium_present()  // DBD
          ? 0
          : scsi::encode_block_descriptor(descriptor, long_lba,
                                          {lun.block_count(), lun.block_bytes()});
  const scsi::ModeParameters parts{
      .device_specific =
          static_cast<uint8_t>((lun.write_protected() ? scsi::kModeWriteProtect : 0) | kDpoFua),
      .long_lba = long_lba,
      .block_descriptors = base::Bytes(descriptor).first(descriptor_bytes),
      .pages = pages};
  std::array<uint8_t, 1024> data{};
  const size_t whole = scsi::encode_mode_parameters(data, form, parts);
  end_with_data(context.task, base::slice(data, 0, whole), length_field(cdb));
}

void mode_select(Context& context) {
  const base::Bytes cdb = context.cdb();
  const scsi::ModeForm form = form_of(cdb);
  const size_t length = length_field(cdb);
  Task& task = context.task;
  if ((cdb[1] & 0x01) != 0 || (length != 0 && (cdb[1] & 0x10) == 0)) {
    return end_invalid_field(task, 1);  // SP: nothing is saved; PF: pages as in the standard
  }
  if (length == 0) {
    return end_good(task);
  }
  const base::Bytes list = base::slice(task.data_out, 0, length);
  const auto parts = scsi::decode_mode_parameters(list, form);
  if (list.size() < length || !parts) {
    return end_check(task, scsi::kIllegalRequest, kParameterListLengthError);
  }
  Lun& lun = *context.lun;
  const auto offset_of = [&](base::Bytes part) {
    return static_cast<uint16_t>(part.data() - list.data());
  };
  if (!parts->block_descriptors.empty()) {
    const auto descriptor =
        scsi::decode_block_descriptor(parts->block_descriptors, parts->long_lba);
    if (!descriptor || !acceptable(*descriptor, lun)) {
      return end_invalid_field(task, offset_of(parts->block_descriptors), /*in_cdb=*/false);
    }
  }
  if (const auto refusal = lun.modes().select(parts->pages)) {
    if (refusal->reason == ModePages::Refusal::Reason::list_length) {
      return end_check(task, scsi::kIllegalRequest, kParameterListLengthError);
    }
    const auto at = static_cast<uint16_t>(offset_of(parts->pages) + refusal->offset);
    return end_invalid_field(task, at, /*in_cdb=*/false);
  }
  context.array.attention_for_all(scsi::kModeParametersChanged, lun.number(), &context.nexus);
  end_good(task);
}

}  // namespace array
