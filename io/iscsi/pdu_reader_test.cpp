// PDUs cut out of a byte stream that arrives in pieces of any size.
#include "io/iscsi/pdu_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace io::iscsi {
namespace {

struct Recorder final : PduReader::Client {
  bool is_plausible(const Header& header) override { return header.opcode() != implausible; }
  bool on_header(const Header& header, PduReader::Sink& sink) override {
    events += "h" + std::to_string(header.opcode());
    if (refuse_header) {
      return false;
    }
    if (header.opcode() != discarded) {
      data.emplace_back(header.data_bytes(), uint8_t{0});
      pieces.clear();
      for (size_t at = 0; at < data.back().size(); at += piece_bytes) {
        pieces.push_back({&data.back()[at], std::min(piece_bytes, data.back().size() - at)});
      }
      sink = pieces;
    }
    return true;
  }
  bool on_pdu(const Header& header) override {
    events += "p" + std::to_string(header.opcode());
    return true;
  }
  bool on_damaged_data(const Header& header) override {
    events += "d" + std::to_string(header.opcode());
    return true;
  }
  void on_damaged_header() override { events += "!"; }
  std::string events;
  std::vector<std::vector<uint8_t>> data;
  int discarded = -1;
  int implausible = -1;
  bool refuse_header = false;
  size_t piece_bytes = SIZE_MAX / 2;
  std::vector<iovec> pieces;
};

void append_digest(std::vector<uint8_t>& stream, size_t from) {
  Crc32c crc;
  crc.add(base::Bytes(stream).subspan(from));
  const auto digest = digest_bytes(crc.value());
  stream.insert(stream.end(), digest.begin(), digest.end());
}

void append(std::vector<uint8_t>& stream, uint8_t opcode, const std::vector<uint8_t>& data,
            size_t ahs_words = 0, Digests digests = {}) {
  const size_t begin = stream.size();
  Header header;
  header.raw[0] = opcode;
  header.raw[4] = static_cast<uint8_t>(ahs_words);
  header.set_data_bytes(data.size());
  stream.insert(stream.end(), header.raw.begin(), header.raw.end());
  stream.insert(stream.end(), ahs_words * 4, uint8_t{0xaa});
  if (digests.header) {
    append_digest(stream, begin);
  }
  const size_t data_begin = stream.size();
  stream.insert(stream.end(), data.begin(), data.end());
  stream.insert(stream.end(), padded(data.size()) - data.size(), uint8_t{0xbb});
  if (digests.data && !data.empty()) {
    append_digest(stream, data_begin);
  }
}

void run(PduReader& reader, Recorder& client, base::Bytes stream, size_t step) {
  while (!stream.empty()) {
    std::array<iovec, 2> buffers;
    const size_t used = reader.buffers(buffers);
    size_t put = 0;
    for (size_t i = 0; i < used; ++i) {
      const size_t count = std::min({step - put, buffers[i].iov_len, stream.size() - put});
      if (count != 0) {
        std::memcpy(buffers[i].iov_base, stream.data() + put, count);
      }
      put += count;
    }
    ASSERT_NE(put, 0U);
    stream = stream.subspan(put);
    reader.advance(put);
    while (reader.next(client)) {
    }
  }
}

std::vector<uint8_t> bytes(size_t count, uint8_t seed) {
  std::vector<uint8_t> out(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint8_t>(seed + i * 3 + i / 251);
  }
  return out;
}

TEST(PduReader, AnyPiecesGiveTheSamePdus) {
  std::vector<uint8_t> stream;
  append(stream, 1, {});
  append(stream, 2, bytes(5, 1), 2);
  append(stream, 3, bytes(200'000, 2));
  append(stream, 4, bytes(1, 3), 255);
  append(stream, 5, {});
  for (const size_t step :
       {size_t{1}, size_t{3}, size_t{47}, size_t{49}, size_t{4096}, size_t{70'000}, SIZE_MAX}) {
    PduReader reader;
    Recorder client;
    run(reader, client, stream, step);
    EXPECT_EQ(client.events, "h1p1h2p2h3p3h4p4h5p5") << step;
    ASSERT_EQ(client.data.size(), 5U);
    EXPECT_EQ(client.data[1], bytes(5, 1));
    EXPECT_EQ(client.data[2], bytes(200'000, 2));
    EXPECT_EQ(client.data[3], bytes(1, 3));
  }
}

TEST(PduReader, ManySmallOnesPassThroughOneBuffer) {
  std::vector<uint8_t> stream;
  for (int i = 0; i < 5000; ++i) {
    append(stream, 7, bytes(static_cast<size_t>(i % 64), 1));
  }
  PduReader reader;
  Recorder client;
  run(reader, client, stream, 30'001);
  EXPECT_EQ(client.data.size(), 5000U);
}

TEST(PduReader, LargeDataIsReadStraightIntoItsPlace) {
  std::vector<uint8_t> stream;
  append(stream, 1, bytes(100'000, 5));
  PduReader reader;
  Recorder client;
  run(reader, client, base::Bytes(stream).first(48), SIZE_MAX);
  std::array<iovec, 2> buffers;
  ASSERT_EQ(reader.buffers(buffers), 2U);
  EXPECT_EQ(buffers[0].iov_base, client.data[0].data());
  EXPECT_EQ(buffers[0].iov_len, 100'000U);
}

TEST(PduReader, ASinkMayBeInPieces) {
  for (const Digests digests : {Digests{}, Digests{.header = true, .data = true}}) {
    std::vector<uint8_t> stream;
    append(stream, 1, bytes(150'000, 5), 0, digests);
    append(stream, 2, bytes(7, 6), 0, digests);
    for (const size_t piece : {size_t{1000}, size_t{7}, size_t{100'000}}) {
      for (const size_t step : {size_t{48}, size_t{997}, size_t{1'000'000}}) {
        PduReader reader;
        reader.use(digests);
        Recorder client;
        client.piece_bytes = piece;
        run(reader, client, stream, step);
        EXPECT_EQ(client.events, "h1p1h2p2");
        EXPECT_EQ(client.data[0], bytes(150'000, 5));
        EXPECT_EQ(client.data[1], bytes(7, 6));
      }
    }
  }
}

TEST(PduReader, BytesBehindASinkAreShownOnlyWhenAllOfItIs) {
  std::vector<uint8_t> stream;
  append(stream, 1, bytes(3000, 5));
  PduReader reader;
  Recorder client;
  client.piece_bytes = 1000;
  run(reader, client, base::Bytes(stream).first(48), SIZE_MAX);
  std::array<iovec, 3> few;
  ASSERT_EQ(reader.buffers(few), 2U);
  EXPECT_EQ(few[1].iov_base, &client.data[0][1000]);
  std::array<iovec, 5> many;
  EXPECT_EQ(reader.buffers(many), 4U);
}

TEST(PduReader, WhatIsNotPlausibleIsNotWaitedFor) {
  std::vector<uint8_t> stream;
  append(stream, 1, {});
  append(stream, 2, bytes(5, 1), 255);
  PduReader reader;
  Recorder client;
  client.implausible = 2;
  run(reader, client, base::Bytes(stream).first(96), SIZE_MAX);
  EXPECT_EQ(client.events, "h1p1");
  EXPECT_FALSE(reader.next(client));
}

TEST(PduReader, DataWithoutASinkIsDiscarded) {
  std::vector<uint8_t> stream;
  append(stream, 1, bytes(150'000, 5));
  append(stream, 2, bytes(3, 6));
  PduReader reader;
  Recorder client;
  client.discarded = 1;
  run(reader, client, stream, 10'000);
  EXPECT_EQ(client.events, "h1p1h2p2");
  EXPECT_EQ(client.data.back(), bytes(3, 6));
}

TEST(PduReader, ASinkThatIsDroppedIsNotWrittenAnyMore) {
  std::vector<uint8_t> stream;
  append(stream, 1, bytes(1000, 5));
  append(stream, 2, {});
  PduReader reader;
  Recorder client;
  run(reader, client, base::Bytes(stream).first(148), SIZE_MAX);
  client.data[0].assign(1000, 0);
  reader.drop_sink();
  run(reader, client, base::Bytes(stream).subspan(148), 100);
  EXPECT_EQ(client.events, "h1p1h2p2");
  EXPECT_EQ(client.data[0], std::vector<uint8_t>(1000, 0));
}

constexpr Digests kBoth{.header = true, .data = true};

TEST(PduReader, DigestsAreCheckedInAnyPieces) {
  for (const Digests digests : {kBoth, Digests{.header = true}, Digests{.data = true}}) {
    std::vector<uint8_t> stream;
    append(stream, 1, {}, 0, digests);
    append(stream, 2, bytes(5, 1), 2, digests);
    append(stream, 3, bytes(150'000, 2), 0, digests);
    append(stream, 4, bytes(1, 3), 255, digests);
    append(stream, 5, {}, 0, digests);
    for (const size_t step : {size_t{1}, size_t{47}, size_t{4096}, size_t{1'000'000}}) {
      PduReader reader;
      reader.use(digests);
      Recorder client;
      run(reader, client, stream, step);
      EXPECT_EQ(client.events, "h1p1h2p2h3p3h4p4h5p5") << step;
      EXPECT_EQ(client.data[2], bytes(150'000, 2));
    }
  }
}

TEST(PduReader, EveryDamagedByteOfAHeaderIsSeenAndEndsTheStream) {
  std::vector<uint8_t> good;
  append(good, 1, bytes(5, 1), 1, kBoth);
  append(good, 2, {}, 0, kBoth);
  for (size_t at = 0; at < 48 + 4 + 4; ++at) {
    if (at >= 4 && at < 8) {
      continue;  // a wrong length: the reader waits for what is not there
    }
    std::vector<uint8_t> stream = good;
    stream[at] ^= 0x10;
    PduReader reader;
    reader.use(kBoth);
    Recorder client;
    run(reader, client, stream, SIZE_MAX);
    EXPECT_EQ(client.events.substr(0, 1), "!") << at;
    EXPECT_EQ(client.events.find('h'), std::string::npos) << at;
  }
}

TEST(PduReader, DamagedDataIsToldAndTheNextPduIsWhole) {
  std::vector<uint8_t> good;
  append(good, 1, bytes(1001, 1), 0, kBoth);
  append(good, 2, bytes(3, 6), 0, kBoth);
  for (const size_t at : {size_t{52}, size_t{1000}, size_t{52 + 1001}, size_t{52 + 1004},
                          size_t{52 + 1007}}) {  // first, some, padding, digest
    for (const size_t step : {size_t{10}, SIZE_MAX}) {
      std::vector<uint8_t> stream = good;
      stream[at] ^= 1;
      PduReader reader;
      reader.use(kBoth);
      Recorder client;
      run(reader, client, stream, step);
      EXPECT_EQ(client.events, "h1d1h2p2") << at;
    }
  }
}

TEST(PduReader, DiscardedDataIsCheckedToo) {
  std::vector<uint8_t> stream;
  append(stream, 1, bytes(100'000, 1), 0, kBoth);
  stream[60'000] ^= 1;
  append(stream, 2, {}, 0, kBoth);
  PduReader reader;
  reader.use(kBoth);
  Recorder client;
  client.discarded = 1;
  run(reader, client, stream, 777);
  EXPECT_EQ(client.events, "h1d1h2p2");
}

TEST(PduReader, NothingIsParsedAfterARefusal) {
  std::vector<uint8_t> stream;
  append(stream, 1, {});
  PduReader reader;
  Recorder client;
  client.refuse_header = true;
  run(reader, client, stream, SIZE_MAX);
  EXPECT_EQ(client.events, "h1");
}

}  // namespace
}  // namespace io::iscsi
