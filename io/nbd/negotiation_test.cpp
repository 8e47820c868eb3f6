// The server's half of the handshake: answers, refusals, and what ends it.
#include "io/nbd/negotiation.h"

#include <gtest/gtest.h>

#include "io/nbd/testing/session_fixture.h"

namespace io::nbd {
namespace {

using NbdNegotiation = testing::SessionFixture;
using testing::kDiskBytes;
using testing::put;
using testing::ram_geometry;
using testing::take;
using testing::Text;

TEST_F(NbdNegotiation, GoSaysWhatTheExportIs) {
  hello();
  const auto all = ask(7, info_data("disk", {3, 1, 2, 77, 1, 3}));
  ASSERT_EQ(all.size(), 5u);
  Text exported_info = all[0].data;
  EXPECT_EQ(take(exported_info, 2), 0u);
  EXPECT_EQ(take(exported_info, 8), kDiskBytes);
  EXPECT_EQ(take(exported_info, 2),
            kHasFlags | kSendFlush | kSendFua | kSendTrim | kSendWriteZeroes | kCanMultiConn);
  Text sizes = all[1].data;
  EXPECT_EQ(take(sizes, 2), 3u);
  EXPECT_EQ(take(sizes, 4), 512u);
  EXPECT_EQ(take(sizes, 4), 4096u);
  EXPECT_EQ(take(sizes, 4), 32u << 20);
  EXPECT_EQ(all[2].data, (Text{0, 1, 'd', 'i', 's', 'k'}));
  EXPECT_EQ(all[3].data, (Text{0, 2, 't', 'h', 'e', ' ', 'd', 'i', 's', 'k'}));
  EXPECT_EQ(all[4].type, 1u);
  EXPECT_TRUE(session->negotiated());
}

TEST_F(NbdNegotiation, InfoGoesOnNegotiating) {
  hello();
  EXPECT_EQ(ask(6, info_data("")).back().type, 1u);
  EXPECT_FALSE(session->negotiated());
  EXPECT_EQ(ask(6, info_data("disk")).back().type, 1u);
  EXPECT_EQ(ask(7, info_data("disk")).back().type, 1u);
  EXPECT_TRUE(session->negotiated());
}

TEST_F(NbdNegotiation, AnUnknownNameIsRefusedAndMayBeCorrected) {
  hello();
  EXPECT_EQ(type_of_only_answer(7, info_data("Disk")), 0x80000006u);
  EXPECT_EQ(type_of_only_answer(6, info_data("disk2")), 0x80000006u);
  EXPECT_EQ(ask(7, info_data("disk")).back().type, 1u);
}

TEST_F(NbdNegotiation, MalformedInfoRequests) {
  hello();
  Text name_too_long = info_data("disk");
  name_too_long[3] = 5;
  Text name_absurd = info_data("disk");
  name_absurd[0] = 0xff;
  Text too_few = info_data("disk", {1});
  too_few.pop_back();
  Text too_many = info_data("disk", {1});
  too_many.push_back(0);
  for (const Text& data : {Text{}, Text(5), name_too_long, name_absurd, too_few, too_many}) {
    EXPECT_EQ(type_of_only_answer(7, data), 0x80000003u);
  }
  EXPECT_FALSE(session->negotiated());
  EXPECT_FALSE(session->finished());
}

TEST_F(NbdNegotiation, ListNamesTheExport) {
  hello();
  const auto all = ask(3);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].type, 2u);
  const std::string entry(all[0].data.begin(), all[0].data.end());
  EXPECT_EQ(entry, std::string("\0\0\0\4", 4) + "diskthe disk");
  EXPECT_EQ(all[1].type, 1u);
  EXPECT_EQ(type_of_only_answer(3, Text(1)), 0x80000003u);
}

TEST_F(NbdNegotiation, UnknownOptionsAreRefused) {
  hello();
  for (const uint32_t number : {4u, 5u, 9u, 10u, 11u, 0u, 0xffffffffu}) {
    EXPECT_EQ(type_of_only_answer(number, Text(20)), 0x80000001u);
  }
  EXPECT_EQ(type_of_only_answer(8, Text(1)), 0x80000003u);
}

TEST_F(NbdNegotiation, OversizedOptionsAreSkipped) {
  hello();
  for (const size_t bytes : {8193u, 100'000u}) {
    EXPECT_EQ(type_of_only_answer(7, Text(bytes)), 0x80000009u);
  }
  EXPECT_EQ(type_of_only_answer(99, Text(8192)), 0x80000001u);
  EXPECT_EQ(ask(7, info_data("disk")).back().type, 1u);
}

TEST_F(NbdNegotiation, AbortIsAcknowledgedAndEnds) {
  hello();
  EXPECT_EQ(feed(option(2)), 16u);
  EXPECT_FALSE(session->finished());  // the reply is not out yet
  drain_output();
  EXPECT_EQ(answers().back().type, 1u);
  EXPECT_TRUE(session->finished());
  EXPECT_EQ(session->error(), "");
}

TEST_F(NbdNegotiation, ExportNameWithAndWithoutZeroes) {
  for (const bool no_zeroes : {false, true}) {
    start();
    hello(no_zeroes ? 3 : 1);
    exchange(option(1, {'d', 'i', 's', 'k'}));
    ASSERT_EQ(output.size(), no_zeroes ? 10u : 134u);
    EXPECT_EQ(take(output, 8), kDiskBytes);
    EXPECT_NE(take(output, 2) & kCanMultiConn, 0u);
    output.clear();
    expect_alive();
  }
}

TEST_F(NbdNegotiation, AnOldNewstyleClientMayOnlyNameAnExport) {
  hello(0);
  exchange(option(1));
  EXPECT_EQ(output.size(), 134u);
  EXPECT_TRUE(session->negotiated());
  start();
  hello(0);
  feed(option(3));
  EXPECT_TRUE(session->finished());
  EXPECT_FALSE(session->has_output());
}

TEST_F(NbdNegotiation, WhatBreaksTheHandshake) {
  Text unknown_flags;
  put(unknown_flags, 7, 4);
  Text bad_magic = option(3);
  bad_magic[7] ^= 1;
  Text wrong_name = option(1, {'x'});
  Text endless_name = option(1);
  endless_name[12] = 0xff;
  for (const Text& bytes : {unknown_flags, bad_magic, wrong_name, endless_name}) {
    start();
    if (&bytes != &unknown_flags && bytes != unknown_flags) {
      hello();
    }
    feed(bytes);
    EXPECT_TRUE(session->finished());
    EXPECT_NE(session->error(), "");
    EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  }
}

TEST_F(NbdNegotiation, AClientThatReadsNoAnswersIsNotListenedTo) {
  hello();
  Text many;
  for (int i = 0; i < 20'000; ++i) {
    const Text one = option(99);
    many.insert(many.end(), one.begin(), one.end());
  }
  EXPECT_LT(feed(many), 50'000u);  // the answers are longer than the questions
  drain_output();
  EXPECT_NE(session->input_space()[0].size_bytes, 0u);
}

TEST_F(NbdNegotiation, BlockSizesFollowTheGeometry) {
  mpio::Geometry geometry = ram_geometry(kDiskBytes, 4096);
  geometry.max_transfer_bytes = (1u << 20) + 5000;
  geometry.optimal_io_bytes = 256 << 10;
  BlockSizes sizes = block_sizes(geometry);
  EXPECT_EQ(sizes.minimum_bytes, 4096u);
  EXPECT_EQ(sizes.preferred_bytes, 256u << 10);
  EXPECT_EQ(sizes.maximum_bytes, (1u << 20) + 4096u);
  geometry.optimal_io_bytes = 3000;  // not a power of two: of no use
  EXPECT_EQ(block_sizes(geometry).preferred_bytes, 4096u);
  geometry.max_transfer_bytes = 0;  // no limit of its own
  EXPECT_EQ(block_sizes(geometry).maximum_bytes, 32u << 20);
  geometry.max_transfer_bytes = 2048;
  geometry.logical_block_bytes = 512;
  sizes = block_sizes(geometry);
  EXPECT_EQ(sizes.preferred_bytes, 2048u);
  EXPECT_EQ(sizes.maximum_bytes, 2048u);
}

TEST_F(NbdNegotiation, FlagsFollowTheGeometry) {
  mpio::Geometry geometry;
  geometry.read_only = true;
  EXPECT_EQ(transmission_flags(geometry, {}, false), kHasFlags | kSendFlush | kReadOnly);
  EXPECT_EQ(transmission_flags(geometry, {}, true), kHasFlags | kSendFlush | kReadOnly | kSendDf);
  geometry.can_trim = geometry.can_write_zeroes = true;
  EXPECT_EQ(transmission_flags(geometry, {}, false), kHasFlags | kSendFlush | kReadOnly)
      << "nothing is offered that would be refused";
  geometry.read_only = false;
  EXPECT_EQ(transmission_flags(geometry, {}, false),
            kHasFlags | kSendFlush | kSendTrim | kSendWriteZeroes);
}

}  // namespace
}  // namespace io::nbd
