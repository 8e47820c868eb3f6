// The words of the DSM as people read them.
#include "dsm/types.h"

namespace dsm {

std::string_view name_of(Lifecycle value) {
  switch (value) {
    case Lifecycle::arriving:
      return "arriving";
    case Lifecycle::online:
      return "online";
    case Lifecycle::draining:
      return "draining";
    case Lifecycle::gone:
      return "gone";
  }
  return "?";
}

std::string_view name_of(Health value) {
  switch (value) {
    case Health::up:
      return "up";
    case Health::suspect:
      return "suspect";
    case Health::down:
      return "down";
  }
  return "?";
}

std::string_view name_of(Desire value) {
  switch (value) {
    case Desire::undetermined:
      return "undetermined";
    case Desire::active_optimized:
      return "active/optimized";
    case Desire::active_nonoptimized:
      return "active/non-optimized";
    case Desire::standby:
      return "standby";
    case Desire::unavailable:
      return "unavailable";
  }
  return "?";
}

namespace {

struct StateName {
  const char* full;
  const char* brief;
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
      return "none";
    case AluaSupport::implicit_only:
      return "implicit";
    case AluaSupport::explicit_only:
      return "explicit";
    case AluaSupport::both:
      return "implicit and explicit";
  }
  return "?";
}

}  // namespace dsm
