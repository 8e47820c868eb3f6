// What the front says itself, and what it changes in the answers of the logical unit behind it: one
// LUN, one target port group that is always active/optimized, and ports of its own. SPC-4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "io/iscsi/device.h"
#include "scsi/cdb.h"

namespace io::front {

// The one target port group of the front.
inline constexpr uint16_t kGroup = 1;

// How the front's target port looks through which a command came.
struct Place {
  std::string target_name;  // IQN
  unsigned port = 0;        // relative target port identifier - 1
  unsigned port_count = 1;
};

// Commands that mean one I_T nexus or one access state of many, and would do something else through
// several paths: SET TARGET PORT GROUPS, REGISTER AND MOVE. The front does not know them.
bool is_hidden(const scsi::Cdb& cdb);

// Ends the task when the front answers it alone: hidden commands, registering for other nexuses
// than the sender's, REPORT LUNS, everything for a LUN that there is not. `attention` (0: none) is
// the pending unit attention, which a command that reports it clears.
bool answer_here(iscsi::Task& task, uint16_t& attention);

// Whether the answer to this command has to be seen whole before it can be changed, and the command
// that asks for all of it.
struct WholeAnswer {
  scsi::Cdb cdb;            // with an allocation length of `bytes`
  uint32_t bytes = 0;       // 0: the client's own command is sent
  uint32_t allocation = 0;  // the client's
};
WholeAnswer whole_answer_for(const scsi::Cdb& cdb);

// Changes the answer to the client's command, which ended with GOOD. `data` is all of the answer
// for those of whole_answer_for(), and is cut to the client's allocation length here. What tells
// registrations is made from it beforehand (registrations.h).
void adjust(const scsi::Cdb& cdb, const Place& place, std::vector<uint8_t>& data);

}  // namespace io::front
