// See two_hosts.h.
#include "sim/testing/two_hosts.h"

#include <gtest/gtest.h>

#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "sim/block_stamp.h"

namespace sim {
namespace {

constexpr uint64_t kBlocks = 1024;

array::Config array_of(uint32_t paths) {
  array::Config config;
  config.controllers = 2;
  for (uint32_t path = 0; path < paths; ++path) {
    config.ports.push_back({path % 2});
  }
  config.luns.push_back({.size_bytes = kBlocks * kBlockBytes});
  return config;
}

FabricConfig fabric_of(uint32_t paths) {
  FabricConfig config;
  config.paths = paths;
  config.lost_reset_percent = 0;
  return config;
}

}  // namespace

TwoHosts::TwoHosts(uint32_t paths, dsm::PolicyId policy, bool together)
    : paths_(paths), unsettled_(together ? std::make_shared<mpio::UnsettledWrites>() : nullptr) {
  std::string error;
  storage = array::Array::create(array_of(paths), clock, error);
  first = std::make_unique<Host>(*this, "iqn.2026-11.dev.dsmkit:first", policy);
  second = std::make_unique<Host>(*this, "iqn.2026-11.dev.dsmkit:second", policy);
  for (Host* host : {first.get(), second.get()}) {
    for (uint32_t path = 0; path < paths; ++path) {
      host->wait_for(path);
    }
  }
}

TwoHosts::~TwoHosts() {
  first.reset();
  second.reset();
  for (const Finding& finding : findings_.list()) {
    ADD_FAILURE() << name_of(finding.invariant) << ": " << finding.text;
  }
}

bool TwoHosts::run_until(const std::function<bool()>& condition, uint64_t within_ns) {
  const uint64_t limit = clock.now_ns() + within_ns;
  while (!condition()) {
    if (!clock.step(limit)) {
      return condition();
    }
  }
  return true;
}

size_t TwoHosts::registered(uint64_t key) const {
  size_t count = 0;
  for (const array::Registration& one : storage->lun(0).reservations().registrations()) {
    count += one.key == key ? 1 : 0;
  }
  return count;
}

scsi::ReservationType TwoHosts::type() const {
  return storage->lun(0).reservations().type();
}

TwoHosts::Host::Host(TwoHosts& world, const std::string& name, dsm::PolicyId policy)
    : world_(world),
      target_(*world.storage, name),
      fabric_(fabric_of(world.paths_), world.clock, target_, world.findings_, world.timeline_),
      loop_(world.clock, 0) {
  mpio::DiskConfig config;
  config.run.policy = policy;
  config.unsettled = world.unsettled_;
  config.member = name.ends_with("second") ? 1 : 0;
  std::vector<mpio::LaneSetup> lanes(1);
  lanes[0].loop = &loop_;
  for (uint32_t path = 0; path < world.paths_; ++path) {
    lanes[0].transports.push_back(&fabric_.transport(path));
  }
  mpio::DiskObserver& observer = *this;
  disk_ = std::make_unique<mpio::Disk>(config, lanes, &observer);
  disk_->start(25'000, [](const std::string& error) { EXPECT_EQ(error, ""); });
}

TwoHosts::Host::~Host() = default;

void TwoHosts::Host::on_settled() {
  for (const auto& host : {world_.first.get(), world_.second.get()}) {
    if (host != nullptr && host != this && world_.unsettled_ != nullptr) {
      host->disk_->look_again();
    }
  }
}

std::string TwoHosts::Host::run(mpio::ScsiRequest& request) {
  bool done = false;
  request.owner = &done;
  request.done = [](mpio::ScsiRequest& ended) { *static_cast<bool*>(ended.owner) = true; };
  disk_->scsi().submit(request);
  EXPECT_FALSE(done) << "never from inside submit()";
  EXPECT_TRUE(world_.run_until([&] { return done; }));
  if (request.error != 0) {
    return "errno " + std::to_string(request.error);
  }
  switch (request.scsi_status) {
    case scsi::kGood:
      return "GOOD";
    case scsi::kReservationConflict:
      return "CONFLICT";
    case scsi::kCheckCondition:
      break;
    default:
      return "status " + std::to_string(request.scsi_status);
  }
  const scsi::Sense sense = scsi::decode_sense({request.sense.data(), request.sense_bytes});
  char text[16];
  static_cast<void>(
      std::snprintf(text, sizeof text, "%X/%02X/%02X", sense.key, sense.asc, sense.ascq));
  return text;
}

std::string TwoHosts::Host::reserve(scsi::ReserveOutAction action, uint64_t key,
                                    uint64_t service_action_key, scsi::ReservationType type) {
  std::array<uint8_t, scsi::kReserveOutBytes> list{};
  scsi::encode_reserve_out(
      list, {.key = key, .service_action_key = service_action_key, .transport_ids = {}});
  const mpio::IoSlice slice{list.data(), list.size()};
  mpio::ScsiRequest request;
  request.cdb = scsi::make_persistent_reserve_out(
      {.action = action, .type = type, .parameter_bytes = list.size()});
  request.direction = mpio::Direction::to_target;
  request.slices = {&slice, 1};
  request.length_bytes = list.size();
  return run(request);
}

std::string TwoHosts::Host::command(const scsi::Cdb& cdb, std::vector<uint8_t>& data) {
  const mpio::IoSlice slice{data.data(), data.size()};
  mpio::ScsiRequest request;
  request.cdb = cdb;
  if (!data.empty()) {
    request.direction = mpio::Direction::from_target;
    request.slices = {&slice, 1};
    request.length_bytes = static_cast<uint32_t>(data.size());
  }
  std::string text = run(request);
  data.resize(data.size() - request.residual_bytes);
  return text;
}

TwoHosts::Host::Transfer& TwoHosts::Host::begin(mpio::BlockOp op) {
  Transfer& transfer = *transfers_.emplace_back(std::make_unique<Transfer>());
  transfer.data.resize(kBlockBytes);
  transfer.slice = {transfer.data.data(), transfer.data.size()};
  transfer.request.op = op;
  transfer.request.length_bytes = transfer.data.size();
  transfer.request.slices = {&transfer.slice, 1};
  transfer.request.owner = &transfer;
  transfer.request.done = [](mpio::BlockRequest& ended) {
    static_cast<Transfer*>(ended.owner)->done = true;
  };
  disk_->lane(0).submit(transfer.request);
  return transfer;
}

int TwoHosts::Host::transfer(mpio::BlockOp op) {
  const Transfer& transfer = begin(op);
  EXPECT_TRUE(world_.run_until([&] { return transfer.done; }));
  return transfer.request.error;
}

int TwoHosts::Host::read() {
  return transfer(mpio::BlockOp::read);
}
int TwoHosts::Host::write() {
  return transfer(mpio::BlockOp::write);
}

// Mixed answers show as "?".
std::string TwoHosts::Host::access() {
  const auto all = [this](mpio::BlockOp op, char letter) {
    const uint32_t tries = 2 * world_.paths_;
    uint32_t good = 0;
    uint32_t refused = 0;
    for (uint32_t i = 0; i < tries; ++i) {
      const int error = transfer(op);
      good += error == 0 ? 1 : 0;
      refused += error == EPERM ? 1 : 0;
    }
    return good == tries ? letter : refused == tries ? '-' : '?';
  };
  return {all(mpio::BlockOp::read, 'r'), all(mpio::BlockOp::write, 'w')};
}

void TwoHosts::Host::lose(uint32_t path) {
  fabric_.set_faults(path, {.refuse_logins = true});
  fabric_.reset(path);
  EXPECT_TRUE(world_.run_until([&] { return disk_->path_state(path) != mpio::PathState::up; }));
}

void TwoHosts::Host::heal(uint32_t path) {
  fabric_.set_faults(path, {});
}

void TwoHosts::Host::wait_for(uint32_t path) {
  EXPECT_TRUE(world_.run_until([&] { return disk_->path_state(path) == mpio::PathState::up; }))
      << "path " << path;
}

}  // namespace sim
