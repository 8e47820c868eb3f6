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

constexpr std::array<Row, 4> kRows = {{
    {{"controller-crash", "CONTROLLER", "its ports close, its tasks die, the others take over"},
     &crash},
    {{"controller-restart", "CONTROLLER", "it comes back; access states return to their home"},
     &restart},
    {{"freeze", "CONTROLLER", "it stops: nothing is read or answered, nothing closed"}, &freeze},
    {{"thaw", "CONTROLLER", "it goes on, and executes what had reached it if its session lives"},
     &thaw},
}};

}  // namespace

std::span<const Row> of_controllers() {
  return kRows;
}

}  // namespace array::faults
