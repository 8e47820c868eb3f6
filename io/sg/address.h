// A path through the kernel's SCSI generic driver, as people write it: sg:/dev/sgN.
#pragma once

#include <string>
#include <string_view>

namespace io::sg {

inline constexpr std::string_view kScheme = "sg:";

struct ParsedAddress {
  std::string node;   // the path of the node
  std::string error;  // one sentence, when there is none
};

// sg:PATH with an absolute path, of a node or of a link to one (links that udev keeps outlive the
// numbers of the nodes). Whether a node is there is found out when it is opened.
ParsedAddress parse_address(std::string_view text);

}  // namespace io::sg
