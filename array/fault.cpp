// See fault.h: finds the row of a fault, and lets it act.
#include "array/fault.h"

#include <vector>

#include "array/faults/families.h"

namespace array {
namespace {

using faults::Row;

void clear(Array& array, FaultArguments& arguments) {
  if (!arguments.ready()) {
    return;
  }
  for (unsigned controller = 0; controller < array.config().controllers; ++controller) {
    array.freeze_controller(controller, false);
    array.restart_controller(controller);
  }
  for (unsigned port = 0; port < array.config().ports.size(); ++port) {
    array.port_faults(port) = {};
    array.set_port_silence(port, Silence::none);
    array.set_port_enabled(port, true);
  }
  array.set_groups_faults() = {};
  array.end_stuck_transitions();
}

constexpr Row kClear = {{"clear", "", "ends every fault; what changed about LUNs stays"}, &clear};

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = [] {
    std::vector<Row> all;
    for (const auto family : {faults::of_controllers(), faults::of_ports(), faults::of_tasks(),
                              faults::of_access(), faults::of_units(), faults::of_answers()}) {
      all.insert(all.end(), family.begin(), family.end());
    }
    all.push_back(kClear);
    return all;
  }();
  return kRows;
}

bool run(Array& array, std::string_view name, std::span<const std::string> words, bool act,
         std::string& error) {
  error.clear();
  for (const Row& row : rows()) {
    if (name != row.description.name) {
      continue;
    }
    FaultArguments arguments(array, words, act);
    row.apply(array, arguments);
    if (!arguments.problem().empty()) {
      error = "fault " + std::string(name) + ": " + arguments.problem() +
              "; usage: " + std::string(name) + " " + row.description.arguments;
    }
    return error.empty();
  }
  error = "there is no fault \"" + std::string(name) + "\"; `dsmkit array fault --list` shows all";
  return false;
}

}  // namespace

std::span<const FaultDescription> all_faults() {
  static const std::vector<FaultDescription> kAll = [] {
    std::vector<FaultDescription> all;
    for (const Row& row : rows()) {
      all.push_back(row.description);
    }
    return all;
  }();
  return kAll;
}

bool apply_fault(Array& array, std::string_view name, std::span<const std::string> arguments,
                 std::string& error) {
  return run(array, name, arguments, /*act=*/true, error);
}

bool check_fault(Array& array, std::string_view name, std::span<const std::string> arguments,
                 std::string& error) {
  return run(array, name, arguments, /*act=*/false, error);
}

}  // namespace array
