// Acceptance: answers to REPORT TARGET PORT GROUPS that are malformed, or say what is of no use.
// None is believed in part, none makes the DSM ask without end. Scenario 27.
#include <string>
#include <vector>

#include "dsm/testing/access_pair.h"
#include "scsi/guarded_bytes.h"
#include "scsi/opcodes.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;
using Data = std::vector<uint8_t>;

// Whatever comes, from exactly so many bytes: no reading beyond them, no belief, few commands.
void expect_disbelief(const Data& data, const std::string& what) {
  Pair host;
  host.access_state_changed();
  const scsi::GuardedBytes guarded((base::Bytes(data)));
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.answer(command, scsi::kGood, {}, guarded.view());
  });
  EXPECT_LE(times.size(), 4U) << what;
  EXPECT_EQ(host.states(), "AO AU") << what << ": what was known stays";
  EXPECT_EQ(host.times_told(ReportWhat::rtpg_defect), 1U) << what << ": once while it lasts";
  expect_at_rest(host);
}

TEST(Acceptance, S27_LiesAreNotBelieved) {
  expect_disbelief({}, "nothing at all");
  expect_disbelief({0, 0}, "half a header");
  expect_disbelief({0, 0, 0, 0}, "no groups");
  expect_disbelief({0xff, 0xff, 0xff, 0xff}, "four gigabytes announced");
  expect_disbelief(groups_data({{1, 1}, {2, 0}, {1, 0}}), "a group twice");
  expect_disbelief(groups_data({{1, 1}, {2, 0}}, {{1}, {1}}), "a port in two groups");
  expect_disbelief(groups_data({{1, 1}, {2, 0}}, {{1, 1}}), "a port twice");
  expect_disbelief(groups_data({{1, 5}, {2, 0}}), "a reserved state");
  expect_disbelief(groups_data({{1, 0xd}, {2, 0}}), "another reserved state");
  std::vector<std::array<uint16_t, 2>> many;
  for (uint16_t id = 1; id <= 33; ++id) {
    many.push_back({id, 1});
  }
  expect_disbelief(groups_data(many), "33 groups");
}

TEST(Acceptance, S27_CutAtEveryByte) {
  const Data whole = groups_data({{1, 1}, {2, 0}}, {{1, 2, 3}, {4, 5}});
  for (size_t size = 0; size < whole.size(); ++size) {
    Data cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    expect_disbelief(cut, "cut at " + std::to_string(size));
    if (size >= 5 && size != 24) {  // at 24 the first group ends, and that is a whole answer
      base::store_be32(cut.data(), static_cast<uint32_t>(size - 4));
      expect_disbelief(cut, "cut at " + std::to_string(size) + " with a length to match");
    }
  }
}

TEST(Acceptance, S27_StatesThatAreKnownButOfLittleUse) {
  Pair host;
  host.groups = {{1, AccessState::offline}, {2, AccessState::lba_dependent}};
  host.refuse_stpg = true;
  host.access_state_changed();
  host.answer_all();
  EXPECT_EQ(host.states(), "OF AU");
  EXPECT_EQ(host.next(3), (std::vector<NexusId>{2, 2, 2})) << "like AU at best";
  host.fail_path(2);
  EXPECT_EQ(host.next(), 0U) << "offline: never";
}

TEST(Acceptance, S27_AGroupVanishesUnderAPath) {
  Pair host;
  host.groups.erase(2);
  host.access_state_changed();
  host.answer_all();
  EXPECT_EQ(host.states(), "AO ??");
  EXPECT_TRUE(host.told(ReportWhat::group_missing));
  EXPECT_EQ(host.next(2), (std::vector<NexusId>{1, 1}));
  host.fail_path(1);
  EXPECT_EQ(host.next(), 2U) << "unknown is better than nothing";
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.sent.push_front(command);
    host.answer_all();
  });
  EXPECT_EQ(host.stpgs(), 0U);
  EXPECT_LE(times.size(), 30U);
}

}  // namespace
}  // namespace dsm::testing
