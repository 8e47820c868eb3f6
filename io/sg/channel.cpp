// See channel.h.
#include "io/sg/channel.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/assert.h"
#include "base/units.h"

namespace io::sg {
namespace {

using base::kNsPerMs;
// The kernel's flag; not in the C library's header. Without it the driver puts a command before
// those that wait.
constexpr unsigned kQueueAtTail = 0x10;
// Long, because its end sets the kernel's error recovery off; that it is late is noticed here.
constexpr uint64_t kSignOfLifeTimeoutNs = 30'000 * kNsPerMs;

int direction_of(mpio::Direction direction) {
  switch (direction) {
    case mpio::Direction::from_target:
      return SG_DXFER_FROM_DEV;
    case mpio::Direction::to_target:
      return SG_DXFER_TO_DEV;
    case mpio::Direction::none:
      break;
  }
  return SG_DXFER_NONE;
}

}  // namespace

Channel::Channel(std::unique_ptr<Node> node) : node_(std::move(node)) {
  // Places in the table, so that no pack id is ever that of another slot, nor -1 ("any").
  for (unsigned i = 0; i < kSlots; ++i) {
    slots_[i].pack_id = static_cast<int>(i);
  }
}

unsigned Channel::changing() const {
  return static_cast<unsigned>(std::count_if(
      slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.used && slot.changes; }));
}

// The command's buffers as the driver takes them.
void Channel::spread(Slot& slot, const mpio::TransportCommand& command) {
  slot.vector.clear();
  for (const mpio::IoSlice& slice : command.slices) {
    if (slice.size_bytes != 0) {
      slot.vector.push_back({slice.data, slice.size_bytes});
    }
  }
  if (slot.vector.size() <= IOV_MAX) {
    return;
  }
  slot.bounce.resize(command.length_bytes);
  slot.vector.assign(1, {slot.bounce.data(), slot.bounce.size()});
  if (command.direction == mpio::Direction::to_target) {
    auto* at = slot.bounce.data();
    for (const mpio::IoSlice& slice : command.slices) {
      at = std::copy_n(slice.data, slice.size_bytes, at);
    }
  }
}

void Channel::gather(const Slot& slot, const mpio::TransportCommand& command) {
  if (slot.bounce.empty() || command.direction != mpio::Direction::from_target) {
    return;
  }
  const auto* at = slot.bounce.data();
  for (const mpio::IoSlice& slice : command.slices) {
    std::copy_n(at, slice.size_bytes, slice.data);
    at += slice.size_bytes;
  }
}

int Channel::send(mpio::TransportCommand& command) {
  const auto slot = std::find_if(slots_.begin(), slots_.begin() + kMaxCommands,
                                 [](const Slot& each) { return !each.used; });
  BASE_ASSERT(slot != slots_.begin() + kMaxCommands);
  slot->command = &command;
  slot->changes = command.direction != mpio::Direction::from_target;
  slot->cdb = command.cdb;
  spread(*slot, command);
  const int error = submit(*slot, direction_of(command.direction), command.length_bytes,
                           command.deadline_ns, false);
  outstanding_ += error == 0 ? 1 : 0;
  return error;
}

int Channel::send_sign_of_life() {
  Slot& slot = slots_[kSignOfLife];
  BASE_ASSERT(!slot.used);
  slot.command = nullptr;
  slot.changes = false;
  slot.cdb = scsi::make_inquiry(static_cast<uint16_t>(inquiry_data_.size()));
  slot.vector.assign(1, {inquiry_data_.data(), inquiry_data_.size()});
  return submit(slot, SG_DXFER_FROM_DEV, static_cast<uint32_t>(inquiry_data_.size()),
                kSignOfLifeTimeoutNs, true);
}

int Channel::submit(Slot& slot, int direction, uint32_t length_bytes, uint64_t timeout_ns,
                    bool first) {
  // A number that was used by another open node, or earlier here, is not taken for this command's.
  generation_ = (generation_ + 1) & 0xffffff;
  slot.pack_id = generation_ * static_cast<int>(kSlots) + static_cast<int>(&slot - slots_.data());
  sg_io_hdr header{};
  header.interface_id = 'S';
  header.dxfer_direction = direction;
  header.cmd_len = static_cast<unsigned char>(slot.cdb.span().size());
  header.cmdp = slot.cdb.bytes.data();
  header.mx_sb_len = static_cast<unsigned char>(slot.sense.size());
  header.sbp = slot.sense.data();
  if (direction != SG_DXFER_NONE) {
    header.dxfer_len = length_bytes;
    if (slot.vector.size() == 1) {
      header.dxferp = slot.vector.front().iov_base;
    } else {
      header.dxferp = slot.vector.data();
      header.iovec_count = static_cast<unsigned short>(slot.vector.size());
    }
  }
  header.timeout = static_cast<unsigned>(
      std::clamp<uint64_t>(timeout_ns / kNsPerMs, 1, static_cast<uint64_t>(INT_MAX)));
  header.flags = first ? 0 : kQueueAtTail;
  header.pack_id = slot.pack_id;
  const int error = node_->submit(header);
  slot.used = error == 0;
  if (error != 0) {
    release(slot);
  }
  return error;
}

void Channel::release(Slot& slot) {
  slot.used = false;
  slot.command = nullptr;
  slot.bounce.clear();
}

int Channel::read_end(int pack_id, sg_io_hdr& header) {
  header = {};
  header.interface_id = 'S';
  header.dxfer_direction = SG_DXFER_NONE;  // negative, as in no header of an older version
  header.pack_id = pack_id;
  return node_->reap(header);
}

int Channel::reap(Ended& ended) {
  if (const int error = read_end(kAnyPackId, ended.header); error != 0) {
    return error;
  }
  const unsigned place = static_cast<unsigned>(ended.header.pack_id) % kSlots;
  Slot& slot = slots_[place];
  if (!slot.used || slot.pack_id != ended.header.pack_id) {
    return EBADMSG;
  }
  ended.command = slot.command;
  ended.sense = slot.sense;
  if (slot.command != nullptr) {
    gather(slot, *slot.command);
    --outstanding_;
  }
  release(slot);
  return 0;
}

std::vector<mpio::TransportCommand*> Channel::abandon() {
  std::vector<mpio::TransportCommand*> commands;
  for (Slot& slot : slots_) {
    if (slot.used && slot.command != nullptr) {
      commands.push_back(std::exchange(slot.command, nullptr));
    }
  }
  outstanding_ = 0;
  node_->unwatch();
  return commands;
}

bool Channel::reap_abandoned(sg_io_hdr& header) {
  for (Slot& slot : slots_) {
    if (!slot.used || !slot.changes) {
      continue;
    }
    const int error = read_end(slot.pack_id, header);
    if (error == EAGAIN || error == EINTR) {
      continue;
    }
    if (error != 0 || header.pack_id != slot.pack_id) {
      header.host_status = kEndUnknown;
    }
    release(slot);
    return true;
  }
  return false;
}

}  // namespace io::sg
