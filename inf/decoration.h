// The decorations by which one INF serves several systems: "NTamd64.10.0...16299" behind the name
// of a models or install section.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace inf {

enum class Machine : uint8_t { any, x86, ia64, amd64, arm, arm64 };
const char* name_of(Machine machine);  // "amd64"

// NT[machine][.[major][.[minor][.[product type][.[suite mask][.[build]]]]]]
struct Decoration {
  Machine machine = Machine::any;
  uint32_t major = 0;  // 0: any
  uint32_t minor = 0;
  uint32_t build = 0;  // from this one on
};

// Empty: the text is no decoration.
std::optional<Decoration> parse_decoration(std::string_view text);

}  // namespace inf
