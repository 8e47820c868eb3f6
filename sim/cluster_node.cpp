// See cluster_node.h.
#include "sim/cluster_node.h"

#include <utility>

#include "scsi/opcodes.h"
#include "sim/block_stamp.h"

namespace sim {

using scsi::ReservationType;
using scsi::ReserveOutAction;

namespace {

constexpr std::array<ReservationType, 6> kTypes = {
    ReservationType::write_exclusive,
    ReservationType::exclusive_access,
    ReservationType::write_exclusive_registrants_only,
    ReservationType::exclusive_access_registrants_only,
    ReservationType::write_exclusive_all_registrants,
    ReservationType::exclusive_access_all_registrants};

// Ids of guarded writes on the medium, unlike those of any workload.
constexpr uint64_t kGuardedId = uint64_t{1} << 40;

}  // namespace

ClusterNode::ClusterNode(World& world, mpio::ScsiDevice& device, ClusterNodeConfig config)
    : world_(world),
      device_(device),
      config_(std::move(config)),
      prng_(base::Prng::stream(world.config.seed, 0x6e6f6465 + config_.host)) {
  request_.owner = this;
  request_.done = [](mpio::ScsiRequest& done) { static_cast<ClusterNode*>(done.owner)->on_done(); };
}

void ClusterNode::perform(const Deed& deed) {
  if (deed.kind >= DeedKind::register_key && deed.on == config_.host) {
    queue_.push_back(deed);
    next();
  }
}

std::string ClusterNode::busy() const {
  if (open_ || !queue_.empty() || leaving_) {
    return " the cluster software of host " + std::to_string(config_.host) + " waits";
  }
  return {};
}

void ClusterNode::next() {
  while (!open_ && !queue_.empty()) {
    const Deed deed = queue_.front();
    queue_.pop_front();
    open_ = begin(deed);
  }
}

// False: there is nothing to do.
bool ClusterNode::begin(const Deed& deed) {
  const ReservationType type = kTypes[deed.value % kTypes.size()];
  const bool plain = deed.value / 8 % 2 != 0;
  const uint64_t victim = other_ != nullptr ? other_->last_key_ : 0;
  switch (deed.kind) {
    case DeedKind::register_key:
      if (registrations_++ == 0 || world_.config.features.fresh_keys) {
        last_key_ = 0xa0000 + config_.host * 0x10000 + registrations_;
      }
      judge_of_world().client_registers(config_.host, last_key_);
      send_reserve(plain ? ReserveOutAction::register_key
                         : ReserveOutAction::register_and_ignore_existing_key,
                   plain ? key_ : 0, last_key_, ReservationType::none);
      return true;
    case DeedKind::unregister:
      send_reserve(plain ? ReserveOutAction::register_key
                         : ReserveOutAction::register_and_ignore_existing_key,
                   plain ? key_ : 0, 0, ReservationType::none);
      return true;
    case DeedKind::reserve:
      send_reserve(ReserveOutAction::reserve, key_, 0, type);
      return true;
    case DeedKind::release:
      send_reserve(ReserveOutAction::release, key_, 0,
                   type_ != ReservationType::none ? type_ : type);
      return true;
    case DeedKind::preempt:
    case DeedKind::preempt_and_abort:
      if (victim == 0) {
        return false;
      }
      send_reserve(deed.kind == DeedKind::preempt ? ReserveOutAction::preempt
                                                  : ReserveOutAction::preempt_and_abort,
                   key_, victim, type);
      return true;
    case DeedKind::clear:
      send_reserve(ReserveOutAction::clear, key_, 0, ReservationType::none);
      return true;
    default:
      writes_left_ = 1 + deed.value % 4;
      write_guarded();
      return true;
  }
}

void ClusterNode::send_reserve(ReserveOutAction action, uint64_t key, uint64_t service_action_key,
                               ReservationType type) {
  new_key_ = service_action_key;
  buffer_.assign(scsi::kReserveOutBytes, 0);
  scsi::encode_reserve_out(
      buffer_, {.key = key,
                .service_action_key = service_action_key,
                .persists = scsi::is_registration(action) && world_.config.features.persists,
                .transport_ids = {}});
  command_ = {.action = action, .type = type, .parameter_bytes = scsi::kReserveOutBytes};
  request_.cdb = scsi::make_persistent_reserve_out(command_);
  request_.direction = mpio::Direction::to_target;
  slice_ = {buffer_.data(), buffer_.size()};
  request_.slices = {&slice_, 1};
  request_.length_bytes = static_cast<uint32_t>(buffer_.size());
  write_id_ = 0;
  world_.timeline.add(world_.clock.now_ns(), What::reserve_sent, config_.host,
                      static_cast<uint64_t>(action), key, service_action_key);
  device_.submit(request_);
}

void ClusterNode::write_guarded() {
  --writes_left_;
  const uint64_t block = world_.config.blocks - kGuardedBlocks + prng_.below(kGuardedBlocks);
  write_id_ = judge_of_world().guarded.begin_write(config_.host, block);
  buffer_.assign(kBlockBytes, 0);
  stamp(buffer_, block, kGuardedId + write_id_);
  request_.cdb = scsi::make_write(block, 1);
  request_.direction = mpio::Direction::to_target;
  slice_ = {buffer_.data(), buffer_.size()};
  request_.slices = {&slice_, 1};
  request_.length_bytes = kBlockBytes;
  device_.submit(request_);
}

void ClusterNode::on_done() {
  if (world_.host == nullptr) {
    return;  // the world is being torn down
  }
  write_id_ != 0 ? on_written() : on_answer();
  if (open_) {
    return;  // it goes on
  }
  if (leaving_ && tries_left_ != 0) {
    world_.clock.arm_after(pause_timer_, kSecond);
  } else {
    next();
  }
}

void ClusterNode::on_written() {
  judge_of_world().guarded.end_write(write_id_,
                                     request_.error == 0 && request_.scsi_status == scsi::kGood);
  open_ = writes_left_ != 0;
  if (open_) {
    write_guarded();
  }
}

void ClusterNode::on_answer() {
  open_ = false;
  const bool good = request_.error == 0 && request_.scsi_status == scsi::kGood;
  const bool conflict = request_.error == 0 && request_.scsi_status == scsi::kReservationConflict;
  world_.timeline.add(world_.clock.now_ns(), What::reserve_done, config_.host,
                      static_cast<uint64_t>(command_.action), static_cast<uint64_t>(request_.error),
                      request_.scsi_status);
  if (judge_of_world().take_reservation_lost(config_.host)) {
    type_ = ReservationType::none;
    type_is_sure_ = false;
  }
  forget_if_the_device_did();
  if (scsi::is_registration(command_.action) && new_key_ != 0) {
    judge_of_world().registering_ended(config_.host, new_key_, conflict);
  }
  if (conflict) {
    key_is_sure_ = key_is_sure_ && !leaving_;  // then all over again
    return;                                    // nothing has changed
  }
  switch (command_.action) {
    case ReserveOutAction::register_key:
    case ReserveOutAction::register_and_ignore_existing_key:
      key_ = good ? new_key_ : key_;
      key_is_sure_ = good;
      if (new_key_ == 0) {
        type_ = good ? ReservationType::none : type_;
        type_is_sure_ = good;
      }
      break;
    case ReserveOutAction::reserve:
      type_ = good ? command_.type : type_;
      type_is_sure_ = good;
      break;
    case ReserveOutAction::release:
      type_ = good ? ReservationType::none : type_;
      type_is_sure_ = good;
      break;
    case ReserveOutAction::clear:
      key_ = good ? 0 : key_;
      type_ = good ? ReservationType::none : type_;
      key_is_sure_ = type_is_sure_ = good;
      break;
    default:
      type_is_sure_ = false;  // PREEMPT takes the reservation over, or not
      break;
  }
  if (leaving_ && good && command_.action == ReserveOutAction::clear) {
    leaving_ = false;
  }
}

// Whoever registers may clear, whatever was there.
void ClusterNode::leave() {
  left_ = true;
  if (!config_.clears_up) {
    return;
  }
  if (!leaving_) {
    leaving_ = true;
    tries_left_ = 20;
  }
  --tries_left_;
  open_ = true;
  if (key_is_sure_ && key_ != 0 && judge_of_world().is_valid(config_.host, key_)) {
    send_reserve(ReserveOutAction::clear, key_, 0, ReservationType::none);
  } else {
    open_ = begin({.kind = DeedKind::register_key, .on = config_.host, .value = 0});
  }
}

void ClusterNode::forget_if_the_device_did() {
  const uint32_t now = config_.times_without_paths();
  if (std::exchange(times_without_paths_, now) != now) {
    key_is_sure_ = type_is_sure_ = false;
  }
}

void ClusterNode::judge() {
  if (const std::string text = wrong(); !text.empty()) {
    world_.found(Invariant::registration_kept,
                 "host " + std::to_string(config_.host) + ": " + text);
  }
}

bool ClusterNode::knows_its_key() const {
  return config_.is_multipath && key_is_sure_ && !judge_of_world().is_overtaken(config_.host) &&
         times_without_paths_ == config_.times_without_paths() &&
         (key_ == 0 || judge_of_world().is_valid(config_.host, key_));
}

// What the array has, and the client was told otherwise; "" when it was told the truth.
std::string ClusterNode::wrong() const {
  if (!knows_its_key()) {
    return {};
  }
  const std::string text = wrong_registrations();
  return text.empty() ? wrong_reservation() : text;
}

std::string ClusterNode::wrong_registrations() const {
  const ReservationLedger& ledger = judge_of_world().ledger();
  if (key_ == 0 && times_without_paths_ != 0) {
    return {};  // the device does not know what its former paths have left
  }
  for (uint32_t path = 0; path < world_.config.paths; ++path) {
    const uint64_t there = ledger.key_of({config_.host, path});
    if (config_.in_service(path) && there != key_) {
      return "the client was told key " + std::to_string(key_) + ", port " + std::to_string(path) +
             " has " + std::to_string(there);
    }
  }
  return {};
}

std::string ClusterNode::wrong_reservation() const {
  if (!type_is_sure_ || judge_of_world().is_reservation_lost(config_.host)) {
    return {};
  }
  const ReservationLedger& ledger = judge_of_world().ledger();
  const bool of_all = scsi::is_all_registrants(ledger.type());
  const bool ours = ledger.holder() && ledger.holder()->host == config_.host;
  if (type_ == ReservationType::none && ours &&
      (times_without_paths_ != 0 || !config_.in_service(ledger.holder()->port))) {
    return {};  // what a path has left ends when it is back, if the device still knows of it
  }
  if (type_ == ReservationType::none ? !ours : ledger.type() == type_ && (of_all || ours)) {
    return {};
  }
  return "the client was told that it holds a reservation of type " +
         std::to_string(static_cast<int>(type_)) + ", the array has type " +
         std::to_string(static_cast<int>(ledger.type())) + (ours ? ", ours" : "");
}

void ClusterNode::judge_medium() {
  if (!config_.clears_up) {
    return;  // once is enough
  }
  std::vector<uint8_t> bytes(kBlockBytes);
  for (uint64_t i = 0; i < kGuardedBlocks; ++i) {
    const uint64_t block = world_.config.blocks - kGuardedBlocks + i;
    static_cast<void>(world_.storage->lun(0).backing().read(block * kBlockBytes, bytes));
    const Stamp shown = read_stamp(bytes, block);
    const bool ours = shown.write_id == 0 || shown.write_id > kGuardedId;
    const WriteId id = shown.write_id == 0 ? 0 : shown.write_id - kGuardedId;
    if (auto verdict = judge_of_world().guarded.check(block, id, shown.readable && ours)) {
      world_.found(verdict->invariant, "on the medium: " + verdict->text);
    }
  }
}

}  // namespace sim
