// Faults of one port's connections.
#include "array/faults/families.h"

namespace array::faults {
namespace {

void down(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  if (arguments.ready()) {
    array.set_port_enabled(port, false);
  }
}

void up(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  if (arguments.ready()) {
    array.set_port_enabled(port, true);
  }
}

void reset(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  if (arguments.ready()) {
    array.set_port_enabled(port, false);
    array.set_port_enabled(port, true);
  }
}

void black_hole(Array& array, FaultArguments& arguments) {
  const unsigned port = arguments.port();
  const auto silence = arguments.choice<Silence, 4>("on|in|out|off", {{{"on", Silence::both},
                                                                       {"in", Silence::in},
                                                                       {"out", Silence::out},
                                                                       {"off", Silence::none}}});
  if (arguments.ready()) {
    array.set_port_silence(port, silence);
  }
}

constexpr std::array<Row, 4> kRows = {{
    {{"port-down", "PORT", "the portal closes, its connections are reset"}, &down},
    {{"port-up", "PORT", "the portal listens again"}, &up},
    {{"port-reset", "PORT", "its connections are reset; it goes on listening"}, &reset},
    {{"black-hole", "PORT on|in|out|off",
      "nothing passes, or nothing towards (in) or from (out) the portal; nothing is closed"},
     &black_hole},
}};

}  // namespace

std::span<const Row> of_ports() {
  return kRows;
}

}  // namespace array::faults
