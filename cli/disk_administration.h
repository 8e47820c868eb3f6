// What an administrator asks of a running disk over its control socket: the answers to `dsmkit
// show`, `dsmkit policy`, `dsmkit path` and `dsmkit disk ...`.
//
// A change is checked first, then stored, then put in force. Where the array does not follow, what
// was stored is put back: it is changed as a whole, or not at all.
//
// Threads: the disk's control thread. Storing, which waits for the machine's disk, has a thread of
// its own, so I/O goes on meanwhile.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/path_membership.h"
#include "cli/settings/settings_store.h"
#include "io/control_socket.h"
#include "io/event_loop.h"
#include "io/loop_thread.h"
#include "mpio/disk.h"

namespace cli {

class DiskAdministration {
 public:
  // `loop` is the disk's first. It, the disk and its paths outlive this.
  DiskAdministration(io::EventLoop& loop, mpio::Disk& disk, PathMembership& membership,
                     SettingsStore store);
  DiskAdministration(const DiskAdministration&) = delete;
  DiskAdministration& operator=(const DiskAdministration&) = delete;

  // What `show` tells of the profile that the disk runs with.
  void show_profile(nlohmann::json profile) { profile_ = std::move(profile); }

  void handle(const io::ControlRequest& request, const io::ControlSocket::Answer& answer);

 private:
  using Words = std::vector<std::string>;
  using Answer = io::ControlSocket::Answer;
  struct Command {
    const char* name;
    size_t least_words;
    size_t most_words;
    void (DiskAdministration::*run)(const Words& words, const Answer& answer);
  };
  static const Command kCommands[];

  struct Change {
    mpio::ScopeOf whom;
    std::function<void(mpio::Settings& settings)> edit;
    mpio::RunSettings run;  // beside it
  };

  void show(const Words& words, const Answer& answer);
  void longest(const Words& words, const Answer& answer);
  void policy_of_this_run(const Words& words, const Answer& answer);
  void policy_get(const Words& words, const Answer& answer);
  void policy_set(const Words& words, const Answer& answer);
  void policy_clear(const Words& words, const Answer& answer);
  void path_add(const Words& words, const Answer& answer);
  void path_remove(const Words& words, const Answer& answer);
  void path_fail(const Words& words, const Answer& answer);
  void path_reinstate(const Words& words, const Answer& answer);
  void path_prefer(const Words& words, const Answer& answer);
  void path_weight(const Words& words, const Answer& answer);
  void path_desire(const Words& words, const Answer& answer);

  // Null when there is none; then the answer has been given.
  const mpio::PathStatus* find_path(const mpio::DiskStatus& status, const std::string& text,
                                    bool by_its_stable_name, const Answer& answer) const;
  bool parse_scope(const Words& words, mpio::ScopeOf& whom, const Answer& answer) const;
  void change_policy(const mpio::ScopeOf& whom, const mpio::PolicySetting& setting,
                     const Answer& answer);
  void change_path(const std::string& text, const Answer& answer,
                   const std::function<void(mpio::StoredPath& path)>& edit, bool is_weight);
  void change(Change change, const Answer& answer);
  void put_in_force(const Change& change, const mpio::Settings& before, mpio::Settings after,
                    const Answer& answer);
  void take_back(const mpio::ScopeOf& whom, const mpio::Settings& before, const std::string& why,
                 const Answer& answer);
  void finish(const Answer& answer, const std::string& error);
  nlohmann::json policy_json() const;

  io::EventLoop& loop_;
  mpio::Disk& disk_;
  PathMembership& membership_;
  SettingsStore store_;     // used by the writer only
  nlohmann::json profile_;  // null: none
  bool changing_ = false;
  io::LoopThread writer_;
};

// "fail-over-only, round-robin ...": those there are.
std::string policy_names();

}  // namespace cli
