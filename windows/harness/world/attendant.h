// Whoever moves the cables of a Windows host (sim/deed_plan.h), and looks at the end whether every
// path that should carry I/O does.
#pragma once

#include <string>

#include "sim/actor.h"
#include "windows/harness/world/windows_host.h"

namespace harness {

class Attendant final : public sim::Actor {
 public:
  Attendant(sim::World& world, WindowsHost& host) : world_(world), host_(host) {}

  void perform(const sim::Deed& deed) override;
  void settle() override;
  std::string busy() const override { return host_.is_moving_cables() ? "cables are moved; " : ""; }
  void judge() override;

 private:
  bool spreads_over_all() const;
  bool is_good(uint32_t path) const;

  sim::World& world_;
  WindowsHost& host_;
};

}  // namespace harness
