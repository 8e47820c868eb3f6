// See disk_request.h.
#include "cli/disk_request.h"

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace cli {

int ask_disk(const std::string& control, const io::ControlRequest& request, nlohmann::json& answer,
             int timeout_ms) {
  std::string error;
  if (!io::control_request(control, request, answer, error, timeout_ms)) {
    return fail(kExitUnavailable, error);
  }
  const auto said = answer.find("error");
  if (said == answer.end()) {
    return kExitOk;
  }
  return fail(kExitUsage, said->is_string() ? said->get<std::string>() : said->dump());
}

}  // namespace cli
