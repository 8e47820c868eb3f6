// See work.h.
#include "cli/package/work.h"

#include <chrono>
#include <filesystem>

#include "cli/package/tool.h"

namespace cli {

int64_t seconds_of(inf::Date date) {
  using namespace std::chrono;
  const sys_days day =
      year(static_cast<int>(date.year)) / static_cast<int>(date.month) / static_cast<int>(date.day);
  return duration_cast<seconds>(day.time_since_epoch()).count();
}

std::string run_step(const Work& work, const std::vector<std::string>& command) {
  const ToolRun run = run_tool(command, work.source);
  if (run.good()) {
    return "";
  }
  return run.output.empty() ? command[0] + " failed without a word" : run.output;
}

std::vector<std::string> signing_options(const Signing& signing) {
  std::vector<std::string> options;
  if (!signing.certificate.empty()) {
    options = {"--certificate", signing.certificate, "--key", signing.key};
  }
  if (!signing.timestamp_url.empty()) {
    options.insert(options.end(), {"--timestamp-url", signing.timestamp_url});
  }
  if (signing.time) {
    options.insert(options.end(), {"--signing-time", std::to_string(*signing.time)});
  }
  return options;
}

std::string sign(const Work& work, const std::string& name) {
  std::vector<std::string> command = {work.tool("windows_sign.py"), "--test-certificate",
                                      work.test_certificate(), "--name",
                                      work.identity.display_name};
  const std::vector<std::string> options = signing_options(work.signing);
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(work.in_package(name));
  return run_step(work, command);
}

std::string take(const Work& work, const std::string& built, const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code problem;
  const fs::path to = work.in_package(name);
  fs::create_directories(to.parent_path(), problem);
  if (!problem) {
    fs::copy_file(work.in_build(built), to, fs::copy_options::overwrite_existing, problem);
  }
  return problem ? "cannot copy " + work.in_build(built) + ": " + problem.message() : "";
}

}  // namespace cli
