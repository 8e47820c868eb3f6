// The administrator of a Windows host: sets and clears policies, weights and desired states through
// WMI, has nonsense refused, and asks in between; one call at a time, in a thread that may wait,
// while I/O and faults go on.
#pragma once

#include <deque>
#include <string>

#include "sim/actor.h"
#include "windows/harness/world/settings_model.h"

namespace harness {

class SettingsActor final : public sim::Actor {
 public:
  SettingsActor(sim::World& world, WindowsHost& host);

  void perform(const sim::Deed& deed) override;
  void settle() override { queue_.clear(); }
  std::string busy() const override { return is_at_it_ ? " an administrator waits" : ""; }
  void judge() override;
  void judge_medium() override;

  // Of the deeds of all worlds' administrators.
  static bool is_mine(sim::DeedKind kind) { return kind <= sim::DeedKind::reinstate_path; }

 private:
  void carry_out(const sim::Deed& deed);
  void set_level(const sim::Deed& deed, bool clears);
  void prefer(PolicyV2& policy, uint32_t on, uint64_t choice);
  void set_policy_of_lun(const sim::Deed& deed);
  void clear_lun();
  void set_weights(const sim::Deed& deed);
  void set_desires(const sim::Deed& deed);
  // What is shown, as tools do that change one thing.
  void set_again();
  void ask_for_nonsense(const sim::Deed& deed);
  // What is refused must not have changed what is stored.
  template <typename Call>
  bool accepts(const std::string& what, Call&& call);
  // Sets it; the model follows what is answered.
  void wish(const PolicyV2& policy);
  void look(const std::string& when);
  void found(const std::string& text) { world_.found(sim::Invariant::settings_in_force, text); }

  sim::World& world_;
  WindowsHost& host_;
  Administrator administrator_;
  SettingsModel model_;
  base::Prng prng_;
  std::deque<sim::Deed> queue_;
  bool is_at_it_ = false;
  bool is_judged_ = false;
};

}  // namespace harness
