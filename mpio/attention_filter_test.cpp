// Which unit attentions a client behind several paths hears of.
#include "mpio/attention_filter.h"

#include <gtest/gtest.h>

namespace mpio {
namespace {

TEST(AttentionFilter, AnEventIsToldOnce) {
  AttentionFilter filter;
  EXPECT_TRUE(filter.is_news(0x2900, 0));
  EXPECT_FALSE(filter.is_news(0x2900, 1));
  EXPECT_FALSE(filter.is_news(0x2900, 2));
}

TEST(AttentionFilter, APathThatRepeatsItselfSpeaksOfAnother) {
  AttentionFilter filter;
  EXPECT_TRUE(filter.is_news(0x2900, 0));
  EXPECT_FALSE(filter.is_news(0x2900, 1));
  EXPECT_TRUE(filter.is_news(0x2900, 1));
  EXPECT_FALSE(filter.is_news(0x2900, 0));
}

TEST(AttentionFilter, CodesAreNewsOfTheirOwn) {
  AttentionFilter filter;
  EXPECT_TRUE(filter.is_news(0x2a09, 31));
  EXPECT_TRUE(filter.is_news(0x2a01, 31));
  EXPECT_FALSE(filter.is_news(0x2a09, 0));
}

TEST(AttentionFilter, WhatTheClientCausedItselfIsNoNews) {
  AttentionFilter filter;
  filter.caused_here(0x2a01, 1);
  EXPECT_FALSE(filter.is_news(0x2a01, 0));
  EXPECT_FALSE(filter.is_news(0x2a01, 2));
  EXPECT_TRUE(filter.is_news(0x2a01, 1)) << "somebody else's doing";
  EXPECT_FALSE(filter.is_news(0x2a01, 0));
  filter.caused_here(0x2a01, 0);
  EXPECT_TRUE(filter.is_news(0x2a09, 1)) << "another event";
}

}  // namespace
}  // namespace mpio
