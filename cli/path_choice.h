// Which path of a running disk somebody means.
#pragma once

#include <string>
#include <string_view>

#include "mpio/status.h"

namespace cli {

// By number ("2", from 1 on), or by the beginning of its stable name or of the name that `dsmkit
// show` prints, as long as only one path has it. Null where there is none or several; `error` says
// which there are.
const mpio::PathStatus* choose_path(const mpio::DiskStatus& disk, std::string_view text,
                                    std::string& error);

}  // namespace cli
