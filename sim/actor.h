// Somebody who does the deeds of a plan (deed_plan.h) in a simulated world, knows what should have
// come of them, and judges it when all is quiet.
#pragma once

#include <string>

#include "sim/deed_plan.h"

namespace sim {

class Actor {
 public:
  virtual ~Actor() = default;
  // Before anything goes wrong.
  virtual void bring_up() {}
  virtual bool ready() const { return true; }
  // All is well and nothing has been done yet.
  virtual void start() {}
  // The time of a deed has come; deeds of others are ignored.
  virtual void perform(const Deed& deed) = 0;
  // No more deeds. What would leave the disk without a path for ever is undone.
  virtual void settle() {}
  // Empty when nothing that was begun is still under way; else what is.
  virtual std::string busy() const = 0;
  // Nothing more is to come of it by itself, as far as can be seen.
  virtual bool at_rest() const { return true; }
  // All is healed and nothing is under way: is everything as it should be?
  virtual void judge() = 0;
  // Afterwards: gives up what could keep others from the blocks, so that they can be read back.
  virtual void leave() {}
  // Everything is over: what is on the medium?
  virtual void judge_medium() {}
};

}  // namespace sim
