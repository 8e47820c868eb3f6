// A real iSCSI target for tests: Debian's tgtd, one process, one target, one LUN (number 1) on a
// file. Two of them on one file with the same scsi_id are two paths to one LUN that share no task
// state.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace test_support {

struct TgtOptions {
  std::string target = "iqn.2026-11.test.dsmkit:tgt";
  std::string backing_file;  // must exist
  std::string scsi_id = "6001405000000000000000000000a001";
  std::string chap_user;  // empty: no CHAP
  std::string chap_password;
  std::string mutual_user;  // empty: one-way
  std::string mutual_password;
};

class Tgt {
 public:
  // Ready when error() is empty; otherwise it says what did not work.
  Tgt(const TempDir& folder, TgtOptions options);

  const std::string& error() const { return error_; }
  const TgtOptions& options() const { return options_; }
  uint16_t port() const { return port_; }
  Process& process() { return *process_; }

  // tgtadm with the given arguments; false (and error()) when it fails.
  bool admin(std::vector<std::string> arguments);

 private:
  bool configure();

  TgtOptions options_;
  std::string socket_;
  std::string control_port_;
  uint16_t port_;
  std::unique_ptr<Process> process_;
  std::string error_;
};

}  // namespace test_support
