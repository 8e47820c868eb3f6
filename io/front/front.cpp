// See front.h.
#include "io/front/front.h"

#include <algorithm>
#include <utility>

#include "io/front/names.h"
#include "scsi/luns.h"

namespace io::front {
namespace {

constexpr uint16_t kPowerOn = 0x2900;
constexpr uint16_t kNexusLoss = 0x2907;

}  // namespace

class FrontDevice::FrontNexus final : public iscsi::Nexus {
 public:
  FrontNexus(FrontDevice& device, Entry& entry) : device_(device), entry_(entry) {}
  ~FrontNexus() override { device_.abandon(entry_); }
  void submit(iscsi::Task& task) override { entry_.work->submit(task); }
  void manage(scsi::TaskFunction function, uint64_t lun, uint64_t tag,
              std::function<void(scsi::FunctionResponse)> done) override {
    entry_.work->manage(function, lun, tag, std::move(done));
  }

 private:
  FrontDevice& device_;
  Entry& entry_;
};

FrontDevice::FrontDevice(Settings settings, base::Scheduler& scheduler, BackEndSource& source)
    : settings_(std::move(settings)), scheduler_(scheduler), source_(source) {}

FrontDevice::~FrontDevice() {
  scheduler_.cancel(reap_timer_);
}

bool FrontDevice::has_lun(uint64_t lun) const {
  return scsi::decode_lun(lun) == 0U;
}

std::unique_ptr<iscsi::Nexus> FrontDevice::login(unsigned port,
                                                 const iscsi::InitiatorPort& initiator,
                                                 iscsi::NexusOwner& owner) {
  if (stopping_) {
    return nullptr;
  }
  uint16_t attention = kPowerOn;
  const auto old = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.owner != nullptr && entry.port == port && entry.initiator == initiator;
  });
  if (old != entries_.end()) {
    attention = kNexusLoss;
    old->owner->on_nexus_ended();
  }
  if (entries_.size() >= settings_.max_nexuses) {
    settings_.log("a login of " + initiator.name + " was refused: there are " +
                  std::to_string(entries_.size()) + " nexuses already");
    return nullptr;
  }
  Entry& entry = entries_.emplace_back();
  entry.port = port;
  entry.initiator = initiator;
  entry.owner = &owner;
  NexusWorkOwner& me = *this;
  entry.work = std::make_unique<NexusWork>(source_.make(initiator, port),
                                           Place{settings_.target_name, port, settings_.port_count},
                                           attention, me);
  start_those_in_turn();
  return std::make_unique<FrontNexus>(*this, entry);
}

// One after the other where they log in to the array as the same initiator port: what the first
// has left there must have ended.
void FrontDevice::start_those_in_turn() {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    const bool first = std::none_of(entries_.begin(), entry, [&](const Entry& before) {
      return before.port == entry->port && before.initiator == entry->initiator;
    });
    if (first && !entry->work->started() && !entry->work->abandoned()) {
      entry->work->start();
    }
  }
}

FrontDevice::Entry& FrontDevice::entry_of(const NexusWork& work) {
  return *std::find_if(entries_.begin(), entries_.end(),
                       [&work](const Entry& entry) { return entry.work.get() == &work; });
}

void FrontDevice::abandon(Entry& entry) {
  entry.owner = nullptr;
  entry.work->abandon();
}

void FrontDevice::on_work_failed(NexusWork& work, const std::string& why) {
  Entry& entry = entry_of(work);
  settings_.log("the session of " + entry.initiator.name + " ends: " + why);
  entry.failed = true;
  scheduler_.defer(reap_timer_);
}

void FrontDevice::on_work_finished(NexusWork& work) {
  entry_of(work).finished = true;
  scheduler_.defer(reap_timer_);
}

// Not those that have ended: their registrations have outlived them.
std::optional<NexusName> FrontDevice::find_nexus(std::string_view name, const Isid& isid) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.owner != nullptr && back_end_name(entry.initiator.name) == name &&
           same_front_nexus(back_end_isid(entry.initiator, entry.port, "", ""), isid);
  });
  return found == entries_.end() ? std::nullopt
                                 : std::optional(NexusName{found->initiator, found->port});
}

bool FrontDevice::unit_is_being_released() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.work->releases_unit(); });
}

void FrontDevice::on_reap() {
  for (Entry& entry : entries_) {
    if (std::exchange(entry.failed, false) && entry.owner != nullptr) {
      entry.owner->on_nexus_ended();  // and so abandon()
    }
  }
  entries_.remove_if([](const Entry& entry) { return entry.finished; });
  start_those_in_turn();
  for (Entry& entry : entries_) {
    entry.work->send_waiting();
  }
  if (stopping_ && entries_.empty() && stopped_) {
    std::exchange(stopped_, nullptr)();
  }
}

void FrontDevice::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  scheduler_.defer(reap_timer_);
}

}  // namespace io::front
