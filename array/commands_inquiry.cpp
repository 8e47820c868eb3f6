// INQUIRY and the vital product data pages.
#include <array>
#include <string>

#include "array/block_io.h"
#include "array/commands.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/sense.h"
#include "scsi/vpd.h"

namespace array {
namespace {

constexpr size_t kPageBytes = 1024;
constexpr uint8_t kProtocolIscsi = 5;

size_t standard(const Context& context, base::MutableBytes out) {
  const Config& config = context.array.config();
  scsi::Inquiry inquiry;
  if (context.lun == nullptr) {
    inquiry.qualifier = 3;
    inquiry.device_type = 0x1f;
  } else {
    inquiry.removable = context.lun->removable();
  }
  inquiry.version = 6;
  inquiry.target_port_group_support = static_cast<uint8_t>(config.alua);
  inquiry.command_queuing = true;
  static_cast<void>(inquiry.vendor.assign(config.vendor));
  static_cast<void>(inquiry.product.assign(config.product));
  static_cast<void>(inquiry.revision.assign(config.revision));
  return scsi::encode_inquiry(out, inquiry);
}

size_t supported_pages(base::MutableBytes out) {
  constexpr std::array<uint8_t, 7> kPages = {
      scsi::kVpdSupportedPages,  scsi::kVpdSerialNumber, scsi::kVpdDeviceIdentification,
      scsi::kVpdExtendedInquiry, scsi::kVpdBlockLimits,  scsi::kVpdCharacteristics,
      scsi::kVpdProvisioning};
  return scsi::encode_vpd(out, scsi::kVpdSupportedPages, kPages);
}

base::Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

size_t identification(const Context& context, base::MutableBytes out) {
  const Config& config = context.array.config();
  scsi::DesignatorPageWriter writer(out);
  scsi::Designator designator;
  // The target's name comes first on purpose: a host that takes the first designator merges all
  // LUNs of the target.
  const std::string target = config.target_name;
  designator = {scsi::CodeSet::utf8,
                scsi::Association::target_device,
                scsi::DesignatorType::scsi_name,
                kProtocolIscsi,
                true,
                as_bytes(target)};
  writer.add(designator);
  designator = {
      scsi::CodeSet::binary, scsi::Association::logical_unit, scsi::DesignatorType::naa, 0, false,
      context.lun->naa()};
  writer.add(designator);
  std::string t10 = config.vendor;
  t10.resize(8, ' ');
  t10 += context.lun->serial();
  designator = {scsi::CodeSet::ascii,
                scsi::Association::logical_unit,
                scsi::DesignatorType::t10_vendor_id,
                0,
                false,
                as_bytes(t10)};
  writer.add(designator);
  const unsigned port = context.nexus.port;
  std::array<uint8_t, 4> relative{};
  base::store_be16(&relative[2], static_cast<uint16_t>(port + 1));
  designator = {scsi::CodeSet::binary,
                scsi::Association::target_port,
                scsi::DesignatorType::relative_target_port,
                kProtocolIscsi,
                true,
                relative};
  writer.add(designator);
  std::array<uint8_t, 4> group{};
  base::store_be16(&group[2], context.array.group_of_port(port));
  designator = {scsi::CodeSet::binary,
                scsi::Association::target_port,
                scsi::DesignatorType::target_port_group,
                kProtocolIscsi,
                true,
                group};
  writer.add(designator);
  return writer.finish();
}

scsi::BlockLimits limits_of(Lun& lun) {
  scsi::BlockLimits limits;
  limits.optimal_granularity_blocks = static_cast<uint16_t>(1U << lun.physical_exponent());
  limits.max_transfer_blocks = kMaxTransferBytes / lun.block_bytes();
  limits.optimal_transfer_blocks = limits.max_transfer_blocks / 4;
  limits.max_write_same_blocks = kMaxWriteSameBytes / lun.block_bytes();
  limits.max_compare_and_write_blocks = kMaxCompareAndWriteBlocks;
  if (lun.thin()) {
    limits.max_unmap_blocks = kMaxUnmapBytes / lun.block_bytes();
    limits.max_unmap_descriptors = kMaxUnmapDescriptors;
    // A block is no granularity worth telling; and QEMU's iSCSI driver aborts when it is told so
    // about blocks of 4096 bytes.
    const uint32_t granularity = lun.unmap_granularity_blocks();
    limits.unmap_granularity_blocks = granularity == 1 ? 0 : granularity;
  }
  return limits;
}

scsi::Provisioning provisioning_of(Lun& lun) {
  scsi::Provisioning provisioning;
  if (lun.thin()) {
    provisioning.unmap = true;
    provisioning.write_same16_unmap = true;
    provisioning.write_same10_unmap = true;
    provisioning.read_zeros = 1;
    provisioning.type = 2;
  }
  for (uint32_t blocks = Pool::kThresholdSetBytes / lun.block_bytes();
       lun.pool().limited() && blocks > 1; blocks /= 2) {
    ++provisioning.threshold_exponent;
  }
  return provisioning;
}

size_t vpd_page(const Context& context, uint8_t page, base::MutableBytes out) {
  Lun& lun = *context.lun;
  switch (page) {
    case scsi::kVpdSupportedPages:
      return supported_pages(out);
    case scsi::kVpdSerialNumber:
      return scsi::encode_vpd(out, scsi::kVpdSerialNumber, as_bytes(lun.serial()));
    case scsi::kVpdDeviceIdentification:
      return identification(context, out);
    case scsi::kVpdExtendedInquiry:
      return scsi::encode_extended_inquiry(out, lun.has_volatile_cache());
    case scsi::kVpdBlockLimits:
      return scsi::encode_block_limits(out, limits_of(lun));
    case scsi::kVpdCharacteristics: {
      std::array<uint8_t, 60> payload{};
      payload[1] = 1;  // medium rotation rate 0001h: not rotating
      return scsi::encode_vpd(out, scsi::kVpdCharacteristics, payload);
    }
    case scsi::kVpdProvisioning:
      return scsi::encode_provisioning(out, provisioning_of(lun));
    default:
      return 0;
  }
}

}  // namespace

void inquiry(Context& context) {
  const base::Bytes cdb = context.cdb();
  Task& task = context.task;
  const bool evpd = (cdb[1] & 1) != 0;
  if (!evpd && cdb[2] != 0) {
    return end_invalid_field(task, 2);
  }
  if (evpd && context.lun == nullptr) {
    return end_check(task, scsi::kIllegalRequest, 0x2500);
  }
  std::array<uint8_t, kPageBytes> page{};
  const size_t length = evpd ? vpd_page(context, cdb[2], page) : standard(context, page);
  if (length == 0) {
    return end_invalid_field(task, 2);
  }
  end_with_data(task, base::slice(page, 0, length), base::load_be16(&cdb[3]));
}

}  // namespace array
