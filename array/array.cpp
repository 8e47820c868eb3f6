// The array: what it is made of, its nexuses and its LUNs. The rest of its life is in
// array_tasks.cpp, array_ports.cpp and array_access.cpp; what a command does is in commands_*.cpp,
// whether it may run in access_check.cpp.
#include "array/array.h"

#include <algorithm>
#include <utility>

#include "scsi/luns.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kPowerOn = 0x2900;
constexpr uint16_t kNexusLoss = 0x2907;
constexpr uint16_t kIdentifierChanged = 0x3f05;

bool validate(const Config& config, std::string& error) {
  if (config.ports.empty() || config.luns.empty()) {
    error = "an array needs at least one port and one LUN";
    return false;
  }
  if (config.luns.size() > 256 || config.controllers == 0 ||
      config.controllers > scsi::kMaxGroups) {
    error = "an array has 1 to 256 LUNs and 1 to 32 controllers";
    return false;
  }
  for (const PortConfig& port : config.ports) {
    if (port.controller >= config.controllers) {
      error = "a port belongs to controller " + std::to_string(port.controller) +
              ", but there are " + std::to_string(config.controllers);
      return false;
    }
  }
  return true;
}

}  // namespace

std::unique_ptr<Array> Array::create(const Config& config, base::Scheduler& scheduler,
                                     std::string& error) {
  if (!validate(config, error)) {
    return nullptr;
  }
  std::unique_ptr<Array> array(new Array(config, scheduler));
  for (uint32_t number = 0; number < config.luns.size(); ++number) {
    auto lun = Lun::open(config, number, error);
    if (!lun) {
      return nullptr;
    }
    array->luns_.push_back(std::move(lun));
  }
  return array;
}

Array::Array(const Config& config, base::Scheduler& scheduler)
    : config_(config),
      scheduler_(scheduler),
      groups_(config_),
      ports_(config.ports.size()),
      controllers_(config.controllers) {}

Array::~Array() {
  scheduler_.cancel(transition_timer_);
  while (!nexuses_.empty()) {
    drop(*nexuses_.back());
  }
}

// --- nexuses

Nexus* Array::login(unsigned port, const InitiatorPort& initiator, NexusOwner& owner) {
  if (port_state(port) == PortState::down || port_state(port) == PortState::frozen) {
    return nullptr;
  }
  uint16_t attention = kPowerOn;
  if (Nexus* const former = find_nexus(port, initiator)) {
    attention = kNexusLoss;
    end_nexus(*former, NexusEnd::reinstated);
  }
  auto nexus = std::make_unique<Nexus>();
  nexus->id = next_nexus_id_++;
  nexus->port = port;
  nexus->initiator = initiator;
  nexus->owner = &owner;
  nexus->attentions.resize(luns_.size());
  for (AttentionQueue& queue : nexus->attentions) {
    queue.add(attention);
  }
  nexuses_.push_back(std::move(nexus));
  return nexuses_.back().get();
}

Nexus* Array::find_nexus(unsigned port, const InitiatorPort& initiator) {
  const auto found = std::find_if(nexuses_.begin(), nexuses_.end(), [&](const auto& nexus) {
    return nexus->port == port && nexus->initiator == initiator;
  });
  return found == nexuses_.end() ? nullptr : found->get();
}

std::vector<InitiatorPort> Array::initiator_ports(std::string_view name) const {
  std::vector<InitiatorPort> ports;
  for (const auto& nexus : nexuses_) {
    if (nexus->initiator.name == name &&
        std::find(ports.begin(), ports.end(), nexus->initiator) == ports.end()) {
      ports.push_back(nexus->initiator);
    }
  }
  return ports;
}

void Array::drop(Nexus& nexus) {
  abort_tasks(nexus, kEveryLun);
  for (const auto& lun : luns_) {
    lun->forget(nexus.id);
  }
  const auto found = std::find_if(nexuses_.begin(), nexuses_.end(),
                                  [&nexus](const auto& other) { return other.get() == &nexus; });
  nexuses_.erase(found);
}

void Array::end_nexus(Nexus& nexus, NexusEnd reason) {
  NexusOwner& owner = *nexus.owner;
  drop(nexus);
  owner.on_nexus_ended(reason);
}

void Array::end_nexuses_of_port(unsigned port, NexusEnd reason) {
  for (;;) {
    const auto found = std::find_if(nexuses_.begin(), nexuses_.end(),
                                    [port](const auto& nexus) { return nexus->port == port; });
    if (found == nexuses_.end()) {
      return;
    }
    end_nexus(**found, reason);
  }
}

void Array::attention_for_all(uint16_t code, size_t lun, const Nexus* except) {
  for (const auto& nexus : nexuses_) {
    if (nexus.get() == except) {
      continue;
    }
    for (size_t i = 0; i < nexus->attentions.size(); ++i) {
      if (lun == kEveryLun || lun == i) {
        nexus->attentions[i].add(code);
      }
    }
  }
}

// --- LUNs

Lun* Array::find_lun(uint64_t raw) {
  const auto number = scsi::decode_lun(raw);
  return number && *number < luns_.size() ? luns_[*number].get() : nullptr;
}

base::Status Array::resize_lun(size_t index, uint64_t size_bytes) {
  if (index >= luns_.size()) {
    return {base::Code::not_found, "no such LUN"};
  }
  if (size_bytes == 0 || size_bytes % luns_[index]->block_bytes() != 0) {
    return {base::Code::invalid_argument, "the size must be a multiple of the block size"};
  }
  if (!luns_[index]->resize(size_bytes)) {
    return {base::Code::io_error, "the backing store cannot be resized"};
  }
  attention_for_all(scsi::kCapacityChanged, index);
  return {};
}

void Array::change_identity(size_t index) {
  luns_[index]->change_identity();
  attention_for_all(kIdentifierChanged, index);
}

void Array::note_write(const Lun& lun, uint64_t lba, uint64_t blocks, const Nexus& nexus) {
  if (journal_ != nullptr) {
    journal_->on_write(lun.number(), lba, blocks, nexus, scheduler_.now_ns());
  }
}

}  // namespace array
