#include "inf/decoration.h"

#include <gtest/gtest.h>

namespace inf {
namespace {

TEST(Decoration, PartsMayBeLeftOut) {
  const auto full = parse_decoration("NTamd64.10.0...16299");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->machine, Machine::amd64);
  EXPECT_EQ(full->major, 10u);
  EXPECT_EQ(full->minor, 0u);
  EXPECT_EQ(full->build, 16299u);
  ASSERT_TRUE(parse_decoration("nt"));
  EXPECT_EQ(parse_decoration("nt")->machine, Machine::any);
  EXPECT_EQ(parse_decoration("NTARM64.6.1")->machine, Machine::arm64);
  EXPECT_TRUE(parse_decoration("NT.6.0.3.0x80"));
}

TEST(Decoration, AnythingElseIsNone) {
  for (const char* const text :
       {"", "N", "amd64", "NTamd", "NT$ARCH$", "NTamd64.ten", "NTx86.1.2.3.4.5.6", "NTx86.1.2.3.0x",
        "NTx86.-1", "NT amd64", "NTamd64.4294967296"}) {
    EXPECT_FALSE(parse_decoration(text)) << text;
  }
}

}  // namespace
}  // namespace inf
