// Names at the back: stable, different for different nexuses, never too long.
#include "io/front/names.h"

#include <gtest/gtest.h>

namespace io::front {
namespace {

const iscsi::InitiatorPort kHost{"iqn.2026-11.test:host", {0x40, 0, 0, 0, 0, 1}};

TEST(BackEndNames, ANameTellsWhoItIsFor) {
  EXPECT_EQ(back_end_name("iqn.2026-11.test:host"), "iqn.2026-11.test:host:dsmkit");
}

TEST(BackEndNames, LongNamesStayApartAndWithinTheLimit) {
  const std::string longest(223, 'a');
  std::string other = longest;
  other.back() = 'b';
  EXPECT_EQ(back_end_name(longest).size(), 223U);
  EXPECT_NE(back_end_name(longest), back_end_name(other));
  EXPECT_EQ(back_end_name(std::string(216, 'a')).size(), 223U);
  EXPECT_EQ(back_end_name(longest), back_end_name(longest));
}

TEST(BackEndNames, EveryFrontNexusAndPathHasASessionOfItsOwn) {
  const Isid first = back_end_isid(kHost, 0, "10.0.0.1:3260", "iqn.t");
  EXPECT_EQ(first, back_end_isid(kHost, 0, "10.0.0.1:3260", "iqn.t"));
  iscsi::InitiatorPort second_session = kHost;
  second_session.isid[5] = 2;
  EXPECT_NE(first, back_end_isid(second_session, 0, "10.0.0.1:3260", "iqn.t"));
  EXPECT_NE(first, back_end_isid(kHost, 1, "10.0.0.1:3260", "iqn.t"));
  EXPECT_NE(first, back_end_isid(kHost, 0, "10.0.0.2:3260", "iqn.t"));
  EXPECT_NE(first, back_end_isid(kHost, 0, "10.0.0.1:3260", "iqn.u"));
}

TEST(BackEndNames, TheSessionsOfANexusAreKnownByTheirNames) {
  const Isid first = back_end_isid(kHost, 0, "10.0.0.1:3260", "iqn.t");
  EXPECT_TRUE(same_front_nexus(first, back_end_isid(kHost, 0, "10.0.0.2:3260", "iqn.u")));
  EXPECT_FALSE(same_front_nexus(first, back_end_isid(kHost, 1, "10.0.0.1:3260", "iqn.t")));
  iscsi::InitiatorPort second_session = kHost;
  second_session.isid[5] = 2;
  EXPECT_FALSE(same_front_nexus(first, back_end_isid(second_session, 0, "10.0.0.1:3260", "iqn.t")));
  EXPECT_TRUE(is_back_end_name(back_end_name(kHost.name)));
  EXPECT_TRUE(is_back_end_name(back_end_name(std::string(223, 'a'))));
  EXPECT_FALSE(is_back_end_name(kHost.name));
}

}  // namespace
}  // namespace io::front
