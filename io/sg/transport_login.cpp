// What a login is on an sg node: it is opened, and has to be one of a disk that the kernel lets
// commands through to. Who the disk is, its owner examines.
#include <linux/fs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "io/sg/transport.h"

namespace io::sg {
namespace {

constexpr int kFirstVersion3 = 30'000;
constexpr int kDisk = 0;  // peripheral device type (SPC-4 6.6.2)
// Where the kernel does not tell: what every adapter takes.
constexpr int kUsualTransferBytes = 128 * 1024;
constexpr int kPageBytes = 4096;

std::string open_error(int error) {
  switch (error) {
    case ENOENT:
      return "there is no such node; `lsscsi -g` shows those there are, `modprobe sg` makes them";
    case EACCES:
    case EPERM:
      return "this user may not read and write the node; run as root, or let udev give the node "
             "to a group of this user";
    case ENOTTY:
      return "this is no sg node but something else; `lsscsi -g` shows which sg node belongs to "
             "which disk";
    case EBUSY:
      return "another program has the node for itself alone (O_EXCL); end that";
    case ENXIO:
    case ENODEV:
      return "the device has gone; the path is used again when it is back";
    default:
      return "the node cannot be opened: " + std::generic_category().message(error);
  }
}

}  // namespace

void Transport::start_login() {
  BASE_ASSERT(handler_ != nullptr && state_ == State::down);
  ++epoch_;
  state_ = State::logging_in;
  scheduler_.defer(login_timer_);
}

void Transport::on_login() {
  const Failure failure = open();
  if (failure.failed()) {
    channel_.reset();
    state_ = State::down;
    ++epoch_;
    handler_->on_login_done(failure.result, failure.detail);
    return;
  }
  state_ = State::up;
  channel_->node().watch([this](bool gone) { on_node(gone); });
  handler_->on_login_done(mpio::LinkResult::ok, "");
}

Transport::Failure Transport::open() {
  using enum mpio::LinkResult;
  if (held_ != nullptr) {
    return {refused,
            told("the kernel still holds commands of before (" + std::to_string(held_->changing()) +
                 "); the path is used again when they have ended")};
  }
  int error = 0;
  std::unique_ptr<Node> node = driver_.open(node_path_, error);
  if (node == nullptr) {
    return {error == ENOENT || error == ENXIO || error == ENODEV ? no_such_target : refused,
            told(open_error(error))};
  }
  const Failure failure = examine(*node);
  if (!failure.failed()) {
    channel_ = std::make_unique<Channel>(std::move(node));
  }
  return failure;
}

Transport::Failure Transport::examine(Node& node) {
  using enum mpio::LinkResult;
  int version = 0;
  sg_scsi_id id{};
  if (node.control(SG_GET_VERSION_NUM, &version) != 0 || version < kFirstVersion3 ||
      node.control(SG_GET_SCSI_ID, &id) != 0) {
    return {refused, told(open_error(ENOTTY))};
  }
  if (id.scsi_type != kDisk) {
    return {refused, told("the device is no disk (peripheral device type " +
                          std::to_string(id.scsi_type) + "); give the node of a disk")};
  }
  sysfs_.find(node.device_number());
  const std::string state = sysfs_.state();
  if (state == "offline") {
    return {refused,
            told("the kernel has taken the device offline, for its error recovery failed; when "
                 "the cause is mended: echo running > " +
                 sysfs_.state_file())};
  }
  if (!state.empty() && state != "running") {
    return {unreachable,
            told("the kernel lets no commands through to the device: it is \"" + state + "\"")};
  }
  // Told which command's end is wanted, read() never brings another one.
  int on = 1;
  if (node.control(SG_SET_FORCE_PACK_ID, &on) != 0 || node.control(SG_SET_COMMAND_Q, &on) != 0) {
    return {protocol_error, told("the driver does not take several commands at once")};
  }
  endpoint_ = "SCSI device";
  for (const int number : {id.host_no, id.channel, id.scsi_id, id.lun}) {
    endpoint_ += (endpoint_.back() == 'e' ? ' ' : ':') + std::to_string(number);
  }
  ports_ = sysfs_.ports();
  learn_limits(node);
  return {};
}

// What the adapter takes, in pages as small as the driver may have to use.
void Transport::learn_limits(Node& node) {
  int bytes = 0;  // of an sg node, unlike a disk's, in bytes
  if (node.control(BLKSECTGET, &bytes) != 0 || bytes < kPageBytes) {
    bytes = kUsualTransferBytes;
  }
  int pieces = 0;
  if (node.control(SG_GET_SG_TABLESIZE, &pieces) == 0 && pieces > 0) {
    bytes = std::min(bytes, std::min(pieces, kUsualTransferBytes) * kPageBytes);
  }
  max_transfer_bytes_ = static_cast<uint32_t>(bytes);
}

}  // namespace io::sg
