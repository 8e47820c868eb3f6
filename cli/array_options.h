// The options of `dsmkit array`, and what they mean for the array and its iSCSI front.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "array/config.h"
#include "io/iscsi_target.h"

namespace CLI {
class App;
}

namespace cli {

struct ArrayOptions {
  std::vector<std::string> listen;
  std::string control;
  std::vector<std::string> luns;
  std::string target = array::Config{}.target_name;
  std::string chap;
  std::string chap_mutual;
  std::string alua = "both";
  std::string passive_state = "active/non-optimized";
  bool symmetric = false;
  unsigned controllers = array::Config{}.controllers;
  unsigned block_bytes = array::LunConfig{}.block_bytes;
  // From a profile only.
  std::string vendor = array::Config{}.vendor;
  std::string product = array::Config{}.product;
  uint8_t transition_time_s = array::Config{}.implicit_transition_time_s;
  std::optional<array::PassiveAnswer> passive;
  unsigned serial = 0;  // 0: from the target's name and the portals
};

void add_array_options(CLI::App& command, ArrayOptions& options);

// False when a value is wrong; `error` names it and says what is right.
bool to_config(const ArrayOptions& options, array::Config& config,
               io::IscsiTarget::Settings& settings, std::string& error);

}  // namespace cli
