// The words of the DSM as people read them.
#include "dsm/types.h"

namespace dsm {

using namespace std::string_view_literals;  // with their length: no kernel has strlen

std::string_view name_of(Lifecycle value) {
  switch (value) {
    case Lifecycle::arriving:
      return "arriving"sv;
    case Lifecycle::online:
      return "online"sv;
    case Lifecycle::draining:
      return "draining"sv;
    case Lifecycle::gone:
      return "gone"sv;
  }
  return "?"sv;
}

std::string_view name_of(Health value) {
  switch (value) {
    case Health::up:
      return "up"sv;
    case Health::suspect:
      return "suspect"sv;
    case Health::down:
      return "down"sv;
  }
  return "?"sv;
}

std::string_view name_of(Desire value) {
  switch (value) {
    case Desire::undetermined:
      return "undetermined"sv;
    case Desire::active_optimized:
      return "active/optimized"sv;
    case Desire::active_nonoptimized:
      return "active/non-optimized"sv;
    case Desire::standby:
      return "standby"sv;
    case Desire::unavailable:
      return "unavailable"sv;
  }
  return "?"sv;
}

namespace {

struct StateName {
  std::string_view full;
  std::string_view brief;
};
// In the order of EffectiveState.
constexpr StateName kStateNames[] = {
    {"active/optimized", "AO"},  {"active/non-optimized", "AU"},
    {"standby", "SB"},           {"unavailable", "UA"},
    {"transitioning", "TR"},     {"offline", "OF"},
    {"unknown", "??"},           {"arriving", "NEW"},
    {"not registered", "NOREG"}, {"failed", "FAILED"},
    {"removing", "GONE"},        {"absent", "-"},
};

}  // namespace

std::string_view name_of(EffectiveState value) {
  return kStateNames[static_cast<unsigned>(value)].full;
}

std::string_view short_name_of(EffectiveState value) {
  return kStateNames[static_cast<unsigned>(value)].brief;
}

std::string_view name_of(AluaSupport value) {
  switch (value) {
    case AluaSupport::none:
      return "none"sv;
    case AluaSupport::implicit_only:
      return "implicit"sv;
    case AluaSupport::explicit_only:
      return "explicit"sv;
    case AluaSupport::both:
      return "implicit and explicit"sv;
  }
  return "?"sv;
}

}  // namespace dsm
