// CHAP on the command line of what serves an iSCSI target.
#pragma once

#include <string>

#include "io/iscsi/chap.h"

namespace cli {

struct ChapOption {
  const char* name = nullptr;
  std::string text;  // USER%SECRET; "": not given
};

// What initiators must know, and with what the target proves itself. False: `error` says which
// option is wrong and why, and no secret.
bool parse_accounts(const ChapOption& one_way, const ChapOption& mutual,
                    io::iscsi::ChapAccount& chap, io::iscsi::ChapAccount& chap_mutual,
                    std::string& error);

}  // namespace cli
