// See target_port_groups.h. Layouts: SPC-4 tables 305-309 and 358.
#include "scsi/target_port_groups.h"

namespace scsi {
namespace {

constexpr size_t kGroupHeaderBytes = 8;
constexpr size_t kPortBytes = 4;

void note(TargetPortGroups& out, GroupsDefect defect) {
  if (out.defect == GroupsDefect::none) {
    out.defect = defect;
  }
}

bool port_is_known(const TargetPortGroups& out, const TargetPortGroup& current, uint16_t port) {
  for (const TargetPortGroup& group : out.groups) {
    for (const uint16_t other : group.ports) {
      if (other == port) {
        return true;
      }
    }
  }
  for (const uint16_t other : current.ports) {
    if (other == port) {
      return true;
    }
  }
  return false;
}

// One whole descriptor; the caller made sure that all its bytes are there.
void decode_group(base::Bytes bytes, TargetPortGroups& out) {
  TargetPortGroup group;
  group.preferred = (bytes[0] & 0x80) != 0;
  group.state = static_cast<AccessState>(bytes[0] & 0x0f);
  group.supported_states = bytes[1];
  group.id = base::load_be16(&bytes[2]);
  group.status_code = bytes[5];
  if (!is_known(group.state)) {
    note(out, GroupsDefect::unknown_state);
  }
  if (out.find(group.id) != nullptr) {
    note(out, GroupsDefect::duplicate_group);
    return;
  }
  for (size_t at = kGroupHeaderBytes; at < bytes.size(); at += kPortBytes) {
    const uint16_t port = base::load_be16(&bytes[at + 2]);
    if (port_is_known(out, group, port)) {
      note(out, GroupsDefect::duplicate_port);
    } else if (!group.ports.push_back(port)) {
      note(out, GroupsDefect::too_many);
    }
  }
  if (!out.groups.push_back(group)) {
    note(out, GroupsDefect::too_many);
  }
}

}  // namespace

bool is_known(AccessState state) {
  switch (state) {
    case AccessState::active_optimized:
    case AccessState::active_nonoptimized:
    case AccessState::standby:
    case AccessState::unavailable:
    case AccessState::lba_dependent:
    case AccessState::offline:
    case AccessState::transitioning:
      return true;
  }
  return false;
}

std::string_view name_of(AccessState state) {
  using std::string_view_literals::operator""sv;  // lengths known here: no strlen
  switch (state) {
    case AccessState::active_optimized:
      return "active/optimized"sv;
    case AccessState::active_nonoptimized:
      return "active/non-optimized"sv;
    case AccessState::standby:
      return "standby"sv;
    case AccessState::unavailable:
      return "unavailable"sv;
    case AccessState::lba_dependent:
      return "logical block dependent"sv;
    case AccessState::offline:
      return "offline"sv;
    case AccessState::transitioning:
      return "transitioning"sv;
  }
  return "reserved"sv;
}

const char* name_of(GroupsDefect defect) {
  switch (defect) {
    case GroupsDefect::none:
      return "none";
    case GroupsDefect::too_short:
      return "shorter than its header";
    case GroupsDefect::length_too_large:
      return "the length field claims more than was sent";
    case GroupsDefect::cut_group:
      return "a group descriptor is cut off";
    case GroupsDefect::duplicate_group:
      return "a target port group is listed twice";
    case GroupsDefect::duplicate_port:
      return "a target port is listed twice";
    case GroupsDefect::unknown_state:
      return "a reserved access state";
    case GroupsDefect::too_many:
      return "more groups or ports than can be handled";
    case GroupsDefect::no_groups:
      return "no target port group at all";
  }
  return "?";
}

const TargetPortGroup* TargetPortGroups::find(uint16_t id) const {
  for (const TargetPortGroup& group : groups) {
    if (group.id == id) {
      return &group;
    }
  }
  return nullptr;
}

bool decode_target_port_groups(base::Bytes bytes, TargetPortGroups& out) {
  out.groups.clear();
  out.extended = false;
  out.implicit_transition_time_s = 0;
  out.defect = GroupsDefect::none;
  if (bytes.size() < 4) {
    note(out, GroupsDefect::too_short);
    return false;
  }
  const size_t claimed = base::load_be32(bytes.data());
  base::Bytes rest = base::slice(bytes, 4, claimed);
  if (rest.size() < claimed) {
    note(out, GroupsDefect::length_too_large);
  }
  // Format type 1 in the first byte after the length says "extended"; in the basic format that byte
  // is the first group's state and preferred bit, whose bits 6:4 are reserved (zero).
  if (rest.size() >= 4 && ((rest[0] >> 4) & 7) == 1) {
    out.extended = true;
    out.implicit_transition_time_s = rest[1];
    rest = rest.subspan(4);
  }
  while (!rest.empty()) {
    const size_t size = rest.size() < kGroupHeaderBytes
                            ? SIZE_MAX
                            : kGroupHeaderBytes + size_t{rest[7]} * kPortBytes;
    if (size > rest.size()) {
      note(out, GroupsDefect::cut_group);
      break;
    }
    decode_group(rest.first(size), out);
    rest = rest.subspan(size);
  }
  return out.defect == GroupsDefect::none;
}

size_t encode_target_port_groups(base::MutableBytes out, const TargetPortGroups& groups) {
  base::ByteWriter writer(out);
  writer.be32(0);
  if (groups.extended) {
    writer.u8(0x10);
    writer.u8(groups.implicit_transition_time_s);
    writer.be16(0);
  }
  for (const TargetPortGroup& group : groups.groups) {
    writer.u8(
        static_cast<uint8_t>((group.preferred ? 0x80 : 0) | static_cast<uint8_t>(group.state)));
    writer.u8(group.supported_states);
    writer.be16(group.id);
    writer.u8(0);
    writer.u8(group.status_code);
    writer.u8(0);
    writer.u8(static_cast<uint8_t>(group.ports.size()));
    for (const uint16_t port : group.ports) {
      writer.be16(0);
      writer.be16(port);
    }
  }
  writer.patch32(0, static_cast<uint32_t>(writer.needed() - 4));
  return writer.needed();
}

std::optional<base::FixedVector<SetGroup, kMaxGroups>> decode_set_groups(base::Bytes bytes) {
  if (bytes.size() < kSetGroupsHeaderBytes ||
      (bytes.size() - kSetGroupsHeaderBytes) % kSetGroupBytes != 0) {
    return std::nullopt;
  }
  base::FixedVector<SetGroup, kMaxGroups> groups;
  for (size_t at = kSetGroupsHeaderBytes; at < bytes.size(); at += kSetGroupBytes) {
    if (!groups.push_back(
            {base::load_be16(&bytes[at + 2]), static_cast<AccessState>(bytes[at] & 0x0f)})) {
      return std::nullopt;
    }
  }
  return groups;
}

size_t encode_set_groups(base::MutableBytes out, std::span<const SetGroup> groups) {
  base::ByteWriter writer(out);
  writer.be32(0);
  for (const SetGroup& group : groups) {
    writer.u8(static_cast<uint8_t>(group.state));
    writer.u8(0);
    writer.be16(group.id);
  }
  return writer.needed();
}

}  // namespace scsi
