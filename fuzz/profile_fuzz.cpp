// Profiles: any bytes are a profile or have mistakes, each of one line; and a profile keeps the
// promises that the DSM relies on.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "dsm/policy.h"
#include "profile/parse.h"

namespace {

void check_mistakes(const profile::Mistakes& mistakes) {
  BASE_ASSERT(!mistakes.empty());
  profile::Place last;
  for (const profile::Mistake& mistake : mistakes.list()) {
    const std::string text = profile::text_of(mistake, "f");
    for (const char c : text) {
      BASE_ASSERT(c >= ' ' && c <= '~');
    }
    BASE_ASSERT(mistake.place.line > last.line ||
                (mistake.place.line == last.line && mistake.place.column >= last.column));
    last = mistake.place;
  }
}

void check_profile(const profile::Profile& profile) {
  dsm::Config config;
  profile::apply(profile, config);
  BASE_ASSERT(config.vendor_rows.size() == profile.rules.size());
  for (const dsm::ErrorRow& row : config.vendor_rows) {
    BASE_ASSERT(row.name[0] != '\0' && row.explain[0] != '\0' && row.outcomes != 0);
    const dsm::Verdict& verdict = row.verdict;
    BASE_ASSERT(static_cast<int>(verdict.retry) + verdict.failover + verdict.give_back == 1);
    BASE_ASSERT(verdict.failover == (row.follow_up == dsm::FollowUp::fail_nexus));
    BASE_ASSERT(!verdict.free || verdict.interval != dsm::Interval::immediate);
  }
  BASE_ASSERT(!profile.devices.empty());
  for (const dsm::DevicePolicy& device : config.device_policies) {
    BASE_ASSERT(device.device.size() > 8 && device.device.size() <= 24);
    BASE_ASSERT(dsm::entry_matches(device.device, device.device));
    BASE_ASSERT(dsm::find_policy(device.policy) != nullptr);
  }
  for (size_t i = 0; i < profile::kNumberCount; ++i) {
    const profile::Key& key = profile::key_of(static_cast<profile::Number>(i));
    const uint32_t value = profile.number(key.number);
    BASE_ASSERT(value >= key.least && value <= key.most);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const profile::Parsed parsed = profile::parse_profile(text, "f");
  if (parsed.profile) {
    BASE_ASSERT(parsed.mistakes.empty());
    check_profile(*parsed.profile);
  } else {
    check_mistakes(parsed.mistakes);
  }
  return 0;
}
