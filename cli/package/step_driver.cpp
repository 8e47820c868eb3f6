// The driver for both machines: tools/windows_driver.py compiles, links, judges and signs it.
#include "cli/package/work.h"
#include "cli/profile_file.h"
#include "profile/identity.h"
#include "profile/vendor_header.h"

namespace cli {

std::string make_driver(Work& work) {
  const std::string identity = work.in_build("identity.h");
  const std::string decisions = work.in_build("vendor.h");
  std::string error;
  if (!write_text(identity, profile::identity_header(work.identity), error) ||
      !write_text(decisions, profile::vendor_header(work.profile), error)) {
    return error;
  }
  std::vector<std::string> command = {work.tool("windows_driver.py"),
                                      "--identity",
                                      identity,
                                      "--vendor",
                                      decisions,
                                      "--build-dir",
                                      work.build};
  const std::vector<std::string> options = signing_options(work.signing);
  command.insert(command.end(), options.begin(), options.end());
  error = run_step(work, command);
  for (const std::string& file : {work.files.driver, work.files.symbols}) {
    const std::string arm64 = std::string(package::kArm64Folder) + "/" + file;
    error = error.empty() ? take(work, file, file) : error;
    error = error.empty() ? take(work, arm64, arm64) : error;
  }
  return error;
}

}  // namespace cli
