// The small parts of base/.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "base/bits.h"
#include "base/bytes.h"
#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "base/prng.h"
#include "base/status.h"
#include "base/timer_queue.h"

namespace base {
namespace {

TEST(Bytes, BigEndianBothWays) {
  std::array<uint8_t, 8> raw{};
  store_be64(raw.data(), 0x0102030405060708);
  EXPECT_EQ(raw[0], 1);
  EXPECT_EQ(load_be64(raw.data()), 0x0102030405060708u);
  EXPECT_EQ(load_be32(raw.data()), 0x01020304u);
  EXPECT_EQ(load_be24(raw.data()), 0x010203u);
  EXPECT_EQ(load_be16(raw.data()), 0x0102u);
}

TEST(Bytes, WriterStopsAtTheEndButCountsOn) {
  std::array<uint8_t, 3> raw{};
  ByteWriter writer(raw);
  writer.be32(0xaabbccdd);
  EXPECT_EQ(writer.needed(), 4u);
  EXPECT_TRUE(writer.truncated());
  EXPECT_EQ(writer.written().size(), 3u);
  EXPECT_EQ(raw[2], 0xcc);
  writer.patch16(2, 0x1122);
  EXPECT_EQ(raw[2], 0x11);
}

TEST(Bytes, SliceNeverLeavesTheSpan) {
  const std::array<uint8_t, 4> raw{1, 2, 3, 4};
  EXPECT_EQ(slice(raw, 2).size(), 2u);
  EXPECT_EQ(slice(raw, 2, 1).size(), 1u);
  EXPECT_EQ(slice(raw, 4).size(), 0u);
  EXPECT_EQ(slice(raw, SIZE_MAX, SIZE_MAX).size(), 0u);
}

TEST(Bits, NextWraps) {
  EXPECT_EQ(next_bit(0b1010, 0), 1u);
  EXPECT_EQ(next_bit(0b1010, 2), 3u);
  EXPECT_EQ(next_bit(0b1010, 4), 1u);
  EXPECT_EQ(next_bit(0x80000000u, 31), 31u);
  EXPECT_EQ(next_bit(1u, 32), 0u);
  EXPECT_EQ(count_bits(0xf0f0), 8u);
  std::vector<unsigned> seen;
  for_each_bit(0b100101, [&](unsigned index) { seen.push_back(index); });
  EXPECT_EQ(seen, (std::vector<unsigned>{0, 2, 5}));
}

TEST(FixedVector, RefusesWhenFull) {
  FixedVector<int, 2> items;
  EXPECT_TRUE(items.push_back(1));
  EXPECT_TRUE(items.push_back(2));
  EXPECT_FALSE(items.push_back(3));
  items.erase_at(0);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0], 2);
}

TEST(FixedString, CutsAndSaysSo) {
  FixedString<4> text;
  EXPECT_TRUE(text.assign("abcd"));
  EXPECT_FALSE(text.assign("abcde"));
  EXPECT_EQ(text.view(), "abcd");
}

TEST(Result, CarriesValueOrReason) {
  const Result<int> good = 5;
  const Result<int> bad{Code::not_found, "no such thing"};
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 5);
  EXPECT_FALSE(bad.ok());
  EXPECT_STREQ(bad.status().message(), "no such thing");
}

struct Probe {
  std::vector<int>* order;
  int number;
  static void fire(void* context) {
    auto* probe = static_cast<Probe*>(context);
    probe->order->push_back(probe->number);
  }
};

TEST(TimerQueue, FiresInOrderOfDueThenOfArming) {
  std::vector<int> order;
  std::array<Probe, 5> probes;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 5; ++i) {
    probes[static_cast<size_t>(i)] = {&order, i};
    timers.push_back(std::make_unique<Timer>(&Probe::fire, &probes[static_cast<size_t>(i)]));
  }
  TimerQueue queue;
  queue.arm(*timers[0], 30);
  queue.arm(*timers[1], 10);
  queue.arm(*timers[2], 10);
  queue.arm(*timers[3], 5);
  queue.arm(*timers[4], 7);
  queue.arm(*timers[3], 20);  // moves
  queue.cancel(*timers[4]);
  EXPECT_FALSE(timers[4]->armed());
  while (!queue.empty()) {
    queue.pop().fire();
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 0}));
}

TEST(TimerQueue, AgreesWithASortedListUnderRandomUse) {
  Prng prng(7);
  std::vector<int> order;
  Probe probe{&order, 0};
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 100; ++i) {
    timers.push_back(std::make_unique<Timer>(&Probe::fire, &probe));
  }
  TimerQueue queue;
  for (int step = 0; step < 5000; ++step) {
    Timer& timer = *timers[prng.below(timers.size())];
    if (prng.chance(1, 3)) {
      queue.cancel(timer);
    } else {
      queue.arm(timer, prng.below(1000));
    }
  }
  uint64_t last = 0;
  size_t armed = 0;
  for (const auto& timer : timers) {
    armed += timer->armed() ? 1 : 0;
  }
  EXPECT_EQ(queue.size(), armed);
  while (!queue.empty()) {
    const uint64_t due = queue.next_due_ns();
    EXPECT_GE(due, last);
    last = due;
    EXPECT_FALSE(queue.pop().armed());
  }
}

TEST(Prng, StreamsDifferAndRepeat) {
  EXPECT_EQ(Prng(1).next(), Prng(1).next());
  EXPECT_NE(Prng::stream(1, 2, 3).next(), Prng::stream(1, 2, 4).next());
  EXPECT_NE(Prng::stream(1, 2, 3).next(), Prng::stream(1, 3, 3).next());
  Prng prng(3);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(prng.below(10), 10u);
    const uint64_t value = prng.between(5, 7);
    EXPECT_TRUE(value >= 5 && value <= 7);
  }
}

}  // namespace
}  // namespace base
