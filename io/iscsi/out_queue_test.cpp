// The order and the exact bytes of what is sent, however the socket takes it.
#include "io/iscsi/out_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace io::iscsi {
namespace {

Header marked(uint8_t mark) {
  Header header;
  header.raw.fill(mark);
  return header;
}

// Takes everything out, at most `step` bytes at a time.
std::vector<uint8_t> take_all(OutQueue& queue, size_t step, size_t entries = 5) {
  std::vector<uint8_t> out;
  std::vector<iovec> pieces(entries);
  while (!queue.empty()) {
    const size_t used = queue.gather(pieces);
    EXPECT_NE(used, 0U);
    size_t left = step;
    for (size_t i = 0; i < used && left != 0; ++i) {
      const size_t count = std::min(left, pieces[i].iov_len);
      const auto* const from = static_cast<const uint8_t*>(pieces[i].iov_base);
      out.insert(out.end(), from, from + count);
      left -= count;
    }
    queue.sent(step - left);
  }
  return out;
}

TEST(OutQueue, LengthAndPaddingAreFilledIn) {
  OutQueue queue;
  queue.push_owned(marked(1), {7, 8, 9, 10, 11});
  EXPECT_EQ(queue.bytes(), 48U + 8U);
  const auto out = take_all(queue, 1000);
  ASSERT_EQ(out.size(), 56U);
  EXPECT_EQ((std::vector<uint8_t>(out.begin() + 5, out.begin() + 8)),
            (std::vector<uint8_t>{0, 0, 5}));
  EXPECT_EQ((std::vector<uint8_t>(out.begin() + 48, out.end())),
            (std::vector<uint8_t>{7, 8, 9, 10, 11, 0, 0, 0}));
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(OutQueue, EveryCutGivesTheSameBytes) {
  const auto fill = [](OutQueue& queue) {
    std::vector<uint8_t> shared(1003);
    for (size_t i = 0; i < shared.size(); ++i) {
      shared[i] = static_cast<uint8_t>(i * 7);
    }
    const base::Bytes all(shared);
    queue.push(marked(1), all.first(500));
    queue.push(marked(2), all.subspan(500), std::move(shared));
    queue.push(marked(3), {});
  };
  OutQueue whole;
  fill(whole);
  const auto expected = take_all(whole, 100000, 64);
  EXPECT_EQ(expected.size(), 48U + 500 + 48 + 504 + 48);
  for (const size_t step : {1U, 2U, 3U, 47U, 48U, 49U, 500U, 549U}) {
    OutQueue queue;
    fill(queue);
    EXPECT_EQ(take_all(queue, step), expected) << step;
  }
}

std::vector<uint8_t> digest_of(base::Bytes bytes) {
  Crc32c crc;
  crc.add(bytes);
  const auto digest = digest_bytes(crc.value());
  return {digest.begin(), digest.end()};
}

TEST(OutQueue, DigestsCoverHeaderAndPaddedData) {
  OutQueue queue;
  queue.push_owned(marked(1), {});
  queue.use({.header = true, .data = true});
  queue.push_owned(marked(2), {7, 8, 9, 10, 11});
  queue.push_owned(marked(3), {});
  EXPECT_EQ(queue.bytes(), 48U + (48 + 4 + 8 + 4) + (48 + 4));
  const auto out = take_all(queue, 29);
  ASSERT_EQ(out.size(), 164U);
  const base::Bytes second = base::Bytes(out).subspan(48);
  const base::Bytes header_digest = second.subspan(48, 4);
  EXPECT_EQ(std::vector<uint8_t>(header_digest.begin(), header_digest.end()),
            digest_of(second.first(48)));
  const base::Bytes data_digest = second.subspan(60, 4);
  EXPECT_EQ(std::vector<uint8_t>(data_digest.begin(), data_digest.end()),
            digest_of(second.subspan(52, 8)));
  EXPECT_EQ((std::vector<uint8_t>(second.begin() + 57, second.begin() + 60)),
            (std::vector<uint8_t>{0, 0, 0}));
}

TEST(OutQueue, SpoiledDigestsAreWrong) {
  OutQueue queue;
  queue.use({.header = true});
  queue.spoil_digests(true);
  queue.push_owned(marked(1), {});
  queue.spoil_digests(false);
  queue.push_owned(marked(1), {});
  const auto out = take_all(queue, 1000);
  ASSERT_EQ(out.size(), 104U);
  const auto right = digest_of(base::Bytes(out).first(48));
  EXPECT_NE((std::vector<uint8_t>(out.begin() + 48, out.begin() + 52)), right);
  EXPECT_EQ((std::vector<uint8_t>(out.begin() + 100, out.end())), right);
}

TEST(OutQueue, BuffersThatWereSentAreUsedAgain) {
  OutQueue queue;
  std::vector<uint8_t> buffer(4096, 1);
  const uint8_t* const place = buffer.data();
  queue.push_owned(marked(1), std::move(buffer));
  EXPECT_EQ(queue.take_spare().capacity(), 0U) << "not before it is sent";
  take_all(queue, 100000);
  auto spare = queue.take_spare();
  EXPECT_TRUE(spare.empty());
  spare.resize(4096);
  EXPECT_EQ(spare.data(), place);
}

TEST(OutQueue, ClearForgetsHalfSentOnesToo) {
  OutQueue queue;
  queue.push_owned(marked(1), {1, 2, 3, 4});
  queue.sent(20);
  queue.clear();
  queue.push_owned(marked(2), {});
  Header expected = marked(2);
  expected.set_data_bytes(0);
  EXPECT_EQ(take_all(queue, 100), std::vector<uint8_t>(expected.raw.begin(), expected.raw.end()));
}

}  // namespace
}  // namespace io::iscsi
