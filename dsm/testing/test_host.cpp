// The host of the DSM's tests.
#include "dsm/testing/test_host.h"

#include <gtest/gtest.h>

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {

Identity identity_of(uint8_t number) {
  Identity identity;
  identity.type = 3;
  identity.code_set = 1;
  identity.size = 16;
  identity.bytes[0] = 0x60;
  identity.bytes[15] = number;
  return identity;
}

std::array<uint8_t, 18> fixed_sense(uint8_t key, uint8_t asc, uint8_t ascq) {
  std::array<uint8_t, 18> bytes{};
  scsi::Sense sense;
  sense.format = scsi::SenseFormat::fixed;
  sense.key = key;
  sense.asc = asc;
  sense.ascq = ascq;
  scsi::encode_fixed_sense(bytes, sense);
  return bytes;
}

namespace {

// Storage that the DSM has from now on, until it releases it.
template <typename Map, typename Owner>
auto* keep(Map& held, Owner owner) {
  auto* object = owner.get();
  held[object] = std::move(owner);
  return object;
}

}  // namespace

TestHost::TestHost(PolicyId policy, unsigned lanes) {
  config.default_policy = policy;
  config.lane_count = lanes;
  module = std::make_unique<Module>(config);
}

TestHost::~TestHost() {
  for (const auto& [lun, depth] : throttle_depth_) {
    EXPECT_TRUE(depth == 0 || depth == 1) << "throttle and resume of LUN " << lun << " out of turn";
  }
}

base::Status TestHost::add(NexusId id, const PathSpec& spec) {
  ClaimResult claim;
  claim.refusal = ClaimRefusal::none;
  claim.identity = identity_of(spec.lun_number);
  static_cast<void>(claim.model.assign("DSMKIT  TEST            "));
  claim.support = spec.support;
  claim.has_group = spec.support != AluaSupport::none;
  claim.target_port_group = spec.group;
  claim.relative_target_port = static_cast<uint16_t>(id);
  Arrival arrival;
  arrival.claim = &claim;
  arrival.spare_lun_id = next_lun_id_++;
  if (granted()) {
    arrival.spare_lun = keep(luns_, std::make_unique<Lun>());
  }
  if (granted()) {
    arrival.lanes = keep(lanes_, std::make_unique<Lane[]>(config.lane_count));
  }
  if (granted()) {
    arrival.path = keep(paths_, std::make_unique<Path>());
  }
  if (granted()) {
    arrival.nexus = keep(nexuses_, std::make_unique<Nexus>());
  }
  if (settings_of) {
    arrival.settings = settings_of(id);
  }
  last_refusal = {};
  // One path per nexus unless the test numbers them 100 * path + LUN.
  const PathId path_id = id >= 100 ? id / 100 : id;
  on(event::nexus_arrived(now, id, path_id, arrival));
  return last_refusal;
}

void TestHost::path(NexusId id, const PathSpec& spec) {
  ASSERT_TRUE(add(id, spec).ok()) << last_refusal.message();
  Operation verify{.id = 900 + id, .kind = OperationKind::verify_path, .nexus = id};
  on(event::start(now, verify));
  answer_all();
  activate(id);
  answer_all();
}

void TestHost::on(const Event& event) {
  Actions actions;
  Progress progress = trace::on(*module, recorder, event, actions);
  run(actions);
  while (progress == Progress::more) {
    actions.clear();
    progress = trace::resume(*module, recorder, event.now, actions);
    run(actions);
  }
}

void TestHost::run(Actions& actions) {
  std::deque<Event> later;
  for (const Action& action : actions) {
    carry_out(action, later);
  }
  for (const Event& event : later) {
    on(event);
  }
}

void TestHost::carry_out(const Action& action, std::deque<Event>& later) {
  if (action.kind == ActionKind::report) {
    reports.push_back(action.report);
    return;
  }
  history.push_back(action);
  switch (action.kind) {
    case ActionKind::send:
      if (!granted()) {
        later.push_back(
            event::command_done(now, action.lun, action.nexus,
                                {.id = action.send.id, .outcome = TransportOutcome::busy}));
        break;
      }
      sent.push_back({action.lun, action.nexus, action.send});
      opcodes_sent_.push_back(action.send.cdb.opcode());
      break;
    case ActionKind::refused:
      last_refusal = action.status;
      break;
    case ActionKind::throttle:
      EXPECT_EQ(++throttle_depth_[action.lun], 1);
      break;
    case ActionKind::resume:
      EXPECT_EQ(--throttle_depth_[action.lun], 0);
      break;
    case ActionKind::arm_timer:
      EXPECT_NE(action.due, 0U);
      timers_[action.lun] = action.due;
      break;
    case ActionKind::cancel_timer:
      timers_.erase(action.lun);
      break;
    case ActionKind::synchronise_lanes:
      if (hold_lanes) {
        lanes_to_synchronise.push_back(action.lun);
      } else {
        later.push_back(event::of_lun(EventKind::lanes_synchronised, now, action.lun));
      }
      break;
    case ActionKind::release:
      luns_.erase(action.storage);
      lanes_.erase(action.storage);
      paths_.erase(action.storage);
      nexuses_.erase(action.storage);
      break;
    case ActionKind::op_done:
      results.push_back(action.result);
      break;
    default:
      break;
  }
}

void TestHost::synchronise() {
  for (const LunId id : std::exchange(lanes_to_synchronise, {})) {
    on(event::of_lun(EventKind::lanes_synchronised, now, id));
  }
}

Token TestHost::begin(unsigned lane) {
  Token token;
  Pick pick = select(lun(), lane, {});
  if (pick.found()) {
    EXPECT_TRUE(dsm::begin(token, lun(), lane, pick));
  }
  return token;
}

NexusId TestHost::nexus_of(const Token& token) const {
  return token.counted() ? token.lun->nexus_at(token.slot)->id : 0;
}

void TestHost::complete(Token& token) {
  const LunId id = token.lun->id;
  if (dsm::complete(token) == CompleteResult::slot_idle) {
    on(event::of_lun(EventKind::slot_idle, now, id));
  }
}

NexusId TestHost::next() {
  Token token = begin();
  const NexusId nexus = nexus_of(token);
  if (token.counted()) {
    complete(token);
  }
  return nexus;
}

std::vector<NexusId> TestHost::next(unsigned count) {
  std::vector<NexusId> nexuses;
  for (unsigned i = 0; i < count; ++i) {
    nexuses.push_back(next());
  }
  return nexuses;
}

Verdict TestHost::error(NexusId nexus, const Completion& completion) {
  Actions actions;
  Completion stamped = completion;
  stamped.now = now;
  const Verdict verdict =
      trace::interpret(*module, recorder, *module->find_nexus(nexus), stamped, actions);
  run(actions);
  return verdict;
}

Verdict TestHost::sense(NexusId nexus, uint8_t key, uint8_t asc, uint8_t ascq, uint8_t opcode) {
  const auto bytes = fixed_sense(key, asc, ascq);
  return error(nexus, {.scsi_status = scsi::kCheckCondition,
                       .sense = bytes,
                       .opcode = opcode,
                       .is_rw = opcode == 0x28 || opcode == 0x2a});
}

Verdict TestHost::transport_error(NexusId nexus, TransportOutcome outcome) {
  return error(nexus, {.outcome = outcome, .opcode = 0x28, .is_rw = true});
}

void TestHost::answer(const SentCommand& command, uint8_t status, base::Bytes sense,
                      base::Bytes data) {
  on(event::command_done(now, command.lun, command.nexus,
                         {.id = command.send.id,
                          .scsi_status = status,
                          .sense = sense,
                          .data_in = base::slice(data, 0, command.send.data_in_capacity)}));
}

void TestHost::answer_with_sense(const SentCommand& command, uint8_t key, uint8_t asc,
                                 uint8_t ascq) {
  answer(command, scsi::kCheckCondition, fixed_sense(key, asc, ascq));
}

void TestHost::lose(const SentCommand& command, TransportOutcome outcome) {
  on(event::command_done(now, command.lun, command.nexus,
                         {.id = command.send.id, .outcome = outcome}));
}

SentCommand TestHost::take() {
  EXPECT_FALSE(sent.empty()) << "the DSM has sent nothing";
  if (sent.empty()) {
    return {};
  }
  SentCommand command = sent.front();
  sent.pop_front();
  return command;
}

void TestHost::answer_one() {
  const SentCommand command = take();
  if (command.is_stpg()) {
    answer_stpg(command);
  } else if (command.is_rtpg()) {
    answer_rtpg(command);
  } else {
    answer(command, scsi::kGood);
  }
}

void TestHost::answer_all() {
  constexpr int kEndless = 1000;
  for (int i = 0; !sent.empty(); ++i) {
    ASSERT_LT(i, kEndless) << "the DSM sends on and on without time passing";
    answer_one();
  }
}

void TestHost::answer_stpg(const SentCommand& command) {
  const auto wanted = scsi::decode_set_groups(
      base::Bytes(command.send.data_out).first(command.send.data_out_bytes));
  ASSERT_TRUE(wanted.has_value());
  if (refuse_stpg) {
    answer_with_sense(command, scsi::kIllegalRequest, 0x24, 0x00);
    return;
  }
  for (const scsi::SetGroup& set : *wanted) {
    for (auto& [id, state] : groups) {
      state = state == scsi::AccessState::active_optimized ? scsi::AccessState::active_nonoptimized
                                                           : state;
    }
    groups[set.id] = set.state;
  }
  answer(command, scsi::kGood);
}

void TestHost::answer_rtpg(const SentCommand& command) {
  scsi::TargetPortGroups told;
  told.extended = (command.send.cdb.bytes[1] & 0xe0) == 0x20;
  for (const auto& [id, state] : groups) {
    scsi::TargetPortGroup group;
    group.id = id;
    group.state = state;
    group.preferred = preferred_groups[id];
    static_cast<void>(told.groups.push_back(group));
  }
  std::array<uint8_t, 512> data{};
  const size_t size = scsi::encode_target_port_groups(data, told);
  answer(command, scsi::kGood, {}, base::slice(data, 0, size));
}

Lun& TestHost::lun(uint8_t number) {
  return *module->find_lun(identity_of(number));
}

std::string TestHost::states(uint8_t lun_number) {
  std::string text;
  Lun& object = lun(lun_number);
  for_each_nexus(object, [&](const Nexus& nexus) {
    text += (text.empty() ? "" : " ") + std::string(short_name_of(nexus.effective));
  });
  return text;
}

bool TestHost::throttled(uint8_t lun_number) {
  return lun(lun_number).published.throttled.load();
}

unsigned TestHost::count(ActionKind kind) const {
  unsigned count = 0;
  for (const Action& action : history) {
    count += action.kind == kind ? 1U : 0U;
  }
  return count;
}

unsigned TestHost::count_sent(uint8_t opcode) const {
  unsigned count = 0;
  for (const uint8_t seen : opcodes_sent_) {
    count += seen == opcode ? 1U : 0U;
  }
  return count;
}

void TestHost::advance_ms(uint64_t ms) {
  const TimeNs end = now + ms * kNsPerMs;
  for (;;) {
    auto first = timers_.end();
    for (auto it = timers_.begin(); it != timers_.end(); ++it) {
      if (it->second <= end && (first == timers_.end() || it->second < first->second)) {
        first = it;
      }
    }
    if (first == timers_.end()) {
      break;
    }
    const LunId id = first->first;
    now = std::max(now, first->second);
    timers_.erase(first);
    on(event::of_lun(EventKind::timer, now, id));
  }
  now = end;
}

}  // namespace dsm::testing
