// The administrator of a disk, and whoever moves its cables: changes settings at every level, takes
// paths out of use, takes them out of the disk and puts them back, while faults and I/O go on.
//
// Keeps a model of its own of what was set, as plain as can be, and judges by it: the settings in
// force are what the levels say, and a burst of I/O goes where they send it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mpio/settings.h"
#include "sim/actor.h"
#include "sim/mpio_host.h"
#include "sim/world.h"

namespace sim {

class Administrator final : public Actor {
 public:
  // `forgets_changes`: a planted fault; says of every third change that it was made, and it was
  // not.
  Administrator(World& world, MpioHost& host, bool forgets_changes);

  void start() override { learn_names(); }
  void perform(const Deed& deed) override;
  void settle() override;
  std::string busy() const override;
  void judge() override;

 private:
  static constexpr uint32_t kNoPreferred = UINT32_MAX;
  // One level of the settings, by path number.
  struct Level {
    dsm::PolicyId policy = dsm::PolicyId::none;
    uint32_t preferred = kNoPreferred;
  };
  // Nearest first, as they decide.
  enum LevelName : uint8_t { run, lun, make, part_of_make, everything, kLevels };
  struct Model {
    Level levels[kLevels];
    std::vector<mpio::StoredPath> paths;
  };

  void learn_names();
  const mpio::PathStatus* row_of(const mpio::DiskStatus& status, uint32_t path) const;
  void change(const Deed& deed);
  mpio::Settings settings_of(const Model& model) const;
  const Level* deciding() const;
  void judge_words();
  void judge_burst();
  void wrong(const std::string& text) { world_.found(Invariant::settings_in_force, text); }

  World& world_;
  MpioHost& host_;
  const bool forgets_changes_;
  Model model_;
  std::optional<Model> wanted_;  // while the disk has not said whether it follows
  std::vector<std::string> names_;
  std::string key_;
  bool changed_ = false;  // ever
  uint32_t changes_ = 0;
};

}  // namespace sim
