// The module against any sequence of events: the input's bytes choose events, objects, answers and
// time. The host here keeps every rule of the contract that concerns memory (storage lives until
// its release, lanes pass their barrier, commands are counted) and breaks all others: events about
// nothing, answers to nothing, timers out of turn.
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "base/assert.h"
#include "dsm/module.h"
#include "fuzz/input.h"

namespace {

using dsm::Action;
using dsm::ActionKind;
using dsm::Event;
using dsm::EventKind;
using fuzz::Input;

constexpr unsigned kLanes = 2;
constexpr uint32_t kIds = 6;

// Which locks are held: the topology's before a LUN's, never two LUNs'.
struct Locks {
  bool topology = false;
  dsm::Lun* lun = nullptr;

  dsm::LockOps ops() {
    return {.context = this,
            .lock_topology =
                [](void* self) {
                  Locks& locks = *static_cast<Locks*>(self);
                  BASE_ASSERT(!locks.topology && locks.lun == nullptr);
                  locks.topology = true;
                },
            .unlock_topology =
                [](void* self) {
                  Locks& locks = *static_cast<Locks*>(self);
                  BASE_ASSERT(locks.topology && locks.lun == nullptr);
                  locks.topology = false;
                },
            .lock_lun =
                [](void* self, dsm::Lun& lun) {
                  Locks& locks = *static_cast<Locks*>(self);
                  BASE_ASSERT(locks.lun == nullptr);
                  locks.lun = &lun;
                },
            .unlock_lun =
                [](void* self, dsm::Lun& lun) {
                  Locks& locks = *static_cast<Locks*>(self);
                  BASE_ASSERT(locks.lun == &lun);
                  locks.lun = nullptr;
                }};
  }
};

class Host {
 public:
  explicit Host(Input& input) : input_(input) {
    config_.default_policy = dsm::policies()[input.below(dsm::policies().size())].id;
    config_.lane_count = kLanes;
    const uint8_t switches = input.byte();
    config_.least_blocks_cache = (switches & 1U) != 0;
    config_.least_blocks_cache_bytes = (switches & 2U) != 0 ? 1024 : 1U << 20;
    config_.statistics = (switches & 4U) != 0;
    config_.locks = locks_.ops();
  }

  void step() {
    now_ += input_.byte() * uint64_t{1'000'000};
    switch (input_.below(9)) {
      case 0:
        arrive();
        break;
      case 1:
        use();
        break;
      case 2:
        end_one();
        break;
      case 3:
        answer_one();
        break;
      case 4:
        interpret_one();
        break;
      case 5:
        fire_timers();
        break;
      case 6:
        use_named_path();
        break;
      default:
        anything();
        break;
    }
  }

  // Removes everything; all storage must come back.
  void finish() {
    while (!tokens_.empty()) {
      end_one();
    }
    for (uint32_t id = 1; id <= kIds * kIds; ++id) {
      on(dsm::event::of_nexus(EventKind::nexus_removed, now_, id));
    }
    for (uint32_t id = 1; id <= kIds; ++id) {
      on(dsm::event::of_path(EventKind::path_removed, now_, id));
    }
    for (int i = 0; i < 1000 && !luns_.empty(); ++i) {
      while (!sent_.empty()) {
        const Action command = sent_.front();
        sent_.pop_front();
        on(dsm::event::command_done(
            now_, command.lun, command.nexus,
            {.id = command.send.id, .outcome = dsm::TransportOutcome::connection_lost}));
      }
      now_ += 1'000'000'000;
      fire_timers();
    }
    BASE_ASSERT(luns_.empty() && lanes_.empty() && paths_.empty() && nexuses_.empty());
    BASE_ASSERT(throttled_.empty() && timers_.empty());
  }

 private:
  dsm::NexusId any_nexus() { return 1 + input_.below(kIds * kIds); }
  dsm::Lun* any_lun() {
    if (luns_.empty()) {
      return nullptr;
    }
    auto it = luns_.begin();
    std::advance(it, input_.below(static_cast<uint32_t>(luns_.size())));
    return module_.find_lun(it->second->id) == it->second.get() ? it->second.get() : nullptr;
  }

  dsm::ArrivalSettings any_settings() {
    return {.policy = static_cast<dsm::PolicyId>(input_.below(dsm::policies().size() + 2)),
            .origin = static_cast<dsm::SettingsOrigin>(input_.below(5)),
            .preferred = input_.below(4) == 0,
            .desire = static_cast<dsm::Desire>(input_.below(5)),
            .weight = input_.byte()};
  }

  void arrive() {
    const dsm::NexusId id = any_nexus();
    const auto lun_number = static_cast<uint8_t>(id % kIds);
    dsm::ClaimResult claim;
    claim.refusal =
        input_.below(16) == 0 ? dsm::ClaimRefusal::bad_inquiry : dsm::ClaimRefusal::none;
    claim.identity.type = 3;
    claim.identity.size = 8;
    claim.identity.bytes[7] = lun_number;
    claim.support = static_cast<dsm::AluaSupport>(lun_number & 3U);
    claim.has_group = claim.support != dsm::AluaSupport::none;
    claim.target_port_group = static_cast<uint16_t>(input_.below(3));
    auto lun = std::make_unique<dsm::Lun>();
    auto lanes = std::make_unique<dsm::Lane[]>(kLanes);
    auto path = std::make_unique<dsm::Path>();
    auto nexus = std::make_unique<dsm::Nexus>();
    const uint8_t leave_out = input_.byte();
    const dsm::Arrival arrival{.claim = leave_out == 1 ? nullptr : &claim,
                               .spare_lun_id = ++last_lun_id_,
                               .spare_lun = leave_out == 2 ? nullptr : lun.get(),
                               .lanes = leave_out == 2 ? nullptr : lanes.get(),
                               .path = leave_out == 3 ? nullptr : path.get(),
                               .nexus = leave_out == 4 ? nullptr : nexus.get(),
                               .nexus_name = "fuzz",
                               .settings = any_settings()};
    keep(luns_, arrival.spare_lun, std::move(lun));
    keep(lanes_, arrival.lanes, std::move(lanes));
    keep(paths_, arrival.path, std::move(path));
    keep(nexuses_, arrival.nexus, std::move(nexus));
    on(dsm::event::nexus_arrived(now_, id, 1 + (id - 1) / kIds, arrival));
  }

  template <typename Map, typename Owner>
  void keep(Map& map, void* key, Owner&& owner) {
    if (key != nullptr) {
      map[key] = std::forward<Owner>(owner);
    }
  }

  void use() {
    dsm::Lun* lun = any_lun();
    if (lun == nullptr) {
      return;
    }
    const unsigned lane = input_.below(kLanes);
    const uint8_t shape = input_.byte();
    const dsm::Pick pick = dsm::select(*lun, lane,
                                       {.lba = shape & 15U,
                                        .bytes = (shape >> 4U) * 512U,
                                        .is_read = (shape & 64U) != 0,
                                        .is_write = (shape & 64U) == 0 && (shape & 128U) != 0});
    if (!pick.found()) {
      return;
    }
    if (!tokens_.empty() && tokens_.front().lun == lun && input_.below(2) == 0) {
      const dsm::MoveResult result = dsm::move(tokens_.front(), pick);
      note(result.old_slot, lun->id);
      return;
    }
    dsm::Token token;
    BASE_ASSERT(dsm::begin(token, *lun, lane, pick));
    BASE_ASSERT(lun->nexus_at(token.slot) != nullptr);
    tokens_.push_back(token);
  }
  void use_named_path() {
    const dsm::Lun* lun = any_lun();
    dsm::Token token;
    const dsm::LunId id = lun != nullptr ? lun->id : input_.byte();
    if (module_.begin_on_path(token, id, input_.below(kLanes), 1 + input_.below(kIds)).ok()) {
      BASE_ASSERT(token.lun->nexus_at(token.slot) != nullptr);
      tokens_.push_back(token);
    }
    dsm::Statistics statistics;
    module_.statistics(any_nexus(), statistics);
    BASE_ASSERT(statistics.bytes_read < uint64_t{1} << 60 && statistics.errors < 1U << 30);
  }
  void end_one() {
    if (!tokens_.empty()) {
      dsm::Token token = tokens_.front();
      tokens_.pop_front();
      const dsm::LunId id = token.lun->id;
      const uint8_t how = input_.byte();
      note(dsm::complete(token, {.bytes = how * 512U,
                                 .direction = static_cast<dsm::Direction>(how % 3),
                                 .ok = (how & 4U) == 0,
                                 .retried = (how & 8U) != 0,
                                 .failed_over = (how & 16U) != 0}),
           id);
    }
  }
  void note(dsm::CompleteResult result, dsm::LunId lun) {
    if (result == dsm::CompleteResult::slot_idle) {
      on(dsm::event::of_lun(EventKind::slot_idle, now_, lun));
    }
  }

  dsm::CommandDone any_answer(dsm::CommandId id) {
    dsm::CommandDone done{.id = id};
    done.outcome = static_cast<dsm::TransportOutcome>(input_.below(12) % 9);
    done.scsi_status = input_.below(2) == 0 ? 0 : input_.byte();
    done.sense = input_.take(input_.below(20));
    done.data_in = input_.take(input_.below(64));
    return done;
  }
  void answer_one() {
    if (sent_.empty()) {
      return;
    }
    const Action command = sent_.front();
    sent_.pop_front();
    on(dsm::event::command_done(now_, command.lun, command.nexus, any_answer(command.send.id)));
  }
  void interpret_one() {
    if (tokens_.empty()) {
      return;
    }
    const dsm::Token& token = tokens_.front();
    const dsm::CommandDone answer = any_answer(0);
    dsm::Actions actions;
    const dsm::Verdict verdict = module_.interpret(*token.lun->nexus_at(token.slot),
                                                   {.outcome = answer.outcome,
                                                    .scsi_status = answer.scsi_status,
                                                    .sense = answer.sense,
                                                    .opcode = input_.byte(),
                                                    .is_rw = input_.below(2) == 0,
                                                    .now = now_},
                                                   actions);
    BASE_ASSERT(int{verdict.retry} + int{verdict.failover} + int{verdict.give_back} == 1);
    run(actions);
  }

  void anything() {
    Event event;
    event.kind = static_cast<EventKind>(
        1 + input_.below(static_cast<size_t>(EventKind::cancel_operation)));  // any but an arrival
    event.now = now_;
    event.nexus = any_nexus();
    event.path = 1 + input_.below(kIds);
    event.number = input_.below(8) != 0 ? input_.below(3) : input_.byte() * 0x01010101U;
    event.desire = static_cast<dsm::Desire>(input_.below(5));
    if (const dsm::Lun* lun = any_lun()) {
      event.lun = lun->id;
    }
    if (event.kind == EventKind::command_done) {
      event.command = any_answer(input_.byte());
    }
    dsm::PathSetting settings[kIds];
    for (dsm::PathSetting& setting : settings) {
      setting = {any_nexus(), static_cast<dsm::Desire>(input_.below(5)), input_.byte()};
    }
    dsm::Operation& operation = event.operation;
    operation.id = event.kind == EventKind::start_operation ? ++last_operation_ : input_.byte();
    operation.kind = static_cast<dsm::OperationKind>(input_.below(7));
    operation.lun = input_.below(2) == 0 ? 0 : event.lun;
    operation.path = input_.below(2) == 0 ? 0 : event.path;
    operation.nexus = input_.below(2) == 0 ? 0 : event.nexus;
    operation.group = static_cast<uint16_t>(input_.below(3));
    operation.deadline = input_.below(2) == 0 ? 0 : now_ + input_.byte() * uint64_t{1'000'000};
    operation.settings = {
        .policy = static_cast<dsm::PolicyId>(input_.below(dsm::policies().size() + 2)),
        .preferred = input_.below(2) == 0 ? 0 : any_nexus(),
        .paths = {settings, input_.below(kIds + 1)},
        .origin = static_cast<dsm::SettingsOrigin>(input_.below(5))};
    on(event);
  }

  void fire_timers() {
    const std::map<dsm::LunId, dsm::TimeNs> timers = timers_;
    for (const auto& [lun, due] : timers) {
      if (due <= now_) {
        timers_.erase(lun);
        on(dsm::event::of_lun(EventKind::timer, now_, lun));
      }
    }
  }

  void on(const Event& event) {
    dsm::Actions actions;
    dsm::Progress progress = module_.on(event, actions);
    run(actions);
    while (progress == dsm::Progress::more) {
      actions.clear();
      progress = module_.resume(now_, actions);
      run(actions);
    }
  }
  void run(const dsm::Actions& actions) {
    BASE_ASSERT(!locks_.topology && locks_.lun == nullptr);
    std::deque<dsm::LunId> synchronised;
    for (const Action& action : actions) {
      carry_out(action);
      if (action.kind == ActionKind::synchronise_lanes) {
        synchronised.push_back(action.lun);
      }
    }
    for (const dsm::LunId lun : synchronised) {
      on(dsm::event::of_lun(EventKind::lanes_synchronised, now_, lun));
    }
  }
  void carry_out(const Action& action) {
    switch (action.kind) {
      case ActionKind::send:
        BASE_ASSERT(action.send.cdb.length != 0 && nexuses_.count(action.nexus_object) != 0);
        sent_.push_back(action);
        break;
      case ActionKind::throttle:
        BASE_ASSERT(throttled_.insert(action.lun).second);
        break;
      case ActionKind::resume:
        BASE_ASSERT(throttled_.erase(action.lun) == 1);
        break;
      case ActionKind::arm_timer:
        BASE_ASSERT(action.due != 0);
        timers_[action.lun] = action.due;
        break;
      case ActionKind::cancel_timer:
        timers_.erase(action.lun);
        break;
      case ActionKind::op_done:
        BASE_ASSERT(ended_.insert(action.result.id).second);
        break;
      case ActionKind::release:
        BASE_ASSERT(luns_.erase(action.storage) + lanes_.erase(action.storage) +
                        paths_.erase(action.storage) + nexuses_.erase(action.storage) ==
                    1);
        break;
      default:
        break;
    }
  }

  Input& input_;
  Locks locks_;
  dsm::Config config_;
  dsm::Module module_{config_};
  dsm::TimeNs now_ = 1;
  dsm::LunId last_lun_id_ = 0;
  dsm::OperationId last_operation_ = 0;
  std::map<void*, std::unique_ptr<dsm::Lun>> luns_;
  std::map<void*, std::unique_ptr<dsm::Lane[]>> lanes_;
  std::map<void*, std::unique_ptr<dsm::Path>> paths_;
  std::map<void*, std::unique_ptr<dsm::Nexus>> nexuses_;
  std::map<dsm::LunId, dsm::TimeNs> timers_;
  std::set<dsm::LunId> throttled_;
  std::set<dsm::OperationId> ended_;
  std::deque<Action> sent_;
  std::deque<dsm::Token> tokens_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  Host host(input);
  while (!input.empty()) {
    host.step();
  }
  host.finish();
  return 0;
}
