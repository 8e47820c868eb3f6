// See seeds_command.h.
#include "windows/harness/world/seeds_command.h"

#include <cstdio>
#include <cstdlib>

#include "sim/indices.h"
#include "windows/harness/etw.h"
#include "windows/harness/world/seeds.h"

namespace harness {
namespace {

int refuse(const std::string& what) {
  std::fprintf(stderr, "ntrun: %s\nusage: ntrun DRIVER.sys %s\n", what.c_str(), kSeedsUsage);
  return 2;
}

bool parse_breach(const std::string& name, Breach& out) {
  for (unsigned i = 0; i < kBreaches; ++i) {
    if (name == name_of(static_cast<Breach>(i))) {
      out = static_cast<Breach>(i);
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_seeds_option(const std::string& word) {
  return word == "--seeds" || word == "--seed";
}

int seeds_command(const std::string& driver_path, const std::vector<std::string>& words) {
  sim::RunnerOptions many;
  sim::SeedOptions one;
  Breach breach = Breach::none;
  std::string record;
  std::string trace;
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string& word = words[i];
    if (i + 1 == words.size()) {
      return refuse("a value is missing after " + word);
    }
    const char* const value = words[i + 1].c_str();
    const uint64_t number = std::strtoull(value, nullptr, 10);
    if (word == "--seeds") {
      many.count = number;
    } else if (word == "--seed") {
      one.seed = number;
    } else if (word == "--first") {
      many.from = number;
    } else if (word == "--workers") {
      many.workers = static_cast<unsigned>(number);
    } else if (word == "--timeline") {
      one.keep_timeline = true;
    } else if (word == "--faults") {
      if (!sim::parse_indices(value, one.only_faults.emplace())) {
        return refuse("--faults wants numbers with commas between them, or none, not " +
                      words[i + 1]);
      }
    } else if (word == "--deeds") {
      if (!sim::parse_indices(value, one.only_deeds.emplace())) {
        return refuse("--deeds wants numbers with commas between them, or none, not " +
                      words[i + 1]);
      }
    } else if (word == "--requests") {
      one.requests = static_cast<uint32_t>(number);
    } else if (word == "--record") {
      record = words[i + 1];
      one.trace = {&trace, [](void* context, base::Bytes records) {
                     static_cast<std::string*>(context)->assign(records.begin(), records.end());
                   }};
    } else if (word != "--breach") {
      return refuse("there is no option " + word);
    } else if (!parse_breach(value, breach)) {
      return refuse("there is no breach called " + words[i + 1]);
    }
  }
  const std::string replay = "ntrun " + driver_path;
  many.replay_command = replay.c_str();
  many.shrink = breach == Breach::none;
  many.run = driver_seeds(driver_path, breach);
  if (words.front() != "--seed") {
    return sim::run_seeds(many, stdout).exit_code;
  }
  const int code = sim::replay_seed(one, stdout, many.run);
  if (!record.empty()) {
    write_trace(record, trace);
  }
  return code;
}

}  // namespace harness
