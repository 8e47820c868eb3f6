// ISIDs: stable, of the random format, and different for different paths.
#include "io/isid.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace io {
namespace {

TEST(Isid, IsOfTheRandomFormat) {
  const Isid isid = make_isid("iqn.a", "h:3260", "iqn.t", 0);
  EXPECT_EQ(isid[0], 0x80);  // type 10b, and the six bits beside it reserved (RFC 7143 10.12.5)
}

// Sessions of earlier runs are reinstated only if this never changes.
TEST(Isid, StaysTheSameForEver) {
  constexpr Isid kExpected = {0x80, 0xad, 0xba, 0x1b, 0x9c, 0x03};
  EXPECT_EQ(
      make_isid("iqn.2026-11.dev.dsmkit:host", "10.0.0.1:3260", "iqn.2026-11.dev.dsmkit:array", 0),
      kExpected);
}

TEST(Isid, DiffersByEachOfItsParts) {
  const Isid isid = make_isid("iqn.a", "h:3260", "iqn.t", 0);
  EXPECT_NE(make_isid("iqn.b", "h:3260", "iqn.t", 0), isid);
  EXPECT_NE(make_isid("iqn.a", "h:3261", "iqn.t", 0), isid);
  EXPECT_NE(make_isid("iqn.a", "h:3260", "iqn.u", 0), isid);
  EXPECT_NE(make_isid("iqn.a", "h:3260", "iqn.t", 1), isid);
  EXPECT_NE(make_isid("iqn.a", "h:3260", "iqn.t", 256), isid);
  EXPECT_NE(make_isid("iqn.ah", ":3260", "iqn.t", 0), isid)
      << "a byte moved from one name to the next";
}

TEST(Isid, DiffersForMany) {
  std::set<Isid> seen;
  for (int port = 1; port <= 2000; ++port) {
    for (uint32_t lane = 0; lane < 4; ++lane) {
      seen.insert(make_isid("iqn.a", "10.0.0.1:" + std::to_string(port), "iqn.t", lane));
    }
  }
  EXPECT_EQ(seen.size(), 8000u);
}

}  // namespace
}  // namespace io
