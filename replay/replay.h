// Runs a trace once more: every input goes into a fresh module at its recorded time, and every
// decision is compared with the recorded one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "dsm/config.h"

namespace replay {

enum class Verdict : uint8_t {
  same,
  different,   // the module decides otherwise now
  unreadable,  // the bytes are no trace, or not all of one
};

struct Result {
  Verdict verdict = Verdict::same;
  std::string message;     // what differs, or what is wrong, and where; "" when it is the same
  uint64_t inputs = 0;     // events, interpretations ... fed
  uint64_t decisions = 0;  // actions and verdicts compared
  uint64_t picks = 0;      // chosen paths that were candidates
  uint32_t modules = 0;    // `begin` records
};

struct Options {
  // Called with each record as one line, before it is fed.
  std::function<void(const std::string&)> print;
  // Changes the configuration before the module begins: "would it have decided otherwise?".
  std::function<void(dsm::Config&)> configure;
};

Result replay(base::Bytes trace, const Options& options = {});

}  // namespace replay
