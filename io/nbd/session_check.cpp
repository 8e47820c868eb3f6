// Which requests a session refuses, and with what: doc/proto.md, "Request types", "Error values",
// "Block size constraints". Refused requests never reach the device.
#include "io/nbd/session.h"

namespace io::nbd {
namespace {

constexpr const char* kNotAdvertised = "the export does not offer the command";

}  // namespace

Session::Refusal Session::check(const Request& request) const {
  const auto command = static_cast<Command>(request.command);
  switch (command) {
    case Command::read:
    case Command::flush:
      break;
    case Command::write:
    case Command::trim:
    case Command::write_zeroes:
      if (geometry_.read_only) {
        return {EPERM, "the export is read-only"};
      }
      if ((command == Command::trim && !geometry_.can_trim) ||
          (command == Command::write_zeroes && !geometry_.can_write_zeroes)) {
        return {EINVAL, kNotAdvertised};
      }
      break;
    default:
      return {EINVAL, kNotAdvertised};
  }
  const Refusal flags = check_flags(request);
  return flags.error != 0 ? flags : check_range(request);
}

Session::Refusal Session::check_flags(const Request& request) const {
  const auto command = static_cast<Command>(request.command);
  unsigned allowed = geometry_.can_fua ? kCommandFua : 0u;  // where it means nothing, it is ignored
  if (command == Command::write_zeroes) {
    allowed |= kCommandNoHole;
  }
  if (command == Command::read && structured_replies_) {
    allowed |= kCommandDf;
  }
  if ((request.flags & ~allowed) != 0) {
    return {EINVAL, "the export does not offer one of the command's flags"};
  }
  return {};
}

Session::Refusal Session::check_range(const Request& request) const {
  const auto command = static_cast<Command>(request.command);
  if (command == Command::flush) {
    if (request.offset_bytes != 0 || request.length_bytes != 0) {
      return {EINVAL, "a flush has no offset and no length"};
    }
    return {};
  }
  if (request.length_bytes == 0) {
    return {EINVAL, "the length is 0"};
  }
  const uint32_t block = sizes_.minimum_bytes;
  if (request.offset_bytes % block != 0 || request.length_bytes % block != 0) {
    return {EINVAL, "offset or length is not a multiple of the minimum block"};
  }
  const bool has_data = command == Command::read || command == Command::write;
  if (has_data && request.length_bytes > sizes_.maximum_bytes) {
    return {EINVAL, "the length exceeds the maximum block"};
  }
  if (request.offset_bytes > geometry_.size_bytes ||
      request.length_bytes > geometry_.size_bytes - request.offset_bytes) {
    const bool writes = command == Command::write || command == Command::write_zeroes;
    return {writes ? ENOSPC : EINVAL, "beyond the end of the export"};
  }
  return {};
}

}  // namespace io::nbd
