// Has the deeds of a plan done when their time comes.
#pragma once

#include <memory>
#include <vector>

#include "sim/actor.h"
#include "sim/clock.h"
#include "sim/deed_plan.h"
#include "sim/timeline.h"

namespace sim {

class DeedDriver {
 public:
  // `actors` may still grow.
  DeedDriver(const std::vector<Deed>& deeds, const std::vector<std::unique_ptr<Actor>>& actors,
             Clock& clock, Timeline& timeline);
  ~DeedDriver();

  // The plan's times count from now.
  void start();
  // Starts nothing more.
  void stop();

 private:
  struct Entry;

  const std::vector<std::unique_ptr<Actor>>& actors_;
  Clock& clock_;
  Timeline& timeline_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace sim
