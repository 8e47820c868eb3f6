// What goes out, in which pieces, and what is left of it when the caller takes its buffers back.
#include "io/iscsi/initiator/send_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::pattern;

Header header(uint8_t opcode) {
  Header made;
  made.raw[0] = opcode;
  made.raw[47] = 0x5a;
  return made;
}

class SendQueueTest : public ::testing::Test {
 protected:
  // A PDU with `count` bytes of its own, in slices of `slice`.
  void push(uint8_t opcode, size_t count, size_t slice, uint32_t owner) {
    auto& data = data_.emplace_back(pattern(count, opcode));
    auto& slices = slices_.emplace_back();
    for (size_t at = 0; at < count; at += slice) {
      slices.push_back({data.data() + at, std::min(slice, count - at)});
    }
    queue.push(header(opcode), {slices.data(), 0, count}, owner);
  }
  // Takes everything, at most `step` bytes and `pieces` entries at a time.
  std::vector<uint8_t> drain(size_t step, size_t pieces) {
    std::vector<uint8_t> all;
    while (!queue.empty()) {
      std::vector<iovec> out(pieces);
      const size_t used = queue.gather(out);
      size_t taken = 0;
      for (size_t i = 0; i < used && taken < step; ++i) {
        const size_t count = std::min(out[i].iov_len, step - taken);
        const auto* const from = static_cast<const uint8_t*>(out[i].iov_base);
        all.insert(all.end(), from, from + count);
        taken += count;
      }
      EXPECT_NE(taken, 0U);
      sent(taken);
    }
    return all;
  }
  void sent(size_t bytes) {
    queue.sent(bytes, [this](uint32_t owner, uint8_t opcode) { gone.emplace_back(owner, opcode); });
  }
  SendQueue queue;
  std::vector<std::pair<uint32_t, uint8_t>> gone;
  std::deque<std::vector<uint8_t>> data_;
  std::deque<std::vector<mpio::IoSlice>> slices_;
};

TEST_F(SendQueueTest, TheSameBytesInAnyPieces) {
  std::vector<uint8_t> expected;
  for (const auto& [step, pieces] : std::vector<std::pair<size_t, size_t>>{
           {SIZE_MAX, 1000}, {SIZE_MAX, 1}, {1, 1}, {7, 3}, {100, 2}, {49, 5}}) {
    queue.use({.header = true, .data = true});
    push(kScsiCommand, 0, 1, 1);
    push(kDataOut, 1001, 100, 1);
    queue.push_text(header(kTextRequest), "abc");
    push(kDataOut, 512, 512, 2);
    const auto bytes = drain(step, pieces);
    ASSERT_EQ(bytes.size(), 52U + (52 + 1004 + 4) + (52 + 4 + 4) + (52 + 512 + 4));
    expected = expected.empty() ? bytes : expected;
    EXPECT_EQ(bytes, expected);
  }
  EXPECT_EQ(base::load_be24(&expected[52 + 5]), 1001U);
  Crc32c crc;
  crc.add(base::Bytes(expected).subspan(104, 1004));
  EXPECT_TRUE(is_digest(base::Bytes(expected).subspan(1108, 4), crc.value()));
  const std::vector<std::pair<uint32_t, uint8_t>> order = {
      {1, kScsiCommand}, {1, kDataOut}, {kNoTag, kTextRequest}, {2, kDataOut}};
  EXPECT_EQ(std::vector(gone.begin(), gone.begin() + 4), order);
}

TEST_F(SendQueueTest, WhatHasNotBegunIsForgotten) {
  push(kDataOut, 100, 7, 1);
  push(kDataOut, 200, 7, 2);
  push(kDataOut, 300, 7, 1);
  queue.forget(1);
  EXPECT_EQ(queue.bytes(), 248U);
  data_.front().assign(100, 0);
  const auto bytes = drain(10, 2);
  EXPECT_EQ(bytes.size(), 248U);
  EXPECT_TRUE(std::equal(bytes.begin() + 48, bytes.end(), data_[1].begin()));
  for (const auto& [owner, opcode] : gone) {
    EXPECT_NE(owner, 1U) << "nobody hears of it again";
  }
}

TEST_F(SendQueueTest, WhatHasBegunIsCopied) {
  for (const size_t begun : {size_t{1}, size_t{48}, size_t{60}, size_t{147}}) {
    push(kDataOut, 100, 7, 1);
    const auto before = data_.back();
    sent(begun);
    queue.forget(1);
    std::fill(data_.back().begin(), data_.back().end(), uint8_t{0});
    // The ring grows and takes the copy along.
    for (int i = 0; i < 40; ++i) {
      push(kNopOut, 0, 1, kNoTag);
    }
    const auto bytes = drain(SIZE_MAX, 3);
    ASSERT_EQ(bytes.size(), 148 - begun + 40 * 48);
    std::vector<uint8_t> whole(48);
    whole.insert(whole.end(), before.begin(), before.end());
    const size_t from = std::max<size_t>(begun, 48);
    EXPECT_TRUE(std::equal(whole.begin() + static_cast<std::ptrdiff_t>(from), whole.end(),
                           bytes.begin() + static_cast<std::ptrdiff_t>(from - begun)));
  }
}

TEST_F(SendQueueTest, GoesRoundAndGrows) {
  size_t in = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < round; ++i, ++in) {
      push(kScsiCommand, 0, 1, static_cast<uint32_t>(in));
    }
    sent(std::min<size_t>(queue.bytes(), 48 * 20));
  }
  drain(SIZE_MAX, 64);
  ASSERT_EQ(gone.size(), in);
  for (size_t i = 0; i < in; ++i) {
    EXPECT_EQ(gone[i].first, i);
  }
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace io::iscsi::initiator
