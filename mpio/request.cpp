// See request.h.
#include "mpio/request.h"

#include <algorithm>

#include "scsi/block_range.h"
#include "scsi/unmap.h"

namespace mpio {
namespace {

constexpr uint32_t kZeroBytes = 65'536;
// Written to the medium, never read into.
alignas(4096) std::array<uint8_t, kZeroBytes> zeros{};

constexpr uint32_t kDefaultWriteSameBlocks = 65'535;
// A range that is written with plain zeros goes out in commands of this size at most.
constexpr uint32_t kMaxZeroBytes = 1u << 20;

// The part of the client's buffers that the command moves. The whole of them is used as it is.
std::span<const IoSlice> part_of(Request& request, uint64_t skip_bytes, uint64_t count_bytes) {
  const auto& all = request.block->slices;
  if (skip_bytes == 0 && count_bytes == request.block->length_bytes) {
    return all;
  }
  request.slices.clear();
  for (const IoSlice& slice : all) {
    if (skip_bytes >= slice.size_bytes) {
      skip_bytes -= slice.size_bytes;
      continue;
    }
    const size_t size = std::min<size_t>(slice.size_bytes - skip_bytes, count_bytes);
    if (size != 0) {
      request.slices.push_back({slice.data + skip_bytes, size});
    }
    count_bytes -= size;
    skip_bytes = 0;
  }
  return request.slices;
}

std::span<const IoSlice> zero_slices(Request& request, uint64_t bytes) {
  request.slices.clear();
  while (bytes != 0) {
    const size_t size = std::min<uint64_t>(bytes, zeros.size());
    request.slices.push_back({zeros.data(), size});
    bytes -= size;
  }
  return request.slices;
}

RequestStep step_of(const BlockRequest& block, const CommandLimits& limits) {
  switch (block.op) {
    case BlockOp::read:
    case BlockOp::write:
      return RequestStep::transfer;
    case BlockOp::flush:
      return RequestStep::synchronise;
    case BlockOp::trim:
      return limits.unmap_blocks != 0 ? RequestStep::unmap : RequestStep::write_same;
    case BlockOp::write_zeroes:
      return limits.write_same_refused ? RequestStep::write_zeros : RequestStep::write_same;
  }
  return RequestStep::transfer;
}

uint64_t limit_of(RequestStep step, const CommandLimits& limits) {
  switch (step) {
    case RequestStep::transfer:
      return limits.transfer_blocks;
    case RequestStep::synchronise:
      return UINT32_MAX;
    case RequestStep::unmap:
      return limits.unmap_blocks;
    case RequestStep::write_same:
      return limits.write_same_blocks != 0 ? limits.write_same_blocks : kDefaultWriteSameBlocks;
    case RequestStep::write_zeros:
      return std::min<uint64_t>(kMaxZeroBytes / limits.block_bytes, limits.transfer_blocks);
    case RequestStep::client_command:
      break;
  }
  return 1;
}

void send_data(TransportCommand& command, std::span<const IoSlice> slices, uint64_t bytes) {
  command.direction = Direction::to_target;
  command.slices = slices;
  command.length_bytes = static_cast<uint32_t>(bytes);
}

void build(Request& request, const CommandLimits& limits) {
  TransportCommand& command = request.command.transport;
  command.direction = Direction::none;
  command.slices = {};
  command.length_bytes = 0;
  const uint64_t bytes = uint64_t{request.blocks} * limits.block_bytes;
  switch (request.step) {
    case RequestStep::transfer: {
      const auto slices = part_of(request, request.done_blocks * limits.block_bytes, bytes);
      if (request.block->op == BlockOp::read) {
        command.cdb = scsi::make_read(request.lba, request.blocks);
        command.direction = Direction::from_target;
        command.slices = slices;
        command.length_bytes = static_cast<uint32_t>(bytes);
      } else {
        command.cdb = scsi::make_write(request.lba, request.blocks);
        send_data(command, slices, bytes);
      }
      break;
    }
    case RequestStep::synchronise:
      command.cdb = scsi::make_synchronize_cache(0, 0);
      break;
    case RequestStep::unmap:
      command.cdb = scsi::make_unmap(static_cast<uint16_t>(request.unmap_list.size()));
      scsi::encode_unmap(request.unmap_list, {request.lba, request.blocks});
      request.slices = {{request.unmap_list.data(), request.unmap_list.size()}};
      send_data(command, request.slices, request.unmap_list.size());
      break;
    case RequestStep::write_same: {
      const bool unmap = limits.write_same_unmap &&
                         (request.block->op == BlockOp::trim || request.block->may_unmap);
      command.cdb = scsi::make_write_same16(request.lba, request.blocks, {.unmap = unmap});
      send_data(command, zero_slices(request, limits.block_bytes), limits.block_bytes);
      break;
    }
    case RequestStep::write_zeros:
      command.cdb = scsi::make_write(request.lba, request.blocks);
      send_data(command, zero_slices(request, bytes), bytes);
      break;
    case RequestStep::client_command:
      break;
  }
}

}  // namespace

bool prepare_command(Request& request, const CommandLimits& limits) {
  const BlockRequest& block = *request.block;
  const uint64_t total = request.total_blocks(limits.block_bytes);
  const bool was_synchronising = request.step == RequestStep::synchronise;
  if (block.op == BlockOp::flush || request.done_blocks < total) {
    if (block.op == BlockOp::flush && was_synchronising) {
      return false;
    }
    request.step = step_of(block, limits);
    request.lba = block.offset_bytes / limits.block_bytes + request.done_blocks;
    request.blocks = static_cast<uint32_t>(
        std::min<uint64_t>(total - request.done_blocks, limit_of(request.step, limits)));
  } else if (block.fua && block.op != BlockOp::read && !was_synchronising) {
    request.step = RequestStep::synchronise;
    request.lba = block.offset_bytes / limits.block_bytes;
    request.blocks = static_cast<uint32_t>(std::min<uint64_t>(total, UINT32_MAX));
  } else {
    return false;
  }
  request.first_sent = 0;
  request.attempts = 0;
  build(request, limits);
  return true;
}

void prepare_client_command(Request& request) {
  const ScsiRequest& client = *request.scsi;
  const auto range = scsi::block_range(client.cdb.span());
  request.step = RequestStep::client_command;
  request.scsi_changes = scsi::changes_medium(client.cdb.opcode());
  request.scsi_changes_any = request.scsi_changes && (!range || range->blocks == 0);
  request.scsi_moves_blocks = range && (range->access == scsi::BlockAccess::read ||
                                        range->access == scsi::BlockAccess::write);
  request.lba = range && !request.scsi_changes_any ? range->lba : 0;
  request.blocks = range ? static_cast<uint32_t>(std::min<uint64_t>(range->blocks, UINT32_MAX)) : 0;
  request.first_sent = 0;
  request.attempts = 0;
  TransportCommand& command = request.command.transport;
  command.cdb = client.cdb;
  command.direction = client.direction;
  command.slices = client.slices;
  command.length_bytes = client.length_bytes;
}

bool may_be_repeated(uint8_t opcode) {
  switch (opcode) {
    case scsi::kCompareAndWrite:  // compares with what it wrote itself
    case scsi::kReserve6:         // belong to one nexus
    case scsi::kReserve10:
    case scsi::kRelease6:
    case scsi::kRelease10:
    case scsi::kPersistentReserveOut:
      return false;
    default:
      return scsi::name_of_command({&opcode, 1}) != nullptr;  // nobody knows what others do
  }
}

}  // namespace mpio
