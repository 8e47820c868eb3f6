// See deed_driver.h.
#include "sim/deed_driver.h"

namespace sim {

struct DeedDriver::Entry {
  void begin() {
    driver->timeline_.add(driver->clock_.now_ns(), What::deed, index,
                          static_cast<uint64_t>(deed.kind), deed.on, deed.value);
    for (const auto& actor : driver->actors_) {
      actor->perform(deed);
    }
  }

  DeedDriver* driver = nullptr;
  uint32_t index = 0;
  Deed deed;
  base::MemberTimer<&Entry::begin> timer{*this};
};

DeedDriver::DeedDriver(const std::vector<Deed>& deeds,
                       const std::vector<std::unique_ptr<Actor>>& actors, Clock& clock,
                       Timeline& timeline)
    : actors_(actors), clock_(clock), timeline_(timeline) {
  for (const Deed& deed : deeds) {
    entries_.push_back(std::make_unique<Entry>());
    entries_.back()->driver = this;
    entries_.back()->index = static_cast<uint32_t>(entries_.size() - 1);
    entries_.back()->deed = deed;
  }
}

DeedDriver::~DeedDriver() {
  stop();
}

void DeedDriver::start() {
  for (const auto& entry : entries_) {
    clock_.arm_after(entry->timer, entry->deed.at_ns);
  }
}

void DeedDriver::stop() {
  for (const auto& entry : entries_) {
    clock_.cancel(entry->timer);
  }
}

}  // namespace sim
