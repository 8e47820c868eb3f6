#include "sim/indices.h"

#include <gtest/gtest.h>

namespace sim {
namespace {

using Indices = std::vector<uint32_t>;

TEST(Indices, WhatIsWrittenIsRead) {
  for (const Indices& indices : {Indices{}, Indices{0}, Indices{1, 4, 4294967295}}) {
    Indices read{7};
    EXPECT_TRUE(parse_indices(text_of_indices(indices), read)) << text_of_indices(indices);
    EXPECT_EQ(read, indices);
  }
  EXPECT_EQ(text_of_indices({}), "none");
  EXPECT_EQ(text_of_indices({1, 4}), "1,4");
}

TEST(Indices, AnythingElseIsRefusedAndNotReadHalfway) {
  for (const char* const text :
       {"", ",", "1,", ",1", "1,,4", "1;4", "1, 4", "-1", "4294967296", "None", "none,1", "1x"}) {
    Indices read;
    EXPECT_FALSE(parse_indices(text, read)) << text;
  }
}

}  // namespace
}  // namespace sim
