// The settings file: any bytes are settings, which are the same when they are written and read
// again, or have one message of one line that names the file.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "cli/settings/settings_text.h"

namespace {

void require_same_again(const mpio::Settings& settings) {
  const cli::ParsedSettings again = cli::parse_settings(cli::settings_text(settings), "f");
  BASE_ASSERT(again.error.empty());
  BASE_ASSERT(again.settings.everything == settings.everything);
  // A policy that says nothing, and a LUN of which nothing is set, need not be written.
  for (const auto& [id, policy] : settings.hardware) {
    BASE_ASSERT(!policy.set() || again.settings.hardware.at(id) == policy);
  }
  for (const auto& [key, lun] : settings.luns) {
    BASE_ASSERT(lun == mpio::LunSettings{} || again.settings.luns.at(key) == lun);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const cli::ParsedSettings parsed = cli::parse_settings(text, "f");
  if (!parsed.error.empty()) {
    BASE_ASSERT(parsed.error.starts_with("f:") && parsed.error.find('\n') == std::string::npos);
    BASE_ASSERT(parsed.settings == mpio::Settings{});
    return 0;
  }
  BASE_ASSERT(!parsed.newer);
  require_same_again(parsed.settings);
  // Whatever stands there, every LUN has a policy.
  constexpr std::string_view kModel = "DSMKIT  ARRAY           ";
  const dsm::PolicyInForce policy =
      mpio::policy_in_force(parsed.settings, dsm::PolicyId::none, "naa.6001", kModel);
  BASE_ASSERT(policy.policy != dsm::PolicyId::none);
  return 0;
}
