// Faults of a whole controller.
#include "array/faults/families.h"

namespace array::faults {
namespace {

void crash(Array& array, FaultArguments& arguments) {
  const unsigned controller = arguments.controller();
  if (arguments.ready()) {
    array.crash_controller(controller);
  }
}

void restart(Array& array, FaultArguments& arguments) {
  const unsigned controller = arguments.controller();
  if (arguments.ready()) {
    array.restart_controller(controller);
  }
}

void freeze(Array& array, FaultArguments& arguments) {
  const unsigned controller = arguments.controller();
  if (arguments.ready()) {
    array.freeze_controller(controller, true);
  }
}

void thaw(Array& array, FaultArguments& arguments) {
  const unsigned controller = arguments.controller();
  if (arguments.ready()) {
    array.freeze_controller(controller, false);
  }
}

void power_cycle(Array& array, FaultArguments& arguments) {
  if (!arguments.ready()) {
    return;
  }
  for (unsigned controller = 0; controller < array.config().controllers; ++controller) {
    array.crash_controller(controller);
  }
  for (unsigned controller = 0; controller < array.config().controllers; ++controller) {
    array.restart_controller(controller);
  }
}

void trespass(Array& array, FaultArguments& arguments) {
  const unsigned controller = arguments.controller();
  if (arguments.ready()) {
    arguments.settle(array.take_over(controller));
  }
}

constexpr std::array<Row, 6> kRows = {{
    {{"controller-crash", "CONTROLLER", "its ports close, its tasks die, the others take over"},
     &crash},
    {{"controller-restart", "CONTROLLER", "it comes back; access states return to their home"},
     &restart},
    {{"power-cycle", "",
      "all controllers crash and come back: what is not on the medium or kept on purpose is gone"},
     &power_cycle},
    {{"freeze", "CONTROLLER", "it stops: nothing is read or answered, nothing closed"}, &freeze},
    {{"thaw", "CONTROLLER", "it goes on, and executes what had reached it if its session lives"},
     &thaw},
    {{"trespass", "CONTROLLER", "active/passive: the array moves the LUNs to it by itself"},
     &trespass},
}};

}  // namespace

std::span<const Row> of_controllers() {
  return kRows;
}

}  // namespace array::faults
