#include "tests/support/tgt.h"

#include <chrono>
#include <thread>

namespace test_support {

Tgt::Tgt(const TempDir& folder, TgtOptions options)
    : options_(std::move(options)), port_(free_port()) {
  control_port_ = std::to_string(port_ % 32000);
  socket_ = folder.file("tgt" + control_port_);
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"tgtd", "-f", "-C", control_port_, "--iscsi",
                               "portal=127.0.0.1:" + std::to_string(port_)},
      std::vector<std::pair<std::string, std::string>>{{"TGT_IPC_SOCKET", socket_}});
  configure();
}

bool Tgt::admin(std::vector<std::string> arguments) {
  std::vector<std::string> argv{"tgtadm", "-C", control_port_, "--lld", "iscsi"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const RunResult result = run(argv, {{"TGT_IPC_SOCKET", socket_}});
  if (result.code != 0) {
    error_ = "tgtadm: " + result.output + " / tgtd: " + process_->output();
  }
  return result.code == 0;
}

bool Tgt::configure() {
  // tgtd says nothing when it listens: ask until it answers.
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (!admin({"--op", "show", "--mode", "system"})) {
    if (process_->wait(std::chrono::milliseconds(20)) >= 0 ||
        std::chrono::steady_clock::now() > end) {
      error_ = "tgtd does not start: " + process_->output();
      return false;
    }
  }
  error_.clear();
  bool ok =
      admin({"--op", "new", "--mode", "target", "--tid", "1", "-T", options_.target}) &&
      admin({"--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "--bstype", "rdwr",
             "-b", options_.backing_file}) &&
      admin({"--op", "update", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "--params",
             "scsi_id=" + options_.scsi_id +
                 ",scsi_sn=SN0001,vendor_id=DSMKIT,product_id=TEST,product_rev=0001,thin_"
                 "provisioning=1"}) &&
      admin({"--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL"});
  const auto account = [this](const std::string& user, const std::string& password, bool outgoing) {
    std::vector<std::string> bind{"--op",  "bind", "--mode", "account",
                                  "--tid", "1",    "--user", user};
    if (outgoing) {
      bind.emplace_back("--outgoing");
    }
    return admin({"--op", "new", "--mode", "account", "--user", user, "--password", password}) &&
           admin(bind);
  };
  if (ok && !options_.chap_user.empty()) {
    ok = account(options_.chap_user, options_.chap_password, false);
  }
  if (ok && !options_.mutual_user.empty()) {
    ok = account(options_.mutual_user, options_.mutual_password, true);
  }
  return ok;
}

}  // namespace test_support
