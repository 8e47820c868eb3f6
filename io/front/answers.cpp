// See answers.h.
#include "io/front/answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "io/front/registrations.h"
#include "scsi/designator.h"
#include "scsi/luns.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"
#include "scsi/sense.h"
#include "scsi/supported_commands.h"
#include "scsi/target_port_groups.h"
#include "scsi/vpd.h"

namespace io::front {
namespace {

constexpr uint16_t kInvalidOpcode = 0x2000;
constexpr uint16_t kInvalidField = 0x2400;
constexpr uint16_t kInvalidFieldInList = 0x2600;
constexpr uint16_t kNoSuchUnit = 0x2500;
constexpr uint8_t kProtocolIscsi = 5;
constexpr size_t kMaxPageBytes = 8192;
constexpr uint32_t kMaxListBytes = 16384;
constexpr uint16_t kMaxInquiryBytes = 4096;
constexpr uint16_t kMaxRegistrationBytes = 0xfffc;

bool is_in(const scsi::Cdb& cdb, uint8_t service_action) {
  return cdb.opcode() == scsi::kMaintenanceIn && cdb.service_action() == service_action;
}
bool wants_identification(const scsi::Cdb& cdb) {
  return cdb.opcode() == scsi::kInquiry && (cdb.bytes[1] & 1) != 0 &&
         cdb.bytes[2] == scsi::kVpdDeviceIdentification;
}
bool is_standard_inquiry(const scsi::Cdb& cdb) {
  return cdb.opcode() == scsi::kInquiry && (cdb.bytes[1] & 1) == 0;
}

bool is_hidden(uint8_t opcode, uint8_t service_action) {
  switch (opcode) {
    case scsi::kMaintenanceOut:
      return service_action == scsi::kServiceSetTargetPortGroups;
    case scsi::kPersistentReserveOut:
      return service_action == static_cast<uint8_t>(scsi::ReserveOutAction::register_and_move);
    default:
      return false;
  }
}

void end_good(iscsi::Task& task, base::Bytes whole, size_t allocation) {
  const base::Bytes part = base::slice(whole, 0, allocation);
  task.status = scsi::kGood;
  task.data_in.assign(part.begin(), part.end());
}

void report_luns(iscsi::Task& task) {
  const uint8_t select = task.cdb.bytes[2];
  const uint32_t allocation = base::load_be32(&task.cdb.bytes[6]);
  if (select > 2 || allocation < 16) {
    return iscsi::end_check(task, scsi::kIllegalRequest, kInvalidField);
  }
  constexpr std::array<uint32_t, 1> kLuns = {0};
  std::array<uint8_t, 16> data{};
  const size_t length =
      scsi::encode_report_luns(data, std::span(kLuns).first(select == 1 ? 0 : 1));  // 1: well-known
  end_good(task, base::Bytes(data).first(length), allocation);
}

void tell_sense(iscsi::Task& task, uint8_t key, uint16_t code) {
  const scsi::Sense sense = scsi::make_sense(key, code);
  std::array<uint8_t, 32> data{};
  const size_t length = (task.cdb.bytes[1] & 1) != 0 ? scsi::encode_descriptor_sense(data, sense)
                                                     : scsi::encode_fixed_sense(data, sense);
  end_good(task, base::Bytes(data).first(length), task.cdb.bytes[4]);
}

void answer_for_no_unit(iscsi::Task& task) {
  if (is_standard_inquiry(task.cdb) && task.cdb.bytes[2] == 0) {
    std::array<uint8_t, 36> data{};
    data[0] = 0x7f;  // no unit can be here, so it has no type
    data[4] = 31;
    std::fill(data.begin() + 8, data.end(), uint8_t{' '});
    return end_good(task, data, base::load_be16(&task.cdb.bytes[3]));
  }
  if (task.cdb.opcode() == scsi::kRequestSense) {
    return tell_sense(task, scsi::kIllegalRequest, kNoSuchUnit);
  }
  iscsi::end_check(task, scsi::kIllegalRequest, kNoSuchUnit);
}

// The logical unit's names stay; those of ports, groups and targets become the front's.
void adjust_identification(const Place& place, std::vector<uint8_t>& data) {
  std::vector<uint8_t> page(kMaxPageBytes);
  scsi::DesignatorPageWriter writer(page);
  scsi::DesignatorWalk walk(data);
  bool has_group = false;
  while (const auto designator = walk.next()) {
    has_group = has_group || designator->type == scsi::DesignatorType::target_port_group;
    if (designator->association == scsi::Association::logical_unit) {
      writer.add(*designator);
    }
  }
  const auto add = [&](scsi::CodeSet code_set, scsi::Association association,
                       scsi::DesignatorType type, base::Bytes bytes) {
    writer.add({code_set, association, type, kProtocolIscsi, true, bytes});
  };
  std::array<uint8_t, 4> number{};
  base::store_be16(&number[2], static_cast<uint16_t>(place.port + 1));
  add(scsi::CodeSet::binary, scsi::Association::target_port,
      scsi::DesignatorType::relative_target_port, number);
  if (has_group) {
    base::store_be16(&number[2], kGroup);
    add(scsi::CodeSet::binary, scsi::Association::target_port,
        scsi::DesignatorType::target_port_group, number);
  }
  add(scsi::CodeSet::utf8, scsi::Association::target_device, scsi::DesignatorType::scsi_name,
      {reinterpret_cast<const uint8_t*>(place.target_name.data()), place.target_name.size()});
  page.resize(std::min(page.size(), writer.finish()));
  if (!page.empty() && !data.empty()) {
    page[0] = data[0];  // what kind of device it is
  }
  data = std::move(page);
}

void adjust_groups(const scsi::Cdb& cdb, const Place& place, std::vector<uint8_t>& data) {
  scsi::TargetPortGroups groups;
  groups.extended = (cdb.bytes[1] >> 5) == 1;
  scsi::TargetPortGroup group;
  group.id = kGroup;
  group.supported_states = 1;  // active/optimized
  for (unsigned port = 0; port < place.port_count; ++port) {
    static_cast<void>(group.ports.push_back(static_cast<uint16_t>(port + 1)));
  }
  static_cast<void>(groups.groups.push_back(group));
  data.assign(kMaxPageBytes, 0);
  data.resize(std::min(data.size(), scsi::encode_target_port_groups(data, groups)));
}

// The list of all commands, without those that are hidden. SPC-4 6.35.2.
void adjust_commands(std::vector<uint8_t>& data) {
  constexpr size_t kHeader = 4;
  constexpr size_t kDescriptor = 8;
  constexpr size_t kTimeouts = 12;
  if (data.size() < kHeader) {
    return;
  }
  std::vector<uint8_t> kept(kHeader);
  for (size_t at = kHeader; at + kDescriptor <= data.size();) {
    const size_t size = kDescriptor + ((data[at + 5] & 0x02) != 0 ? kTimeouts : 0);
    if (at + size > data.size()) {
      break;
    }
    const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at);
    if (!is_hidden(data[at], data[at + 3])) {
      kept.insert(kept.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    }
    at += size;
  }
  base::store_be32(kept.data(), static_cast<uint32_t>(kept.size() - kHeader));
  data = std::move(kept);
}

// Registering for other nexuses: for those that TransportIDs name, or at all ports of the target.
// The array would take both for nexuses of its own.
bool registers_elsewhere(const iscsi::Task& task) {
  if (task.cdb.opcode() != scsi::kPersistentReserveOut) {
    return false;
  }
  const auto list = scsi::decode_reserve_out(task.data_out);
  return list && (list->specifies_ports || list->all_target_ports);
}

bool asks_for_reservation_capabilities(const scsi::Cdb& cdb) {
  return cdb.opcode() == scsi::kPersistentReserveIn &&
         cdb.service_action() == static_cast<uint8_t>(scsi::ReserveInAction::report_capabilities);
}

void adjust_reservation_capabilities(std::vector<uint8_t>& data) {
  auto can = scsi::decode_report_capabilities(data);
  if (can) {
    can->specifies_ports = false;
    can->all_target_ports = false;
    data.assign(scsi::kReservationCapabilitiesBytes, 0);
    scsi::encode_report_capabilities(data, *can);
  }
}

bool asks_for_all_commands(const scsi::Cdb& cdb) {
  return is_in(cdb, scsi::kServiceReportSupportedOpcodes) && (cdb.bytes[2] & 7) == 0;
}

bool asks_for_hidden_command(const scsi::Cdb& cdb) {
  return is_in(cdb, scsi::kServiceReportSupportedOpcodes) && (cdb.bytes[2] & 7) != 0 &&
         is_hidden(cdb.bytes[3], cdb.bytes[5]);
}

}  // namespace

bool is_hidden(const scsi::Cdb& cdb) {
  return is_hidden(cdb.opcode(), cdb.service_action());
}

bool answer_here(iscsi::Task& task, uint16_t& attention) {
  const uint8_t opcode = task.cdb.opcode();
  if (opcode == scsi::kReportLuns) {
    report_luns(task);
  } else if (scsi::decode_lun(task.lun) != 0U) {
    answer_for_no_unit(task);
  } else if (opcode == scsi::kRequestSense && attention != 0) {
    tell_sense(task, scsi::kUnitAttention, std::exchange(attention, uint16_t{0}));
  } else if (opcode != scsi::kInquiry && attention != 0) {
    iscsi::end_check(task, scsi::kUnitAttention, std::exchange(attention, uint16_t{0}));
  } else if (is_hidden(task.cdb)) {
    iscsi::end_check(task, scsi::kIllegalRequest,
                     opcode == scsi::kPersistentReserveOut ? kInvalidField : kInvalidOpcode);
  } else if (registers_elsewhere(task)) {
    iscsi::end_check(task, scsi::kIllegalRequest, kInvalidFieldInList);
  } else if (asks_for_hidden_command(task.cdb)) {
    std::array<uint8_t, 4> data{};
    const size_t length = scsi::encode_one_command(data, nullptr, false);
    end_good(task, base::Bytes(data).first(length), base::load_be32(&task.cdb.bytes[6]));
  } else {
    return false;
  }
  return true;
}

WholeAnswer whole_answer_for(const scsi::Cdb& cdb) {
  WholeAnswer whole{.cdb = cdb};
  if (wants_identification(cdb)) {
    whole.allocation = base::load_be16(&cdb.bytes[3]);
    whole.bytes = kMaxInquiryBytes;
    base::store_be16(&whole.cdb.bytes[3], kMaxInquiryBytes);
  } else if (asks_for_all_commands(cdb) || is_in(cdb, scsi::kServiceReportTargetPortGroups)) {
    whole.allocation = base::load_be32(&cdb.bytes[6]);
    whole.bytes = kMaxListBytes;
    base::store_be32(&whole.cdb.bytes[6], kMaxListBytes);
  } else if (tells_registrations(cdb)) {
    whole.allocation = base::load_be16(&cdb.bytes[7]);
    whole.bytes = kMaxRegistrationBytes;
    whole.cdb = scsi::make_persistent_reserve_in(scsi::ReserveInAction::read_full_status,
                                                 kMaxRegistrationBytes);
  }
  return whole;
}

void adjust(const scsi::Cdb& cdb, const Place& place, std::vector<uint8_t>& data) {
  const WholeAnswer whole = whole_answer_for(cdb);
  if (is_standard_inquiry(cdb)) {
    constexpr uint8_t kTpgs = 0x30;
    constexpr uint8_t kImplicitOnly = 0x10;
    if (data.size() > 5 && (data[5] & kTpgs) != 0) {
      data[5] = static_cast<uint8_t>((data[5] & ~kTpgs) | kImplicitOnly);
    }
  } else if (wants_identification(cdb)) {
    adjust_identification(place, data);
  } else if (asks_for_all_commands(cdb)) {
    adjust_commands(data);
  } else if (is_in(cdb, scsi::kServiceReportTargetPortGroups)) {
    adjust_groups(cdb, place, data);
  } else if (asks_for_reservation_capabilities(cdb)) {
    adjust_reservation_capabilities(data);
  }
  if (whole.bytes != 0) {
    data.resize(std::min<size_t>(data.size(), whole.allocation));
  }
}

}  // namespace io::front
