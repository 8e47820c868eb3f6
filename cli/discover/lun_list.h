// The logical units behind one target portal: a session, REPORT LUNS, and an INQUIRY of each. For
// the command line: it runs the event loop itself until it has the answer or the time is over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/iscsi_path_config.h"

namespace cli::discover {

struct Lun {
  uint16_t number = 0;
  uint8_t device_type = 0x1f;  // SPC-4 table 150; 1Fh when INQUIRY told nothing
  std::string vendor;
  std::string product;
  bool is_disk() const { return device_type == 0; }
};

struct LunList {
  std::string error;  // empty when the list came; otherwise one sentence
  std::vector<Lun> luns;
};

// `path.lun` is not used. The ISID must not be one of a session in use.
LunList list_luns(io::EventLoop& loop, const io::IscsiPathConfig& path, uint32_t deadline_ms);

}  // namespace cli::discover
