// The operation verify_path: whether a path works, told by that path itself.
#include <gtest/gtest.h>

#include "dsm/testing/operation_host.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using base::Code;
using scsi::AccessState;

constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}

constexpr uint8_t kRtpg = 0xa3;

TEST(Verify, WithoutAluaATurIsAllThereIs) {
  OperationHost host;
  host.path(1);
  const OperationId id = host.verify(1);
  const SentCommand tur = host.take();
  EXPECT_TRUE(tur.is_tur());
  EXPECT_EQ(tur.nexus, 1U);
  host.answer(tur, scsi::kGood);
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_TRUE(host.sent.empty());
}

TEST(Verify, UnitAttentionsAreReadAwayUpToALimit) {
  for (const int attentions : {1, 7, 8}) {
    OperationHost host;
    host.path(1);
    const OperationId id = host.verify(1);
    for (int i = 0; i < attentions; ++i) {
      host.answer_with_sense(host.take(), scsi::kUnitAttention, 0x29, 0x00);
    }
    if (attentions < 8) {
      host.answer(host.take(), scsi::kGood);
    }
    EXPECT_EQ(host.code(id), attentions < 8 ? Code::ok : Code::io_error) << attentions;
    EXPECT_TRUE(host.sent.empty());
  }
}

TEST(Verify, AStandbyPortIsInOrder) {
  for (const uint8_t ascq : std::to_array<uint8_t>({0x0a, 0x0b, 0x0c})) {
    ExplicitHost host;
    const OperationId id = host.verify(2);
    host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, ascq);
    EXPECT_TRUE(host.sent.front().is_rtpg());
    EXPECT_EQ(host.sent.front().nexus, 2U);
    host.answer_all();
    EXPECT_EQ(host.code(id), Code::ok);
  }
}

TEST(Verify, OtherAnswersAreFailures) {
  const auto outcome = [](auto&& answer) {
    OperationHost host;
    host.path(1);
    const OperationId id = host.verify(1);
    answer(host, host.take());
    return host.code(id);
  };
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) { host.lose(tur); }),
            Code::io_error);
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) {
              host.answer_with_sense(tur, scsi::kNotReady, 0x04, 0x03);
            }),
            Code::io_error);
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) {
              host.answer_with_sense(tur, scsi::kIllegalRequest, 0x25, 0x00);
            }),
            Code::io_error);
  EXPECT_EQ(outcome([](TestHost& host, const SentCommand& tur) {
              host.answer(tur, scsi::kReservationConflict);
            }),
            Code::ok)
      << "somebody answers there";
}

// With every path dead, verification is the only way back: its RTPG goes down the dead path.
TEST(Verify, WorksWhileEveryPathIsDown) {
  ExplicitHost host;
  host.fail_path(1);
  host.fail_path(2);
  while (!host.sent.empty()) {
    host.lose(host.take());
  }
  EXPECT_EQ(host.states(), "FAILED FAILED");
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  ASSERT_FALSE(host.sent.empty());
  EXPECT_TRUE(host.sent.front().is_rtpg());
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
  EXPECT_EQ(host.states(), "FAILED FAILED");
  host.activate(2);
  host.answer_all();
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(Verify, FailsWhenItsOwnRtpgDoesThoughAnotherPathAnswers) {
  ExplicitHost host;
  host.fail_path(2);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.lose(host.take());
  ASSERT_EQ(host.sent.front().nexus, 1U) << "the states are wanted all the same";
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::io_error);
}

TEST(Verify, AsksAgainWhenAnotherRtpgWasUnderWay) {
  ExplicitHost host;
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  const SentCommand first = host.take();
  ASSERT_EQ(first.nexus, 1U);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  EXPECT_TRUE(host.sent.empty()) << "one at a time";
  host.sent.push_back(first);
  host.answer(host.take(), scsi::kBusy);
  host.advance_ms(100);
  const SentCommand again = host.take();
  EXPECT_FALSE(host.ended(id));
  host.sent.push_back(again);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
}

// What its path did in the work before does not count: it is being asked anew.
TEST(Verify, IsNotJudgedByWhatWasBefore) {
  ExplicitHost host;
  host.sense(2, scsi::kUnitAttention, 0x2a, 0x06);
  host.lose(host.take());  // P2 fails to carry the RTPG; P1 is asked
  const SentCommand of_p1 = host.take();
  ASSERT_EQ(of_p1.nexus, 1U);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  host.sent.push_back(of_p1);
  host.answer_one();
  EXPECT_FALSE(host.ended(id));
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::ok);
}

TEST(Verify, IsNotGoodBecauseItsPathOnceAnswered) {
  ExplicitHost host;
  host.groups = {{1, AccessState::transitioning}, {2, AccessState::transitioning}};
  host.sense(2, scsi::kUnitAttention, 0x2a, 0x06);
  host.answer_one();  // P2 answers; nothing serves, so the states are read again after a pause
  ASSERT_EQ(host.lun().access.phase, AccessPhase::pause);
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  host.advance_ms(100);
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.lose(host.take());
  host.groups = {{1, AccessState::active_optimized}, {2, AccessState::standby}};
  host.answer_all();
  EXPECT_EQ(host.code(id), Code::io_error);
}

TEST(Verify, FailsWhenThePathIsBusyForTheWholeTimeOfTheWork) {
  ExplicitHost host;
  const OperationId id = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  for (unsigned second = 0; second <= 60; ++second) {
    while (!host.sent.empty()) {
      EXPECT_EQ(host.sent.front().nexus, 2U);
      host.answer(host.take(), scsi::kBusy);
    }
    host.advance_ms(1000);
  }
  EXPECT_EQ(host.code(id), Code::io_error);
}

// An array that takes back what it has just said would otherwise be asked for ever.
TEST(Verify, AnArrayThatContradictsItselfIsNotAskedForEver) {
  ExplicitHost host;
  const OperationId id = host.verify(2);
  bool after_stpg = false;
  unsigned commands = 0;
  for (; !host.sent.empty() && commands < 100; ++commands) {
    if (host.sent.front().is_rtpg() && !after_stpg) {
      host.groups = {{1, AccessState::standby}, {2, AccessState::standby}};
    }
    after_stpg = host.sent.front().is_stpg();
    host.answer_one();
  }
  EXPECT_LE(commands, 10U);
  EXPECT_TRUE(host.ended(id));
}

TEST(Verify, OfManyPathsAtOnce) {
  OperationHost host;
  host.groups = {{1, AccessState::active_optimized}};
  std::map<NexusId, OperationId> ids;
  for (NexusId nexus = 1; nexus <= 32; ++nexus) {
    ASSERT_TRUE(host.add(nexus, explicit_in(1)).ok());
  }
  for (NexusId nexus = 1; nexus <= 32; ++nexus) {
    ids[nexus] = host.verify(nexus);
  }
  host.answer_all();
  for (const auto& [nexus, id] : ids) {
    EXPECT_EQ(host.code(id), Code::ok) << nexus;
  }
  EXPECT_LE(host.count_sent(kRtpg), 33U);
}

TEST(Verify, EndsAtItsDeadline) {
  OperationHost host;
  host.path(1);
  const OperationId id = host.verify(1, host.now + 50 * kNsPerMs);
  host.advance_ms(49);
  EXPECT_FALSE(host.ended(id));
  host.advance_ms(1);
  EXPECT_EQ(host.code(id), Code::timed_out);
  host.answer(host.take(), scsi::kGood);  // too late to matter
}

TEST(Verify, EachEndsAtADeadlineOfItsOwn) {
  OperationHost host;
  host.path(1);
  const OperationId long_one = host.verify(1, host.now + 500 * kNsPerMs);
  const OperationId short_one = host.verify(1, host.now + 50 * kNsPerMs);
  const OperationId middle_one = host.verify(1, host.now + 200 * kNsPerMs);
  host.advance_ms(50);
  EXPECT_TRUE(host.ended(short_one));
  EXPECT_FALSE(host.ended(middle_one));
  host.advance_ms(150);
  EXPECT_TRUE(host.ended(middle_one));
  EXPECT_FALSE(host.ended(long_one));
  host.advance_ms(300);
  EXPECT_TRUE(host.ended(long_one));
}

TEST(Verify, CanBeCancelledInEachPhase) {
  ExplicitHost host;
  const OperationId early = host.verify(2);
  host.on(event::cancel(host.now, {.id = early, .lun = host.lun().id}));
  EXPECT_EQ(host.code(early), Code::cancelled);
  host.answer(host.take(), scsi::kGood);

  const OperationId late = host.verify(2);
  host.answer(host.take(), scsi::kGood);
  host.on(event::cancel(host.now, {.id = late, .nexus = 2}));
  EXPECT_EQ(host.code(late), Code::cancelled);
  host.answer_all();
  host.on(event::cancel(host.now, {.id = late, .lun = host.lun().id}));  // has ended already
}

TEST(Verify, EndsWithItsNexus) {
  for (const bool after_tur : {false, true}) {
    ExplicitHost host;
    const OperationId id = host.verify(2);
    if (after_tur) {
      host.answer(host.take(), scsi::kGood);
    }
    const SentCommand command = host.take();
    host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
    EXPECT_EQ(host.code(id), Code::not_found);
    EXPECT_NE(host.module->find_nexus(2), nullptr) << "its command is still out";
    host.lose(command);
    EXPECT_EQ(host.module->find_nexus(2), nullptr);
    host.answer_all();
  }
}

TEST(Verify, OfWhatIsNotThere) {
  OperationHost host;
  host.path(1);
  EXPECT_EQ(host.code(host.verify(9)), Code::not_found);
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::verify_path, .lun = host.lun().id})),
            Code::not_found)
      << "a LUN, but no nexus";
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::move, .lun = host.lun().id})),
            Code::not_found);
  EXPECT_EQ(host.code(host.start({.kind = OperationKind::none, .lun = host.lun().id})),
            Code::invalid_argument);
}

}  // namespace
}  // namespace dsm::testing
