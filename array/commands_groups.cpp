// REPORT TARGET PORT GROUPS and SET TARGET PORT GROUPS. SPC-4 6.33, 6.45.
#include <algorithm>
#include <array>

#include "array/commands.h"
#include "array/lies.h"
#include "scsi/sense.h"
#include "scsi/target_port_groups.h"

namespace array {
namespace {

constexpr uint16_t kParameterListLength = 0x1a00;
constexpr uint16_t kSetGroupsFailed = 0x670a;  // SET TARGET PORT GROUPS COMMAND FAILED

bool settable(scsi::AccessState state) {
  switch (state) {
    case scsi::AccessState::active_optimized:
    case scsi::AccessState::active_nonoptimized:
    case scsi::AccessState::standby:
    case scsi::AccessState::unavailable:
      return true;
    case scsi::AccessState::lba_dependent:
    case scsi::AccessState::offline:
    case scsi::AccessState::transitioning:
      return false;
  }
  return false;
}

using Changes = base::FixedVector<scsi::SetGroup, scsi::kMaxGroups>;

// The request is right; a fault may want something else than what it asks for. True: it has been
// dealt with.
bool meets_fault(Context& context, Changes changes) {
  SetGroupsFaults& faults = context.array.set_groups_faults();
  if (take_one(faults.refuse)) {
    end_check(context.task, scsi::kHardwareError, kSetGroupsFailed);
  } else if (take_one(faults.partial)) {
    context.array.apply_set_groups({changes.data(), std::min<size_t>(changes.size(), 1)},
                                   context.nexus);
    end_check(context.task, scsi::kHardwareError, kSetGroupsFailed);
  } else if (take_one(faults.ignore)) {
    end_good(context.task);
  } else if (take_one(faults.stick)) {
    for (scsi::SetGroup& change : changes) {
      change.state = scsi::AccessState::transitioning;
    }
    context.array.apply_set_groups({changes.data(), changes.size()}, context.nexus);
    end_good(context.task);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void report_groups(Context& context) {
  if (context.array.config().alua == AluaMode::none) {
    return end_check(context.task, scsi::kIllegalRequest, 0x2000);
  }
  const base::Bytes cdb = context.cdb();
  const uint8_t format = cdb[1] >> 5;
  if (format > 1) {
    return end_invalid_field(context.task, 1);
  }
  std::array<uint8_t, 2048> data{};
  scsi::TargetPortGroups groups = context.array.groups().report(format == 1);
  const PortFaults& faults = context.array.port_faults(context.nexus.port);
  lie_about_groups(faults.rtpg_lie, faults.stale_groups, groups);
  const size_t needed =
      lie_about_length(faults.rtpg_lie, data, scsi::encode_target_port_groups(data, groups));
  const size_t count = std::min({needed, data.size(), size_t{base::load_be32(&cdb[6])}});
  context.task.data_in.assign(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(count));
  end_good(context.task);
}

void set_groups(Context& context) {
  Task& task = context.task;
  const AluaMode mode = context.array.config().alua;
  if (mode != AluaMode::explicit_only && mode != AluaMode::both) {
    return end_check(task, scsi::kIllegalRequest, 0x2000);
  }
  const uint32_t length = base::load_be32(&context.cdb()[6]);
  if (length == 0) {
    return end_good(task);
  }
  const auto changes = scsi::decode_set_groups(base::slice(task.data_out, 0, length));
  if (task.data_out.size() < length || !changes) {
    return end_check(task, scsi::kIllegalRequest, kParameterListLength);
  }
  for (size_t i = 0; i < changes->size(); ++i) {
    if (!settable((*changes)[i].state)) {
      return end_invalid_field(task, static_cast<uint16_t>(4 + 4 * i), /*in_cdb=*/false);
    }
    if (!context.array.groups().exists((*changes)[i].id)) {
      return end_invalid_field(task, static_cast<uint16_t>(6 + 4 * i), /*in_cdb=*/false);
    }
  }
  for (const scsi::SetGroup& change : *changes) {
    if (context.array.groups().state(change.id) == scsi::AccessState::transitioning ||
        !context.array.controller_alive(change.id - 1U)) {
      return end_check(task, scsi::kHardwareError, kSetGroupsFailed);
    }
  }
  if (meets_fault(context, *changes)) {
    return;
  }
  context.array.apply_set_groups({changes->data(), changes->size()}, context.nexus);
  end_good(task);
}

}  // namespace array
