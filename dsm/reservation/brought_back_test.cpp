// A registration that the DSM has brought back, and the count of the keys after it: what if nobody
// hears of that count?
#include <gtest/gtest.h>

#include "dsm/testing/reserving_target.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr auto kRegistrants = ReservationType::write_exclusive_registrants_only;

struct RegisteredForGood : ReservingHost {
  explicit RegisteredForGood(unsigned paths) : ReservingHost(paths) {
    register_for_good(kKey);
    log.clear();
  }
  std::string reserve() {
    const OperationId id = ask(ReserveOutAction::reserve, kKey, 0, kRegistrants);
    serve();
    return told(id);
  }
};

struct BroughtBack : RegisteredForGood {
  // Path 3 is registered again at the very moment when another host throws us out, and nobody hears
  // how many have our key after that.
  explicit BroughtBack(bool is_told = true) : RegisteredForGood(2) {
    arrive(3);
    serve_one();  // REGISTER: conflict
    serve_one();  // READ KEYS: ours is there
    keys[100] = kOther;
    other_host(100, ReserveOutAction::preempt, kOther, kKey);
    if (is_told) {
      serve_one();  // REGISTER AND IGNORE EXISTING KEY
    }
    lose_answer(true);
  }
  bool told_of_loss() const {
    return std::any_of(reports.begin(), reports.end(), [](const Report& report) {
      return report.what == ReportWhat::registration_lost;
    });
  }
};

TEST(BroughtBack, ItIsCountedBeforeItCarriesAnything) {
  for (const bool is_told : {true, false}) {
    BroughtBack host(is_told);
    host.activate(3);
    host.after_a_rest();
    EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
    EXPECT_FALSE(host.lun().reservation_valid);
    EXPECT_TRUE(host.told_of_loss());
  }
}

TEST(BroughtBack, ItIsNoProofForAnotherPath) {
  BroughtBack host;
  host.fail_path(1);
  host.activate(1);
  host.after_a_rest();
  EXPECT_EQ(host.keys, (Keys{{3, kKey}, {100, kOther}}));
  host.activate(3);
  host.after_a_rest();
  host.after_a_rest();
  EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
  EXPECT_FALSE(host.lun().reservation_valid);
}

TEST(BroughtBack, OthersDoNotWaitLongForIt) {
  BroughtBack host;
  host.fail_path(1);
  host.activate(1);
  host.after_a_rest();  // path 1 learns nothing, and rests again
  host.activate(3);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
  EXPECT_FALSE(host.lun().reservation_valid);
}

TEST(BroughtBack, NorWhenItHasLeft) {
  BroughtBack host;
  host.leave(3);
  host.serve();
  host.fail_path(1);
  host.activate(1);
  host.after_a_rest();
  EXPECT_FALSE(host.lun().reservation_valid);
  EXPECT_EQ(host.keys, (Keys{{3, kKey}, {100, kOther}}));
  host.arrive_as(4, 3);
  host.activate(4);
  host.after_a_rest();
  EXPECT_EQ(host.keys, (Keys{{100, kOther}})) << "when it is back it is unregistered";
  EXPECT_TRUE(host.aptpl[4]) << "which must not end the persistence of others";
}

TEST(BroughtBack, NoClientReservesThere) {
  BroughtBack host;
  host.fail_path(1);
  host.fail_path(2);
  host.activate(3);
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0c);  // the DSM's own look
  EXPECT_NE(host.reserve(), "GOOD");
  host.after_a_rest();
  EXPECT_EQ(host.type, ReservationType::none);
  EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
}

TEST(BroughtBack, AmongOthersItIsAsGoodAsThey) {
  RegisteredForGood host(2);
  host.arrive(3);
  host.serve_one();
  host.serve_one();
  host.serve_one();
  host.lose_answer(true);
  host.activate(3);
  host.after_a_rest();
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}, {3, kKey}}));
}

TEST(BroughtBack, WhereItWasNotExecutedTheOthersProve) {
  RegisteredForGood host(2);
  host.arrive(3);
  host.serve_one();
  host.serve_one();
  host.lose_answer(false);
  host.activate(3);
  host.after_a_rest();
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(BroughtBack, WhereItWasNotExecutedNobodyIsThrownOut) {
  RegisteredForGood host(1);
  host.arrive(3);
  host.serve_one();
  host.serve_one();
  host.lose_answer(false);
  host.fail_path(1);
  host.arrive(4);
  host.after_a_rest();
  EXPECT_TRUE(host.lun().reservation_valid) << "the one key may be path 3's";
  host.activate(3);
  host.after_a_rest();
  EXPECT_EQ(host.states(), "FAILED AO AO");
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {3, kKey}, {4, kKey}}));
}

TEST(BroughtBack, OneOfTwoThatIsTakenBackDoesNotSpeakForTheOther) {
  RegisteredForGood host(3);
  host.fail_path(2);
  host.fail_path(3);
  host.arrive(4);
  host.serve_one();
  host.serve_one();
  host.lose_answer(false);  // REGISTER AND IGNORE EXISTING KEY
  host.arrive(5);
  host.advance_ms(uint64_t{5} * host.config.retry_pause_max_ms);
  host.serve_one();
  host.serve_one();
  host.serve_one();
  host.lose_answer(true);  // the count
  host.keys.erase(2);
  host.keys.erase(3);
  host.activate(5);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kKey}})) << "the one other may be path 4's";
  EXPECT_TRUE(host.lun().reservation_valid);
  host.activate(4);
  host.after_a_rest();
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {4, kKey}, {5, kKey}}));
}

TEST(BroughtBack, TheClientRegistersAnewThere) {
  BroughtBack host;
  host.fail_path(1);
  host.fail_path(2);
  host.activate(3);
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0c);  // the DSM's own look
  const OperationId id = host.ask(ReserveOutAction::register_and_ignore_existing_key, 0, kKey);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  host.after_a_rest();
  EXPECT_EQ(host.keys, (Keys{{3, kKey}, {100, kOther}}));
  EXPECT_EQ(host.states(), "FAILED FAILED AO");
  EXPECT_EQ(host.reserve(), "GOOD");
}

}  // namespace
}  // namespace dsm::testing
