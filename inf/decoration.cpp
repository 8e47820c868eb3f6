#include "inf/decoration.h"

#include <array>
#include <charconv>

#include "inf/document.h"

namespace inf {
namespace {

struct MachineName {
  Machine machine;
  const char* name;
};
constexpr std::array<MachineName, 6> kMachines = {{{Machine::any, ""},
                                                   {Machine::x86, "x86"},
                                                   {Machine::ia64, "ia64"},
                                                   {Machine::amd64, "amd64"},
                                                   {Machine::arm, "arm"},
                                                   {Machine::arm64, "arm64"}}};

bool parse_machine(std::string_view text, Machine& machine) {
  for (const MachineName& each : kMachines) {
    if (same_name(text, each.name)) {
      machine = each.machine;
      return true;
    }
  }
  return false;
}

// An empty part stands for any. Numbers are decimal, or hexadecimal with 0x.
bool parse_number(std::string_view text, uint32_t& number) {
  if (text.empty()) {
    return true;
  }
  const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  text.remove_prefix(hexadecimal ? 2 : 0);
  const auto [end, problem] =
      std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  return problem == std::errc() && end == text.data() + text.size();
}

}  // namespace

const char* name_of(Machine machine) {
  return kMachines[static_cast<size_t>(machine)].name;
}

std::optional<Decoration> parse_decoration(std::string_view text) {
  if (!same_name(text.substr(0, 2), "NT")) {
    return {};
  }
  Decoration decoration;
  size_t dot = text.find('.');
  if (!parse_machine(text.substr(2, dot == std::string_view::npos ? dot : dot - 2),
                     decoration.machine)) {
    return {};
  }
  uint32_t product_type = 0;
  uint32_t suite_mask = 0;
  for (uint32_t* const part :
       {&decoration.major, &decoration.minor, &product_type, &suite_mask, &decoration.build}) {
    if (dot == std::string_view::npos) {
      return decoration;
    }
    const size_t next = text.find('.', dot + 1);
    const size_t length = next == std::string_view::npos ? next : next - dot - 1;
    if (!parse_number(text.substr(dot + 1, length), *part)) {
      return {};
    }
    dot = next;
  }
  return dot == std::string_view::npos ? std::optional(decoration) : std::nullopt;
}

}  // namespace inf
