// See random_world.h.
#include "dsm/testing/random_world.h"

#include <gtest/gtest.h>

#include <map>

#include "dsm/testing/consistency.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

constexpr unsigned kPaths = 5;
constexpr uint8_t kLuns = 3;
constexpr unsigned kLanes = 2;

// LUN 1 has no ALUA, LUN 2 implicit, LUN 3 explicit.
constexpr AluaSupport kSupport[] = {AluaSupport::none, AluaSupport::implicit_only,
                                    AluaSupport::explicit_only};

constexpr ErrorRow kVendorRows[] = {{.name = "passive",
                                     .needs_sense = true,
                                     .key = scsi::kNotReady,
                                     .asc = 0x80,
                                     .verdict = {.retry = true},
                                     .follow_up = FollowUp::start_unit}};

bool is_start(const SentCommand& command) {
  return command.send.cdb.opcode() == scsi::kStartStopUnit;
}

}  // namespace

RandomWorld::RandomWorld(uint64_t seed)
    : TestHost(policies()[seed % policies().size()].id, kLanes),
      random_(seed),
      seed_is_rich_(seed / policies().size() % 2 == 0) {
  config.vendor_rows = kVendorRows;
  config.locks = locks_.ops();
  // Every other world is short of memory now and then.
  grant = [this] { return seed_is_rich_ || !random_.chance(1, 24); };
  settings_of = [this](NexusId) {
    return ArrivalSettings{.policy = static_cast<PolicyId>(random_.below(policies().size() + 2)),
                           .origin = static_cast<SettingsOrigin>(random_.below(5)),
                           .preferred = random_.chance(1, 4),
                           .desire = static_cast<Desire>(random_.below(5)),
                           .weight = any_weight()};
  };
}

void RandomWorld::step() {
  using enum EventKind;
  const NexusId nexus = any_nexus();
  const PathId path = any_path();
  switch (random_.below(29)) {
    case 0:
    case 1:
      add_nexus();
      break;
    case 2:
    case 3:
      activate(nexus);
      break;
    case 4:
      on(event::of_nexus(random_.chance(1, 2) ? nexus_removing : nexus_removed, now, nexus));
      break;
    case 5:
      on(event::of_path(path_failed, now, path));
      break;
    case 6:
      on(event::of_path(random_.chance(1, 2) ? path_suspect : path_verified, now, path));
      break;
    case 7:
      if (random_.chance(1, 8)) {
        on(event::of_path(path_removed, now, path));
      }
      break;
    case 8:
      on(event::set_preferred(now, lun_id(), random_.chance(1, 3) ? 0 : nexus));
      break;
    case 9:
      on(event::set_desired(now, nexus, static_cast<Desire>(random_.below(5))));
      break;
    case 10:
      on(event::of_lun(reservation_key, now, lun_id(), random_.chance(1, 4) ? 1 : 0));
      break;
    case 11:
      on(event::of_nexus(registered, now, nexus, random_.chance(3, 4) ? 1 : 0));
      break;
    case 12:
    case 13:
      begin_operation(nexus, path);
      break;
    case 14:
      on(event::cancel(now, {.id = static_cast<OperationId>(random_.between(1, 40)),
                             .lun = lun_id(),
                             .nexus = nexus}));
      break;
    case 15:
      change_groups();
      break;
    case 16:
      advance_ms(random_.below(3) == 0 ? random_.below(70'000) : random_.below(50));
      break;
    case 17:
      hold_lanes = random_.chance(1, 2);
      synchronise();
      break;
    case 18:
      interpret_something();
      break;
    case 19:
      end_command();
      break;
    case 20:
    case 21:
      begin_command();
      break;
    case 22:
      change_settings(nexus);
      break;
    case 23:
      begin_on_named_path(path);
      break;
    default:
      answer_something();
      break;
  }
  check();
}

void RandomWorld::finish() {
  grant = nullptr;
  hold_lanes = false;
  synchronise();
  refuse_stpg = false;
  come_to_rest();
  while (!tokens_.empty()) {
    end_command();
  }
  for (uint8_t number = 1; number <= kLuns; ++number) {
    if (const Lun* lun = find(number)) {
      expect_nothing_counted(*lun);
    }
  }
  for (NexusId id = 100; id < 100 * (kPaths + 1); ++id) {
    if (module->find_nexus(id) != nullptr) {
      on(event::of_nexus(EventKind::nexus_removed, now, id));
      check();
    }
  }
  come_to_rest();
  for (PathId id = 1; id <= kPaths; ++id) {
    if (module->find_path(id) != nullptr) {
      on(event::of_path(EventKind::path_removed, now, id));
    }
  }
  EXPECT_EQ(storage_held(), 0U);
  EXPECT_EQ(count(ActionKind::throttle), count(ActionKind::resume));
  std::map<OperationId, unsigned> ended;
  for (const OperationResult& result : results) {
    ++ended[result.id];
  }
  for (OperationId id = 1; id <= last_operation_; ++id) {
    EXPECT_EQ(ended[id], 1U) << "operation " << id;
  }
}

NexusId RandomWorld::any_nexus() {
  return static_cast<NexusId>(random_.between(1, kPaths) * 100 + random_.between(1, kLuns));
}

LunId RandomWorld::lun_id() {
  const Lun* lun = find(static_cast<uint8_t>(random_.between(1, kLuns)));
  return lun != nullptr ? lun->id : 1;
}

void RandomWorld::add_nexus() {
  const NexusId id = any_nexus();
  const auto number = static_cast<uint8_t>(id % 100);
  static_cast<void>(add(id, {.group = static_cast<uint16_t>(1 + id / 100 % 3),
                             .support = kSupport[number - 1],
                             .lun_number = number}));
}

void RandomWorld::change_groups() {
  constexpr scsi::AccessState kStates[] = {
      scsi::AccessState::active_optimized, scsi::AccessState::active_nonoptimized,
      scsi::AccessState::standby,          scsi::AccessState::unavailable,
      scsi::AccessState::offline,          scsi::AccessState::transitioning};
  const auto id = static_cast<uint16_t>(random_.between(1, 3));
  if (random_.chance(1, 8)) {
    groups.erase(id);
  } else {
    groups[id] = kStates[random_.below(std::size(kStates))];
  }
  preferred_groups[id] = random_.chance(1, 3);
  refuse_stpg = random_.chance(1, 3);
}

void RandomWorld::begin_operation(NexusId nexus, PathId path) {
  PathSetting settings[kPaths];
  for (PathSetting& setting : settings) {
    setting = {any_nexus(), static_cast<Desire>(random_.below(5)), any_weight()};
  }
  Operation operation{.id = ++last_operation_,
                      .kind = static_cast<OperationKind>(random_.below(7)),
                      .lun = random_.chance(1, 2) ? lun_id() : 0,
                      .path = path,
                      .nexus = random_.chance(1, 6) ? 0 : nexus,
                      .group = static_cast<uint16_t>(random_.between(1, 3)),
                      .deadline = random_.chance(1, 3) ? now + random_.below(5'000'000'000) : 0};
  operation.settings = {.policy = static_cast<PolicyId>(random_.below(policies().size() + 2)),
                        .preferred = random_.chance(1, 2) ? nexus : 0,
                        .origin = static_cast<SettingsOrigin>(random_.below(5))};
  if (random_.chance(1, 2)) {
    operation.settings.paths = {settings, random_.below(kPaths + 1)};
  }
  on(event::start(now, operation));
}

void RandomWorld::begin_command() {
  Lun* lun = find(static_cast<uint8_t>(random_.between(1, kLuns)));
  if (lun == nullptr) {
    return;
  }
  const auto lane = static_cast<unsigned>(random_.below(kLanes));
  const Pick pick = select(*lun, lane, any_shape());
  if (pick.found()) {
    Token token;
    EXPECT_TRUE(dsm::begin(token, *lun, lane, pick));
    tokens_.push_back(token);
  }
}

void RandomWorld::begin_on_named_path(PathId path) {
  Token token;
  if (module->begin_on_path(token, lun_id(), 0, path).ok()) {
    EXPECT_EQ(token.lun->nexus_at(token.slot)->path->id, path);
    tokens_.push_back(token);
  }
}

void RandomWorld::end_command() {
  if (!tokens_.empty()) {
    const size_t index = random_.below(tokens_.size());
    Token token = tokens_[index];
    tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(index));
    const LunId id = token.lun->id;
    const Ended ended{.bytes = random_.below(2) != 0 ? 4096U : 0U,
                      .direction = static_cast<Direction>(random_.below(3)),
                      .ok = random_.chance(7, 8)};
    if (dsm::complete(token, ended) == CompleteResult::slot_idle) {
      on(event::of_lun(EventKind::slot_idle, now, id));
    }
  }
}

Shape RandomWorld::any_shape() {
  const bool is_read = random_.chance(1, 2);
  const auto blocks = static_cast<uint32_t>(random_.between(1, 4));
  return {.lba = random_.below(8),
          .bytes = blocks * 512,
          .is_read = is_read,
          .is_write = !is_read && random_.chance(3, 4)};
}

void RandomWorld::change_settings(NexusId nexus) {
  using enum EventKind;
  switch (random_.below(3)) {
    case 0:
      on(event::of_nexus(set_weight, now, nexus, any_weight()));
      break;
    case 1:
      on(event::of_lun(set_sequential_cap, now, lun_id(), random_.chance(1, 3) ? 0 : 1024));
      break;
    default: {
      Event event = event::of_lun(clear_statistics, now, lun_id());
      event.nexus = random_.chance(1, 2) ? nexus : 0;
      on(event);
      break;
    }
  }
}

void RandomWorld::interpret_something() {
  constexpr uint8_t kCodes[][3] = {
      {6, 0x2a, 0x06}, {6, 0x29, 0x00}, {2, 0x04, 0x0a}, {2, 0x04, 0x0b}, {2, 0x04, 0x0c},
      {0, 0x00, 0x00}, {5, 0x25, 0x00}, {4, 0x67, 0x0a}, {3, 0x11, 0x00}, {2, 0x80, 0x01}};
  if (tokens_.empty()) {
    return;
  }
  const Token& token = tokens_[random_.below(tokens_.size())];
  const NexusId nexus = nexus_of(token);
  if (random_.chance(1, 3)) {
    transport_error(nexus, static_cast<TransportOutcome>(random_.below(9)));
  } else {
    const auto& code = kCodes[random_.below(std::size(kCodes))];
    sense(nexus, code[0], code[1], code[2]);
  }
}

void RandomWorld::answer_something() {
  if (sent.empty()) {
    return;
  }
  std::swap(sent.front(), sent[random_.below(sent.size())]);
  const SentCommand command = take();
  switch (random_.below(8)) {
    case 0:
      lose(command);
      break;
    case 1:
      answer(command, scsi::kBusy);
      break;
    case 2:
      answer_with_sense(command, scsi::kUnitAttention, 0x29, 0x00);
      break;
    case 3:
      answer_with_sense(command, scsi::kNotReady, 0x04, 0x0a);
      break;
    case 4:
      answer_with_sense(command, scsi::kIllegalRequest, 0x24, 0x00);
      break;
    case 5: {
      std::array<uint8_t, 64> rubbish{};
      for (uint8_t& byte : rubbish) {
        byte = static_cast<uint8_t>(random_.next());
      }
      rubbish[0] = rubbish[1] = rubbish[2] = 0;
      answer(command, scsi::kGood, {}, base::Bytes(rubbish).first(random_.below(65)));
      break;
    }
    default:
      sent.push_front(command);
      answer_front();
      break;
  }
}

void RandomWorld::answer_front() {
  std::deque<SentCommand> others(sent.begin() + 1, sent.end());
  const size_t outstanding = sent.size();
  const SentCommand command = sent.front();
  sent = {command};
  answer_one();
  for (SentCommand& other : others) {
    sent.push_back(other);
  }
  EXPECT_LE(sent.size(), outstanding + 2) << "one answer, at most an RTPG and little else";
}

void RandomWorld::come_to_rest() {
  for (int round = 0; round < 200; ++round) {
    unsigned answers = 0;
    while (!sent.empty()) {
      answer_one();
      check();
      ASSERT_LT(++answers, 200U) << "it goes on and on without time passing";
    }
    advance_ms(1000);
  }
  for (uint8_t number = 1; number <= kLuns; ++number) {
    if (Lun* lun = find(number)) {
      EXPECT_EQ(lun->operations.size(), 0U);
    }
  }
}

void RandomWorld::check() {
  EXPECT_TRUE(locks_.all_free());
  std::map<LunId, unsigned> group_commands;
  for (const SentCommand& command : sent) {
    group_commands[command.lun] +=
        command.is_rtpg() || command.is_stpg() || is_start(command) ? 1U : 0U;
  }
  for (uint8_t number = 1; number <= kLuns; ++number) {
    if (Lun* lun = find(number)) {
      EXPECT_LE(group_commands[lun->id], 1U) << "one question at a time";
      expect_consistent(*lun);
    }
  }
}

PathId RandomWorld::any_path() {
  return static_cast<PathId>(random_.between(1, kPaths));
}

}  // namespace dsm::testing
