// What the command line of `dsmkit disk` says.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/disk_service.h"
#include "profile/profile.h"

namespace cli {

struct DiskOptions {
  std::vector<std::string> paths;
  std::vector<std::string> discover;
  std::string nbd;
  std::vector<std::string> iscsi;
  std::string iscsi_chap;
  std::string iscsi_chap_mutual;
  std::string control;
  std::string policy;  // "": what is stored
  std::vector<uint32_t> weights;
  std::string settings;
  std::string initiator;
  unsigned preferred = 0;  // 0: none
  std::string record;      // "": no trace
  std::string profile_file;
  std::shared_ptr<const profile::Profile> profile;
  DiskServiceConfig service;
};

// `options` must stay while the command is read.
void add_disk_options(CLI::App& command, DiskOptions& options);

// What is checked together: into options.service. False: `error` names the option and the remedy.
bool to_config(DiskOptions& options, std::string& error);

}  // namespace cli
