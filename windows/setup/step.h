// One thing that an installation puts on a machine, and how it is taken away again. Steps are data,
// so that they can be printed before, kept in the registry while they are done, and taken back
// after the program was killed between any two of them: perform() and undo() may both meet a
// machine where it has been done, in part or not at all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "windows/setup/system.h"

namespace setup {

enum class Kind : uint8_t {
  folder,       // path
  file,         // path, copied from
  feature,      // - (MPIO)
  list,         // - (that there is a list of devices)
  entry,        // device, in that list
  service,      // name. This and the next two the driver package brings, and a failed installation
  driver_file,  // path       may leave behind
  wmi_value,    // class, whose security descriptor it is
  package,      // INF, hardware id, name it was published by (known when it has been performed)
  device,       // hardware id, INF
  driver,       // hardware id, INF, INF that is put back by undo() or nothing
};

struct Step {
  Kind kind = Kind::folder;
  std::vector<std::string> arguments;

  const std::string& argument(size_t index) const;
  // Of the same thing; what is known of it besides does not count.
  bool is_same_thing(const Step& other) const;

  friend bool operator==(const Step&, const Step&) = default;
};

// True: the machine must be restarted before it holds.
bool perform(System& system, Step& step);
bool undo(System& system, const Step& step);
// Is what it puts there already there, whoever put it there?
bool is_there(System& system, const Step& step);

// The name by which Windows knows a package with this INF, byte for byte; empty: it does not.
std::string published_name(System& system, const std::string& inf);

// For people. Empty: nothing is done there.
std::string name_of(const Step& step);           // "folder ..."
std::string describe(const Step& step);          // "copy ... to ..."
std::string describe_undoing(const Step& step);  // "delete ..."
std::string text_of(const Step& step);           // one line
std::optional<Step> parse_step(std::string_view text);

}  // namespace setup
