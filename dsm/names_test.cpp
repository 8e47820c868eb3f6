// Every word of the DSM has a name of its own: traces, `show` and settings are read by people.
#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "dsm/action.h"
#include "dsm/event.h"
#include "dsm/plan.h"

namespace dsm {
namespace {

// From 0 to `last`, all there are.
template <typename Enum, typename Name>
void expect_names(Enum last, Name&& name) {
  std::set<std::string_view> seen;
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
    const std::string_view text = name(static_cast<Enum>(i));
    EXPECT_NE(text, "?") << i;
    EXPECT_TRUE(seen.insert(text).second) << i << " " << text;
  }
}

TEST(Names, AreThereAndUnique) {
  const auto name = [](auto value) { return name_of(value); };
  expect_names(Lifecycle::gone, name);
  expect_names(Health::down, name);
  expect_names(Desire::unavailable, name);
  expect_names(EffectiveState::absent, name);
  expect_names(EffectiveState::absent, [](EffectiveState value) { return short_name_of(value); });
  expect_names(AluaSupport::both, name);
  expect_names(Want::rtpg, name);
  expect_names(PlanReason::no_path, name);
  expect_names(Cause::timer, name);
  expect_names(ActionKind::report, name);
  expect_names(ReportWhat::move_released, name);
  expect_names(OperationKind::reserve_out, name);
  expect_names(EventKind::cancel_operation, name);
}

}  // namespace
}  // namespace dsm
