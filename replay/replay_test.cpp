// What a recorder wrote replays with the same decisions, and what is not the same is named.
#include "replay/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsm/testing/operation_host.h"
#include "dsm/testing/random_world.h"
#include "replay/reader.h"
#include "replay/text.h"
#include "scsi/sense.h"

namespace replay {
namespace {

using dsm::EventKind;
using dsm::trace::RecordKind;
using ::testing::HasSubstr;
using ::testing::Test;
namespace event = dsm::event;

// Puts what a test host's module goes through into a trace.
struct Tape {
  std::vector<uint8_t> bytes;

  explicit Tape(dsm::testing::TestHost& host) {
    const dsm::trace::Sink sink{this, [](void* context, base::Bytes record) {
                                  std::vector<uint8_t>& to = static_cast<Tape*>(context)->bytes;
                                  to.insert(to.end(), record.begin(), record.end());
                                }};
    host.recorder.start(sink, host.config, "test", host.now, true);
  }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
};

std::vector<Record> records_of(base::Bytes trace) {
  std::vector<Record> records;
  Record record;
  Reader reader(trace);
  while (reader.next(record)) {
    records.push_back(record);
  }
  EXPECT_EQ(reader.error(), "");
  return records;
}

// As if it had been written so: with the right checksum.
void seal(std::vector<uint8_t>& trace, const Record& record) {
  uint8_t* const at = trace.data() + record.offset;
  std::fill(at + 12, at + 16, uint8_t{0});
  const uint32_t sum = dsm::trace::checksum_of({at, record.header.length});
  for (unsigned i = 0; i < 4; ++i) {
    at[12 + i] = static_cast<uint8_t>(sum >> (8 * i));
  }
}

const Record* first_of(const std::vector<Record>& records, RecordKind kind) {
  for (const Record& record : records) {
    if (record.header.kind == kind) {
      return &record;
    }
  }
  return nullptr;
}

// Two paths of an ALUA LUN in use; one fails, an error is interpreted, one leaves.
std::vector<uint8_t> small_trace() {
  dsm::testing::TestHost host;
  host.groups = {{1, scsi::AccessState::active_optimized},
                 {2, scsi::AccessState::active_nonoptimized}};
  const Tape tape(host);
  host.path(1, {.group = 1, .support = dsm::AluaSupport::both});
  host.path(2, {.group = 2, .support = dsm::AluaSupport::both});
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  host.answer_all();
  host.fail_path(1);
  host.answer_all();
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  return tape.bytes;
}

TEST(Replay, RandomWorldsDecideTheSameAgain) {
  constexpr uint64_t kSeeds = 60;
  constexpr int kEvents = 300;
  uint64_t decisions = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    dsm::testing::RandomWorld world(seed);
    const Tape tape(world);
    for (int i = 0; i < kEvents; ++i) {
      world.step();
    }
    world.finish();
    ASSERT_FALSE(Test::HasFailure()) << "seed " << seed;
    const Result result = replay(tape.bytes);
    ASSERT_EQ(result.verdict, Verdict::same) << "seed " << seed << ": " << result.message;
    EXPECT_GT(result.inputs, 100U);
    decisions += result.decisions;
  }
  EXPECT_GT(decisions, 10'000U);
}

TEST(Replay, EveryChangedDecisionIsFound) {
  const std::vector<uint8_t> trace = small_trace();
  ASSERT_EQ(replay(trace).verdict, Verdict::same);
  unsigned changed = 0;
  for (const Record& record : records_of(trace)) {
    if (record.header.kind != RecordKind::action) {
      continue;
    }
    // The LUN, the path and the nexus of every action.
    for (const size_t field : {size_t{1}, size_t{5}, size_t{9}}) {
      std::vector<uint8_t> other = trace;
      other[record.offset + dsm::trace::kHeaderBytes + field] ^= 0x40;
      seal(other, record);
      const Result result = replay(other);
      EXPECT_EQ(result.verdict, Verdict::different);
      EXPECT_THAT(result.message, HasSubstr(place_of(record)));
      ++changed;
    }
  }
  EXPECT_GT(changed, 50U);
}

TEST(Replay, SaysWhatWasExpectedAndWhatCame) {
  std::vector<uint8_t> trace = small_trace();
  const std::vector<Record> records = records_of(trace);
  const Record* interpreted = first_of(records, RecordKind::interpreted);
  ASSERT_NE(interpreted, nullptr);
  // The flag `retry` stands behind the sense data.
  const size_t retry =
      interpreted->offset + dsm::trace::kHeaderBytes + 9 + interpreted->completion.sense.size();
  ASSERT_EQ(trace[retry], 1);
  trace[retry] = 0;
  seal(trace, *interpreted);
  const Result result = replay(trace);
  EXPECT_EQ(result.verdict, Verdict::different);
  EXPECT_THAT(result.message, HasSubstr("record " + std::to_string(interpreted->header.number)));
  EXPECT_THAT(result.message, HasSubstr("expected  interpreted: nexus=1"));
  EXPECT_THAT(result.message, HasSubstr("got       interpreted: nexus=1"));
  EXPECT_THAT(result.message, HasSubstr("[retry]"));
  EXPECT_THAT(result.message, HasSubstr(", at 1.000000 s"));
}

TEST(Replay, AnotherConfigurationDecidesOtherwise) {
  const std::vector<uint8_t> trace = small_trace();
  const auto replay_with = [&](void (*change)(dsm::Config&)) {
    return replay(trace, {.configure = change});
  };
  EXPECT_EQ(replay_with([](dsm::Config&) {}).verdict, Verdict::same);
  EXPECT_EQ(replay_with([](dsm::Config& config) {
              config.default_policy = dsm::PolicyId::fail_over_only;
            }).verdict,
            Verdict::different);
  EXPECT_EQ(replay_with([](dsm::Config& config) { config.extended_rtpg = false; }).verdict,
            Verdict::different);
  EXPECT_EQ(replay_with([](dsm::Config& config) { config.tur_deadline_ms += 1; }).verdict,
            Verdict::different);
  const Result result = replay_with([](dsm::Config& config) {
    static constexpr dsm::ErrorRow kRow[] = {
        {.name = "all", .needs_sense = true, .verdict = {.failover = true}}};
    config.vendor_rows = kRow;
  });
  EXPECT_EQ(result.verdict, Verdict::different);
  EXPECT_THAT(result.message, HasSubstr("[failover]"));
}

TEST(Replay, OperationsBringTheirParameters) {
  dsm::testing::OperationHost host(dsm::PolicyId::round_robin_subset);
  const Tape tape(host);
  host.path(1);
  host.path(2);
  const dsm::PathSetting paths[] = {{1, dsm::Desire::standby, 7},
                                    {2, dsm::Desire::active_optimized, 8}};
  host.set_policy({.policy = dsm::PolicyId::round_robin_subset, .paths = paths});
  const dsm::OperationId reserve =
      host.start({.kind = dsm::OperationKind::reserve_out,
                  .lun = host.lun().id,
                  .reserve = {.action = scsi::ReserveOutAction::register_key,
                              .service_action_key = 0x1234,
                              .has_more = true,
                              .parameter_bytes = 40}});
  host.answer_all();
  const Result result = replay(tape.bytes);
  EXPECT_EQ(result.verdict, Verdict::same) << result.message;
  std::string text;
  for (const Record& record : records_of(tape.bytes)) {
    text += text_of(record) + "\n";
  }
  EXPECT_THAT(text, HasSubstr("path nexus=1 path desire=standby path weight=7 path nexus=2"));
  EXPECT_THAT(text, HasSubstr("service action key=4660"));
  EXPECT_THAT(text, HasSubstr("data of operation=" + std::to_string(reserve)));
}

TEST(Replay, WhatIsCutIsNamedWhereverItIsCut) {
  const std::vector<uint8_t> trace = small_trace();
  const std::vector<Record> records = records_of(trace);
  for (size_t size = 0; size < trace.size(); ++size) {
    const Result result = replay(base::Bytes(trace).first(size));
    // Between two steps it is whole, just shorter.
    if (result.verdict == Verdict::same) {
      continue;
    }
    EXPECT_EQ(result.verdict, Verdict::unreadable) << size << ": " << result.message;
    EXPECT_FALSE(result.message.empty());
  }
  const Result cut = replay(base::Bytes(trace).first(trace.size() - 1));
  EXPECT_THAT(cut.message, HasSubstr("the trace is cut"));
  EXPECT_THAT(cut.message, HasSubstr("at byte " + std::to_string(records.back().offset)));
}

TEST(Replay, WhatIsSpoiltOrMissingIsNamed) {
  const std::vector<uint8_t> trace = small_trace();
  const std::vector<Record> records = records_of(trace);
  std::vector<uint8_t> spoilt = trace;
  spoilt[records[3].offset + dsm::trace::kHeaderBytes] ^= 1;
  EXPECT_THAT(replay(spoilt).message, HasSubstr("its checksum is wrong"));

  std::vector<uint8_t> lost(trace.begin(),
                            trace.begin() + static_cast<std::ptrdiff_t>(records[4].offset));
  lost.insert(lost.end(), trace.begin() + static_cast<std::ptrdiff_t>(records[5].offset),
              trace.end());
  const Result missing = replay(lost);
  EXPECT_EQ(missing.verdict, Verdict::unreadable);
  EXPECT_THAT(missing.message, HasSubstr("expected number 4"));

  const Result middle = replay(base::slice(trace, records[1].offset));
  EXPECT_THAT(middle.message, HasSubstr("does not start with a `begin` record"));
  const uint8_t other[] = "this is a text file, not a trace of anything";
  EXPECT_THAT(replay(other).message, HasSubstr("no record of a trace begins here"));
  EXPECT_EQ(replay({}).verdict, Verdict::unreadable);
}

TEST(Replay, AFieldThatIsOutOfItsRangeIsNamed) {
  const std::vector<uint8_t> trace = small_trace();
  const std::vector<Record> records = records_of(trace);
  const Record* event = first_of(records, RecordKind::event);
  std::vector<uint8_t> wrong = trace;
  wrong[event->offset + dsm::trace::kHeaderBytes] = 200;
  seal(wrong, *event);
  EXPECT_THAT(replay(wrong).message, HasSubstr("field 'kind' is 200; the greatest is "));
  wrong = trace;
  wrong[event->offset + 2] = 99;
  seal(wrong, *event);
  EXPECT_THAT(replay(wrong).message, HasSubstr("its kind 99 is unknown"));
}

// A host whose list holds something yet gets no reports, and the same again.
TEST(Replay, AListThatIsHalfFullMakesTheModuleBriefAgain) {
  dsm::testing::TestHost host;
  const Tape tape(host);
  host.path(1);
  host.path(2);
  dsm::Actions actions;
  while (actions.room() > dsm::kActionsPerStep) {
    ASSERT_TRUE(actions.push_back({}));
  }
  const size_t before = actions.size();
  dsm::trace::on(*host.module, host.recorder, event::of_path(EventKind::path_failed, host.now, 1),
                 actions);
  for (size_t i = before; i < actions.size(); ++i) {
    EXPECT_NE(actions[i].kind, dsm::ActionKind::report);
  }
  while (dsm::trace::resume(*host.module, host.recorder, host.now, actions) ==
         dsm::Progress::more) {
    actions.clear();
  }
  const Result result = replay(tape.bytes);
  EXPECT_EQ(result.verdict, Verdict::same) << result.message;
}

TEST(Replay, ATraceOfAnotherVersionIsNotGuessedAt) {
  std::vector<uint8_t> trace = small_trace();
  trace[dsm::trace::kHeaderBytes] = 2;
  seal(trace, records_of(small_trace()).front());
  EXPECT_THAT(replay(trace).message, HasSubstr("is of version 2; this dsmkit reads version 1"));
}

TEST(Replay, ATraceFromTheMiddleIsPrintedAndNotReplayed) {
  dsm::testing::TestHost host;
  host.path(1);
  std::vector<uint8_t> trace;
  host.recorder.start({&trace,
                       [](void* context, base::Bytes record) {
                         auto& to = *static_cast<std::vector<uint8_t>*>(context);
                         to.insert(to.end(), record.begin(), record.end());
                       }},
                      host.config, "test", host.now, false);
  host.fail_path(1);
  EXPECT_THAT(replay(trace).message, HasSubstr("at work already"));
  std::vector<std::string> lines;
  const Result result =
      replay(trace, {.print = [&lines](const std::string& line) { lines.push_back(line); }});
  EXPECT_EQ(result.verdict, Verdict::unreadable);
  ASSERT_GT(lines.size(), 1U);
  EXPECT_THAT(lines[1], HasSubstr("kind=path failed"));

  lines.clear();
  const base::Bytes headless = base::slice(trace, records_of(trace)[1].offset);
  EXPECT_EQ(
      replay(headless, {.print = [&lines](const std::string& line) { lines.push_back(line); }})
          .verdict,
      Verdict::unreadable);
  EXPECT_GT(lines.size(), 1U);
}

TEST(Replay, AChosenPathMustHaveBeenACandidate) {
  dsm::testing::TestHost host;
  Tape tape(host);
  host.path(1);
  host.path(2);
  const uint64_t word = host.lun().published.word.load();
  const dsm::LunId lun = host.lun().id;
  host.recorder.picked(host.now, {.lun = lun, .slot = 1, .word = word});
  EXPECT_EQ(replay(tape.bytes).picks, 1U);
  host.fail_path(2);
  host.recorder.picked(host.now, {.lun = lun, .slot = 1, .word = word});  // chosen before
  EXPECT_EQ(replay(tape.bytes).picks, 2U);

  const size_t good = tape.bytes.size();
  const auto judged = [&](const dsm::trace::Picked& picked) {
    tape.bytes.resize(good);
    host.recorder.picked(host.now, picked);
    const Result result = replay(tape.bytes);
    EXPECT_EQ(result.verdict, Verdict::different);
    host.recorder.stop();
    return result.message;
  };
  const uint64_t now = host.lun().published.word.load();
  EXPECT_THAT(judged({.lun = lun, .slot = 1, .word = now}), HasSubstr("the candidates are"));
}

TEST(Replay, OffNothingIsWritten) {
  dsm::testing::TestHost host;
  EXPECT_FALSE(host.recorder.on());
  Tape tape(host);
  host.recorder.stop();
  const size_t before = tape.bytes.size();
  host.path(1);
  EXPECT_EQ(tape.bytes.size(), before);
}

}  // namespace
}  // namespace replay
