// See probe.h.
#include "mpio/probe.h"

#include <algorithm>

#include "mpio/attention.h"
#include "mpio/hex.h"
#include "mpio/settings.h"
#include "scsi/capacity.h"
#include "scsi/inquiry.h"
#include "scsi/mode.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "scsi/vpd.h"

namespace mpio {
namespace {

constexpr uint16_t kVpdBytes = 4096;
constexpr uint8_t kModeBytes = 255;
constexpr unsigned kMaxTries =
    8;  // unit attentions queue up: power on, access state, LUNs changed ...
constexpr unsigned kMaxRestarts = 8;
constexpr uint32_t kMaxTransferBytes = 8u << 20;

bool good(const TransportCommand& command) {
  return command.delivery == Delivery::delivered && command.scsi_status == scsi::kGood;
}

}  // namespace

Probe::Probe(const DiskConfig& config) : config_(config), buffer_(kVpdBytes) {}

void Probe::start(PathLink& link, Done done) {
  link_ = &link;
  endpoint_ = link.endpoint();
  ports_ = link.ports();
  done_ = std::move(done);
  cancelled_ = false;
  restarts_ = 0;
  result_.attentions.clear();
  start_over();
}

void Probe::start_over() {
  step_ = Step::inquiry;
  tries_ = 0;
  inquiry_.clear();
  pages_.clear();
  vpd80_.clear();
  vpd83_.clear();
  result_ = {.attentions = std::move(result_.attentions)};
  send();
}

void Probe::send() {
  scsi::Cdb cdb;
  uint32_t length = kVpdBytes;
  switch (step_) {
    case Step::inquiry:
      length = 96;
      cdb = scsi::make_inquiry(96);
      break;
    case Step::supported_pages:
      cdb = scsi::make_inquiry_vpd(scsi::kVpdSupportedPages, kVpdBytes);
      break;
    case Step::serial_number:
      cdb = scsi::make_inquiry_vpd(scsi::kVpdSerialNumber, kVpdBytes);
      break;
    case Step::identification:
      cdb = scsi::make_inquiry_vpd(scsi::kVpdDeviceIdentification, kVpdBytes);
      break;
    case Step::capacity16:
      length = 32;
      cdb = scsi::make_read_capacity16(32);
      break;
    case Step::capacity10:
      length = 8;
      cdb = scsi::make_read_capacity10();
      break;
    case Step::block_limits:
      cdb = scsi::make_inquiry_vpd(scsi::kVpdBlockLimits, kVpdBytes);
      break;
    case Step::provisioning:
      cdb = scsi::make_inquiry_vpd(scsi::kVpdProvisioning, kVpdBytes);
      break;
    case Step::mode_sense6:
      length = kModeBytes;
      cdb = scsi::make_mode_sense6(scsi::kModeAllPages, kModeBytes);
      break;
    case Step::mode_sense10:
      length = kModeBytes;
      cdb = scsi::make_mode_sense10(scsi::kModeAllPages, kModeBytes);
      break;
  }
  slice_ = {buffer_.data(), length};
  command_.transport.cdb = cdb;
  command_.transport.direction = Direction::from_target;
  command_.transport.slices = {&slice_, 1};
  command_.transport.length_bytes = length;
  command_.deadline_ns = uint64_t{config_.login_deadline_ms} * 1'000'000;
  command_.owner = this;
  command_.done = [](LinkCommand& command) { static_cast<Probe*>(command.owner)->on_done(); };
  link_->submit(command_);
}

bool Probe::retryable() const {
  const TransportCommand& command = command_.transport;
  if (command.delivery != Delivery::delivered) {
    return false;
  }
  if (command.scsi_status == scsi::kBusy || command.scsi_status == scsi::kTaskSetFull) {
    return true;
  }
  const scsi::Sense decoded = scsi::decode_sense(sense());
  return decoded.key == scsi::kUnitAttention || decoded.key == scsi::kAbortedCommand ||
         (decoded.valid() && decoded.deferred);
}

// What was read before this answer may be of another logical unit, or of another size. (Mode
// parameters are read last, so what was read before does not depend on them.)
bool Probe::reads_are_stale() const {
  const Attention attention = attention_of(command_.transport.scsi_status, sense());
  return attention == Attention::capacity || attention == Attention::identity;
}

void Probe::on_done() {
  if (cancelled_ || command_.transport.delivery != Delivery::delivered) {
    link_ = nullptr;  // the link is down, and its owner knows
    return;
  }
  if (const scsi::Sense told = scsi::decode_sense(sense());
      told.valid() && told.key == scsi::kUnitAttention) {
    result_.attentions.push_back(told.code());
  }
  if (reads_are_stale()) {
    if (++restarts_ > kMaxRestarts) {
      finish(std::string(link_->name()) +
             ": the logical unit changes again and again while it is looked at");
    } else {
      start_over();
    }
    return;
  }
  if (!good(command_.transport) && retryable() && ++tries_ < kMaxTries) {
    send();
    return;
  }
  tries_ = 0;
  const uint32_t residual =
      std::min(command_.transport.residual_bytes, command_.transport.length_bytes);
  answer_ = good(command_.transport)
                ? base::Bytes(buffer_).first(command_.transport.length_bytes - residual)
                : base::Bytes();
  take_answer();
  if (const std::string refusal = refusal_of_step(); !refusal.empty()) {
    finish(std::string(link_->name()) + ": " + refusal);
    return;
  }
  next_step();
}

void Probe::take_answer() {
  switch (step_) {
    case Step::inquiry:
      inquiry_.assign(answer_.begin(), answer_.end());
      break;
    case Step::supported_pages:
      if (const auto pages = scsi::vpd_payload(answer_, scsi::kVpdSupportedPages)) {
        pages_.assign(pages->begin(), pages->end());
      }
      break;
    case Step::serial_number:
      vpd80_.assign(answer_.begin(), answer_.end());
      if (const auto serial = scsi::vpd_payload(answer_, scsi::kVpdSerialNumber)) {
        for (const uint8_t byte : *serial) {
          result_.serial += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
        }
      }
      break;
    case Step::identification:
      vpd83_.assign(answer_.begin(), answer_.end());
      break;
    case Step::capacity16:
    case Step::capacity10: {
      const auto capacity = step_ == Step::capacity16 ? scsi::decode_capacity16(answer_)
                                                      : scsi::decode_capacity10(answer_);
      if (capacity) {
        Geometry& geometry = result_.geometry;
        result_.has_geometry = true;
        geometry.logical_block_bytes = capacity->block_bytes;
        geometry.physical_block_bytes = capacity->block_bytes << capacity->physical_exponent;
        geometry.size_bytes = (capacity->last_lba + 1) * capacity->block_bytes;
        geometry.can_trim = capacity->thin;
        geometry.max_transfer_bytes = kMaxTransferBytes;
      }
      break;
    }
    case Step::block_limits:
    case Step::provisioning:
      take_limits();
      break;
    case Step::mode_sense6:
    case Step::mode_sense10:
      take_write_protection();
      break;
  }
}

void Probe::take_limits() {
  Geometry& geometry = result_.geometry;
  const uint32_t block = geometry.logical_block_bytes;
  if (step_ == Step::block_limits) {
    if (const auto limits = scsi::decode_block_limits(answer_)) {
      const uint64_t transfer = uint64_t{limits->max_transfer_blocks} * block;
      if (transfer != 0) {
        geometry.max_transfer_bytes =
            static_cast<uint32_t>(std::min<uint64_t>(transfer, kMaxTransferBytes));
      }
      const uint64_t optimal = uint64_t{limits->optimal_transfer_blocks} * block;
      geometry.optimal_io_bytes =
          static_cast<uint32_t>(std::min<uint64_t>(optimal, geometry.max_transfer_bytes));
      result_.max_unmap_blocks = limits->max_unmap_blocks;
      result_.max_write_same_blocks =
          static_cast<uint32_t>(std::min<uint64_t>(limits->max_write_same_blocks, UINT32_MAX));
    }
    return;
  }
  if (const auto provisioning = scsi::decode_provisioning(answer_)) {
    result_.can_unmap = provisioning->unmap;
    result_.can_write_same_unmap =
        provisioning->write_same16_unmap && provisioning->read_zeros != 0;
  }
}

void Probe::take_write_protection() {
  const auto form = step_ == Step::mode_sense6 ? scsi::ModeForm::six : scsi::ModeForm::ten;
  if (const auto mode = scsi::decode_mode_parameters(answer_, form)) {
    result_.write_protected = (mode->device_specific & scsi::kModeWriteProtect) != 0;
  }
}

std::string Probe::refusal_of_step() const {
  if (step_ == Step::inquiry) {
    const auto inquiry = scsi::decode_inquiry(inquiry_);
    if (!inquiry) {
      return "INQUIRY brought no usable data; is this a SCSI device at all?";
    }
    if (inquiry->qualifier != 0 || inquiry->device_type == 0x1f) {
      const std::string_view name = link_->name();
      return "there is no LUN " + std::string(name.substr(name.rfind('/') + 1)) +
             " at this target; `dsmkit discover` lists those it has";
    }
    if (inquiry->device_type != 0) {
      return "the device is no block device (peripheral device type " +
             std::to_string(inquiry->device_type) + "); give a disk";
    }
  }
  // By its serial number the LUN would be another one than down its other paths.
  if (const uint8_t status = command_.transport.scsi_status;
      step_ == Step::identification && !good(command_.transport) &&
      !dsm::has_no_such_page(status, sense())) {
    const scsi::Sense told = scsi::decode_sense(sense());
    const uint8_t code[] = {status, told.key, told.asc, told.ascq};
    return "VPD page 83h, which names the LUN, cannot be read (status, sense key and code: " +
           hex(code) + "); look at the array, it is asked again";
  }
  if (step_ == Step::capacity10 && !result_.has_geometry) {
    if (scsi::decode_sense(sense()).key != scsi::kNotReady) {
      return "READ CAPACITY brought no usable size";
    }
  }
  return {};
}

bool Probe::page_is_there(uint8_t page) const {
  return std::find(pages_.begin(), pages_.end(), page) != pages_.end();
}

void Probe::next_step() {
  for (;;) {
    switch (step_) {
      case Step::inquiry:
        step_ = Step::supported_pages;
        break;
      case Step::supported_pages:
        step_ = Step::serial_number;
        break;
      case Step::serial_number:
        step_ = Step::identification;
        break;
      case Step::identification:
        step_ = Step::capacity16;
        break;
      case Step::capacity16:
        step_ = result_.has_geometry ? Step::block_limits : Step::capacity10;
        break;
      case Step::capacity10:
        step_ = Step::block_limits;
        break;
      case Step::block_limits:
        step_ = Step::provisioning;
        break;
      case Step::provisioning:
        step_ = Step::mode_sense6;
        break;
      case Step::mode_sense6:
        if (result_.write_protected) {
          finish({});
          return;
        }
        step_ = Step::mode_sense10;
        break;
      case Step::mode_sense10:
        finish({});
        return;
    }
    const bool skip = (step_ == Step::block_limits && !page_is_there(scsi::kVpdBlockLimits)) ||
                      (step_ == Step::provisioning && !page_is_there(scsi::kVpdProvisioning));
    if (!skip) {
      send();
      return;
    }
  }
}

void Probe::finish(const std::string& error) {
  link_ = nullptr;
  if (!error.empty()) {
    done_(error);
    return;
  }
  if (const auto inquiry = scsi::decode_inquiry(inquiry_)) {
    result_.vendor = scsi::trimmed(inquiry->vendor);
    result_.product = scsi::trimmed(inquiry->product);
    result_.revision = scsi::trimmed(inquiry->revision);
  }
  result_.serial = scsi::trimmed(result_.serial);
  result_.endpoint = endpoint_;
  result_.ports = ports_;
  if (!ports_.initiator.empty() && ports_.target.empty()) {
    add_target_port_name(result_.ports, vpd83_);
  }
  result_.geometry.can_trim &= result_.can_unmap || result_.can_write_same_unmap;
  result_.geometry.can_write_zeroes = true;
  result_.geometry.can_fua = true;
  const std::vector<std::string_view> devices(config_.devices.begin(), config_.devices.end());
  dsm::claim(inquiry_, vpd83_, vpd80_,
             {.supported_devices = devices, .believed_alua = config_.believed_alua}, result_.claim);
  done_({});
}

}  // namespace mpio
