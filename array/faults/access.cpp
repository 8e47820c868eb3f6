// Faults of the access states: implicit changes, transitions that take long or stick, and SET
// TARGET PORT GROUPS that does not do what it was asked for.
#include "array/faults/families.h"

namespace array::faults {
namespace {

void access(Array& array, FaultArguments& arguments) {
  const uint16_t group = arguments.group();
  const scsi::AccessState state = arguments.state();
  if (arguments.ready()) {
    arguments.settle(array.set_group_state(group, state));
  }
}

void transition(Array& array, FaultArguments& arguments) {
  const uint16_t group = arguments.group();
  const scsi::AccessState after = arguments.state();
  const uint64_t duration_ns = arguments.milliseconds_as_ns();
  if (arguments.ready()) {
    arguments.settle(array.begin_transition(group, after, duration_ns));
  }
}

void stuck_transition(Array& array, FaultArguments& arguments) {
  const uint16_t group = arguments.group();
  if (arguments.ready()) {
    arguments.settle(array.set_group_state(group, scsi::AccessState::transitioning));
  }
}

// The next COUNT SET TARGET PORT GROUPS meet with what one counter stands for.
template <uint32_t SetGroupsFaults::*kCounter>
void next_requests(Array& array, FaultArguments& arguments) {
  const uint32_t count = arguments.count();
  if (arguments.ready()) {
    array.set_groups_faults().*kCounter = count;
  }
}

constexpr std::array<Row, 7> kRows = {{
    {{"access", "GROUP STATE", "the target port group changes its access state implicitly"},
     &access},
    {{"transition", "GROUP STATE MS", "transitioning for so long, then STATE"}, &transition},
    {{"stuck-transition", "GROUP", "transitioning until the fault access or clear ends it"},
     &stuck_transition},
    {{"stpg-refuse", "[COUNT]", "the next COUNT STPGs fail (04h/67h/0Ah), nothing changes"},
     &next_requests<&SetGroupsFaults::refuse>},
    {{"stpg-partial", "[COUNT]", "they fail likewise, and only the first group named changes"},
     &next_requests<&SetGroupsFaults::partial>},
    {{"stpg-ignore", "[COUNT]", "they end with GOOD, and nothing changes"},
     &next_requests<&SetGroupsFaults::ignore>},
    {{"stpg-stick", "[COUNT]", "they end with GOOD, and the groups named stay transitioning"},
     &next_requests<&SetGroupsFaults::stick>},
}};

}  // namespace

std::span<const Row> of_access() {
  return kRows;
}

}  // namespace array::faults
