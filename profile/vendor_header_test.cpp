// The header that the Windows driver is built with: each field in its place, and the one in the
// repository up to date. tests/package/vendor_header_test.cpp compiles those of the examples.
#include "profile/vendor_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "profile/testing/sample.h"

namespace profile::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(std::string(DSMKIT_SOURCE_DIR "/") + file).rdbuf();
  return text.str();
}

TEST(VendorHeader, OfMyDsmIsWhatTheDriverIsBuiltWith) {
  EXPECT_EQ(content("windows/driver/vendor.h"),
            vendor_header(profile_of(content("vendors/mydsm.toml"))))
      << "make it anew: build/dev/dsmkit profile show vendors/mydsm.toml --header > "
         "windows/driver/vendor.h";
}

TEST(VendorHeader, HasEveryFieldOfARule) {
  const std::string header = vendor_header(profile_of(sample(R"([[error]]
name = "acme-a"
meaning = 'the "A" code'
key = "not-ready"
asc = 0x80
ascq = 0x01
when = "optimized-elsewhere"
verdict = "retry"
on = "same-path"
counted = false
pause_ms = 20
then = "start-unit"
against_path = true
[[error]]
name = "acme-b"
meaning = "b"
transport = ["silent"]
verdict = "fail-over"
[[error]]
name = "acme-c"
meaning = "c"
status = 0x28
verdict = "resend-later"
)")));
  EXPECT_THAT(header,
              HasSubstr("{.name = \"acme-a\", .explain = \"the \\\"A\\\" code\", .needs_sense = "
                        "true, .key = 0x02, .asc = 0x80, .ascq = 0x01, .condition = "
                        "dsm::Condition::read_or_write_and_optimized_elsewhere, .verdict = {.retry "
                        "= true, .target = dsm::Target::same_path, .free = true, .interval = "
                        "dsm::Interval::milliseconds, .interval_ms = 20}, .follow_up = "
                        "dsm::FollowUp::start_unit, .against_path = true},"));
  EXPECT_THAT(header, HasSubstr(".outcomes = 0x04, .verdict = {.failover = true}, .follow_up = "
                                "dsm::FollowUp::fail_nexus},"));
  EXPECT_THAT(header, HasSubstr(".outcomes = 0x01, .status = 0x28, .verdict = {.give_back = true, "
                                ".advice = dsm::Advice::retry_later}},"));
}

TEST(VendorHeader, HasNumbersPoliciesAndQuirks) {
  const std::string header = vendor_header(profile_of(sample(R"([policy]
default = "least-blocks"
least_blocks_sequential = false
[timers]
rtpg_deadline_ms = 12_345
[thresholds]
path_error_hold_ms = 7_000
[access]
extended_rtpg = false
believed_alua = "implicit"
)")));
  for (const char* expected :
       {"config.default_policy = dsm::PolicyId::least_blocks;",
        "config.least_blocks_cache = false;", "config.rtpg_deadline_ms = 12345;",
        "config.extended_rtpg = false;", "kBelievedAlua = dsm::AluaSupport::implicit_only;",
        "kPathErrorHoldMs = 7000;", "std::span<const dsm::ErrorRow> kErrorRows;"}) {
    EXPECT_THAT(header, HasSubstr(expected));
  }
  EXPECT_THAT(header, Not(HasSubstr("kErrorRowsTable")));
}

}  // namespace
}  // namespace profile::testing
