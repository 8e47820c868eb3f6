// INQUIRY, VPD and RTPG data as documents; see explain.h.
#include <fmt/format.h>

#include <string>

#include "cli/explain/explain.h"
#include "cli/size_text.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/target_port_groups.h"
#include "scsi/vpd.h"

namespace cli::explain {
namespace {

const char* name_of_group_support(uint8_t tpgs) {
  constexpr const char* kNames[] = {"none", "implicit", "explicit", "implicit and explicit"};
  return kNames[tpgs & 3];
}

const char* name_of_page(uint8_t page) {
  switch (page) {
    case scsi::kVpdSupportedPages:
      return "supported VPD pages";
    case scsi::kVpdSerialNumber:
      return "unit serial number";
    case scsi::kVpdDeviceIdentification:
      return "device identification";
    case scsi::kVpdBlockLimits:
      return "block limits";
    case scsi::kVpdCharacteristics:
      return "block device characteristics";
    case scsi::kVpdProvisioning:
      return "logical block provisioning";
    default:
      return "not known to dsmkit";
  }
}

bool printable(base::Bytes bytes) {
  for (const uint8_t byte : bytes) {
    if (byte < 0x20 || byte >= 0x7f) {
      return false;
    }
  }
  return !bytes.empty();
}

std::string as_text(base::Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string designator_value(const scsi::Designator& designator) {
  const base::Bytes bytes = designator.bytes;
  switch (designator.type) {
    case scsi::DesignatorType::relative_target_port:
    case scsi::DesignatorType::target_port_group:
    case scsi::DesignatorType::logical_unit_group:
      return bytes.size() == 4 ? fmt::format("{}", base::load_be16(&bytes[2])) : hex(bytes);
    case scsi::DesignatorType::naa:
    case scsi::DesignatorType::eui64:
      return hex(bytes);
    default:
      return printable(bytes) ? as_text(bytes) : hex(bytes);
  }
}

Document device_identification(base::Bytes page) {
  Document list = Document::array();
  scsi::DesignatorWalk walk(page);
  while (const auto designator = walk.next()) {
    list.push_back({{"type", scsi::name_of(designator->type)},
                    {"association", scsi::name_of(designator->association)},
                    {"code_set", designator->code_set == scsi::CodeSet::binary  ? "binary"
                                 : designator->code_set == scsi::CodeSet::ascii ? "ASCII"
                                 : designator->code_set == scsi::CodeSet::utf8  ? "UTF-8"
                                                                                : "reserved"},
                    {"value", designator_value(*designator)}});
  }
  Document document{{"designators", std::move(list)}};
  if (walk.truncated()) {
    document["warning"] = "the page is cut off: a length in it points past the end";
  }
  return document;
}

Document block_limits(const scsi::BlockLimits& limits) {
  return {{"max_transfer_blocks", limits.max_transfer_blocks},
          {"optimal_transfer_blocks", limits.optimal_transfer_blocks},
          {"optimal_granularity_blocks", limits.optimal_granularity_blocks},
          {"max_unmap_blocks", limits.max_unmap_blocks},
          {"max_unmap_descriptors", limits.max_unmap_descriptors},
          {"unmap_granularity_blocks", limits.unmap_granularity_blocks},
          {"max_write_same_blocks", limits.max_write_same_blocks},
          {"max_compare_and_write_blocks", limits.max_compare_and_write_blocks}};
}

Document provisioning(const scsi::Provisioning& page) {
  return {{"type", page.type == 2   ? "thin"
                   : page.type == 1 ? "resource"
                                    : "full or not reported"},
          {"unmap", page.unmap},
          {"write_same_16_unmap", page.write_same16_unmap},
          {"write_same_10_unmap", page.write_same10_unmap},
          {"unmapped_blocks_read_as_zeros", page.read_zeros != 0},
          {"threshold_exponent", page.threshold_exponent}};
}

Document supported_pages(base::Bytes payload) {
  Document list = Document::array();
  for (const uint8_t page : payload) {
    list.push_back(fmt::format("{:02X}h {}", page, name_of_page(page)));
  }
  return {{"pages", std::move(list)}};
}

Document vpd_body(base::Bytes bytes, base::Bytes payload) {
  switch (bytes[1]) {
    case scsi::kVpdSupportedPages:
      return supported_pages(payload);
    case scsi::kVpdSerialNumber:
      return {{"serial_number", printable(payload) ? as_text(payload) : hex(payload)}};
    case scsi::kVpdDeviceIdentification:
      return device_identification(bytes);
    case scsi::kVpdBlockLimits:
      if (const auto limits = scsi::decode_block_limits(bytes)) {
        return block_limits(*limits);
      }
      return {{"error", "the page is too short to hold the transfer limits (16 bytes are needed)"}};
    case scsi::kVpdProvisioning:
      if (const auto page = scsi::decode_provisioning(bytes)) {
        return provisioning(*page);
      }
      return {{"error", "the page is too short (7 bytes are needed)"}};
    default:
      return {{"payload", hex(payload)}};
  }
}

}  // namespace

std::string hex(base::Bytes bytes) {
  std::string out;
  for (const uint8_t byte : bytes) {
    out += fmt::format("{:02x}", byte);
  }
  return out;
}

Document inquiry(base::Bytes bytes) {
  const auto inquiry = scsi::decode_inquiry(bytes);
  if (!inquiry) {
    return {{"error", fmt::format("{} bytes are no standard INQUIRY data: at least 36 are needed",
                                  bytes.size())}};
  }
  return {{"vendor", scsi::trimmed(inquiry->vendor)},
          {"product", scsi::trimmed(inquiry->product)},
          {"revision", scsi::trimmed(inquiry->revision)},
          {"peripheral_qualifier", inquiry->qualifier},
          {"device_type", inquiry->device_type},
          {"version", inquiry->version},
          {"target_port_group_support", name_of_group_support(inquiry->target_port_group_support)},
          {"command_queuing", inquiry->command_queuing},
          {"third_party_copy", inquiry->third_party_copy},
          {"protection", inquiry->protect},
          {"removable", inquiry->removable}};
}

Document vpd(base::Bytes bytes) {
  if (bytes.size() < 4) {
    return {
        {"error", fmt::format("{} bytes are no VPD page: the header alone has 4", bytes.size())}};
  }
  const size_t claimed = base::load_be16(&bytes[2]);
  const base::Bytes payload = base::slice(bytes, 4, claimed);
  Document document{{"page", fmt::format("{:02X}h {}", bytes[1], name_of_page(bytes[1]))}};
  document.update(vpd_body(bytes, payload));
  if (payload.size() < claimed && !document.contains("warning")) {
    document["warning"] =
        fmt::format("the header promises {} bytes after it, {} are there", claimed, payload.size());
  }
  return document;
}

Document target_port_groups(base::Bytes bytes) {
  scsi::TargetPortGroups answer;
  const bool sound = scsi::decode_target_port_groups(bytes, answer);
  if (answer.defect == scsi::GroupsDefect::too_short) {
    return {
        {"error", fmt::format("{} bytes are no REPORT TARGET PORT GROUPS data: the header alone "
                              "has 4",
                              bytes.size())}};
  }
  Document document{{"format", answer.extended ? "extended header" : "basic header"}};
  if (answer.extended) {
    document["implicit_transition_time_s"] = answer.implicit_transition_time_s;
  }
  Document groups = Document::array();
  for (const scsi::TargetPortGroup& group : answer.groups) {
    Document ports = Document::array();
    for (const uint16_t port : group.ports) {
      ports.push_back(port);
    }
    groups.push_back({{"group", group.id},
                      {"state", scsi::name_of(group.state)},
                      {"state_code", static_cast<unsigned>(group.state)},
                      {"preferred", group.preferred},
                      {"supported_states", fmt::format("{:02x}", group.supported_states)},
                      {"status_code", group.status_code},
                      {"relative_target_ports", std::move(ports)}});
  }
  document["groups"] = std::move(groups);
  if (!sound) {
    document["warning"] = scsi::name_of(answer.defect);
  }
  return document;
}

}  // namespace cli::explain
