// The server session over bytes alone: the handshake, every refusal and limit, lifetimes, rubbish.
#include "io/nbd/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "io/nbd/testing/manual_scheduler.h"
#include "io/nbd/testing/ram_device.h"

namespace io::nbd {
namespace {

using testing::ManualScheduler;
using testing::ram_geometry;
using testing::RamDevice;
using Text = std::vector<uint8_t>;

constexpr uint64_t kDiskBytes = 33u << 20;

void put(Text& out, uint64_t value, size_t bytes) {
  while (bytes-- != 0) {
    out.push_back(static_cast<uint8_t>(value >> (8 * bytes)));
  }
}

uint64_t take(Text& from, size_t bytes) {
  EXPECT_GE(from.size(), bytes);
  uint64_t value = 0;
  for (size_t i = 0; i < std::min(bytes, from.size()); ++i) {
    value = (value << 8) | from[i];
  }
  from.erase(from.begin(),
             from.begin() + static_cast<std::ptrdiff_t>(std::min(bytes, from.size())));
  return value;
}

Text take_bytes(Text& from, size_t bytes) {
  EXPECT_GE(from.size(), bytes);
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(bytes, from.size()));
  Text taken(from.begin(), end);
  from.erase(from.begin(), end);
  return taken;
}

struct OptionAnswer {
  uint32_t option = 0;
  uint32_t type = 0;
  Text data;
};

struct Reply {
  bool structured = false;
  uint16_t flags = 0;
  uint16_t type = 0;
  uint32_t error = 0;
  uint64_t cookie = 0;
  uint64_t offset = 0;
  Text data;
};

class NbdSession : public ::testing::Test {
 protected:
  NbdSession() { start(); }
  ~NbdSession() override {
    if (session) {
      Session::abandon(std::move(session));
    }
    device->release();
    scheduler.run();
  }

  // A new device and session with this geometry and these limits.
  void start(const mpio::Geometry& geometry = ram_geometry(kDiskBytes),
             const SessionLimits& limits = {}) {
    session.reset();
    device = std::make_unique<RamDevice>(scheduler, geometry);
    session = std::make_unique<Session>(*device, exported, limits, [this] { ++progress_calls; });
    output.clear();
  }

  // Feeds as much as the session takes, at most `step` bytes at a time; returns how much that was.
  size_t feed(base::Bytes bytes, size_t step = SIZE_MAX) {
    size_t at = 0;
    while (at < bytes.size()) {
      const auto space = session->input_space();
      size_t room = std::min(step, bytes.size() - at);
      size_t count = 0;
      for (const mpio::IoSlice& slice : space) {
        const size_t part = std::min(slice.size_bytes, room);
        base::copy_bounded({slice.data, part}, bytes.subspan(at + count));
        count += part;
        room -= part;
      }
      if (count == 0) {
        break;
      }
      at += count;
      session->received(count);
    }
    return at;
  }
  // Moves up to `limit` bytes of output, `step` bytes at a time.
  void drain_output(size_t step = SIZE_MAX, size_t limit = SIZE_MAX) {
    while (session->has_output() && limit != 0) {
      std::array<mpio::IoSlice, 3> out;
      const size_t used = session->gather(out);
      ASSERT_NE(used, 0u);
      size_t left = std::min(step, limit);
      size_t count = 0;
      for (size_t i = 0; i < used; ++i) {
        const size_t part = std::min(left, out[i].size_bytes);
        output.insert(output.end(), out[i].data, out[i].data + part);
        left -= part;
        count += part;
      }
      session->sent(count);
      limit -= count;
    }
  }
  void exchange(base::Bytes bytes) {
    EXPECT_EQ(feed(bytes), bytes.size());
    scheduler.run();
    drain_output();
  }

  void hello(uint32_t flags = kFlagFixedNewstyle | kFlagNoZeroes) {
    Text bytes;
    put(bytes, flags, 4);
    exchange(bytes);
    EXPECT_EQ(take(output, 8), kServerMagic);
    EXPECT_EQ(take(output, 8), kOptionMagic);
    EXPECT_EQ(take(output, 2), 3u);
  }
  static Text option(uint32_t number, const Text& data = {}) {
    Text bytes;
    put(bytes, kOptionMagic, 8);
    put(bytes, number, 4);
    put(bytes, data.size(), 4);
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
  }
  static Text info_data(const std::string& name, const std::vector<uint16_t>& wanted = {}) {
    Text data;
    put(data, name.size(), 4);
    data.insert(data.end(), name.begin(), name.end());
    put(data, wanted.size(), 2);
    for (const uint16_t type : wanted) {
      put(data, type, 2);
    }
    return data;
  }
  std::vector<OptionAnswer> answers() {
    std::vector<OptionAnswer> result;
    while (!output.empty()) {
      EXPECT_EQ(take(output, 8), kOptionReplyMagic);
      OptionAnswer answer;
      answer.option = static_cast<uint32_t>(take(output, 4));
      answer.type = static_cast<uint32_t>(take(output, 4));
      const size_t length = take(output, 4);
      answer.data = take_bytes(output, length);
      result.push_back(answer);
    }
    return result;
  }
  std::vector<OptionAnswer> ask(uint32_t number, const Text& data = {}) {
    exchange(option(number, data));
    auto result = answers();
    for (const OptionAnswer& answer : result) {
      EXPECT_EQ(answer.option, number);
    }
    return result;
  }
  uint32_t type_of_only_answer(uint32_t number, const Text& data = {}) {
    const auto result = ask(number, data);
    EXPECT_EQ(result.size(), 1u);
    return result.empty() ? 0 : result[0].type;
  }

  void go(bool structured) {
    hello();
    if (structured) {
      EXPECT_EQ(type_of_only_answer(8), 1u);
    }
    EXPECT_EQ(ask(7, info_data("")).back().type, 1u);
    EXPECT_TRUE(session->negotiated());
  }
  static Text request(Command command, uint64_t offset, uint32_t length, uint16_t flags = 0,
                      uint64_t cookie = 1) {
    Text bytes(kRequestBytes);
    store_request(bytes.data(),
                  {kRequestMagic, flags, static_cast<uint16_t>(command), cookie, offset, length});
    return bytes;
  }
  static Text write_request(uint64_t offset, const Text& payload, uint64_t cookie = 1) {
    Text bytes = request(Command::write, offset, static_cast<uint32_t>(payload.size()), 0, cookie);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
  }
  Reply reply() {
    Reply result;
    const uint64_t magic = take(output, 4);
    if (magic == kSimpleReplyMagic) {
      result.error = static_cast<uint32_t>(take(output, 4));
      result.cookie = take(output, 8);
      return result;
    }
    EXPECT_EQ(magic, kStructuredReplyMagic);
    result.structured = true;
    result.flags = static_cast<uint16_t>(take(output, 2));
    result.type = static_cast<uint16_t>(take(output, 2));
    result.cookie = take(output, 8);
    const size_t length = take(output, 4);
    result.data = take_bytes(output, length);
    if (result.type == 1) {
      result.offset = take(result.data, 8);
    } else if (result.type == 0x8001) {
      result.error = static_cast<uint32_t>(take(result.data, 4));
      const uint64_t message_bytes = take(result.data, 2);
      EXPECT_EQ(message_bytes, result.data.size());
    }
    return result;
  }
  // Of a request whose only answer is one reply without data.
  uint32_t error_of(const Text& bytes) {
    exchange(bytes);
    const Reply result = reply();
    EXPECT_EQ(result.cookie, 1u);
    EXPECT_TRUE(output.empty());
    return result.error;
  }
  void expect_alive() { EXPECT_EQ(error_of(request(Command::flush, 0, 0)), 0u); }

  ManualScheduler scheduler;
  Export exported{"disk", "the disk", true};
  std::unique_ptr<RamDevice> device;
  std::unique_ptr<Session> session;
  Text output;
  int progress_calls = 0;
};

Text pattern(size_t bytes, unsigned seed = 1) {
  std::mt19937 random(seed);
  Text data(bytes);
  std::generate(data.begin(), data.end(), [&] { return static_cast<uint8_t>(random()); });
  return data;
}

// --- the handshake ---------------------------------------------------------------------------

TEST_F(NbdSession, GoSaysWhatTheExportIs) {
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

TEST_F(NbdSession, InfoGoesOnNegotiating) {
  hello();
  EXPECT_EQ(ask(6, info_data("")).back().type, 1u);
  EXPECT_FALSE(session->negotiated());
  EXPECT_EQ(ask(6, info_data("disk")).back().type, 1u);
  EXPECT_EQ(ask(7, info_data("disk")).back().type, 1u);
  EXPECT_TRUE(session->negotiated());
}

TEST_F(NbdSession, AnUnknownNameIsRefusedAndMayBeCorrected) {
  hello();
  EXPECT_EQ(type_of_only_answer(7, info_data("Disk")), 0x80000006u);
  EXPECT_EQ(type_of_only_answer(6, info_data("disk2")), 0x80000006u);
  EXPECT_EQ(ask(7, info_data("disk")).back().type, 1u);
}

TEST_F(NbdSession, MalformedInfoRequests) {
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

TEST_F(NbdSession, ListNamesTheExport) {
  hello();
  const auto all = ask(3);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].type, 2u);
  const std::string entry(all[0].data.begin(), all[0].data.end());
  EXPECT_EQ(entry, std::string("\0\0\0\4", 4) + "diskthe disk");
  EXPECT_EQ(all[1].type, 1u);
  EXPECT_EQ(type_of_only_answer(3, Text(1)), 0x80000003u);
}

TEST_F(NbdSession, UnknownOptionsAreRefused) {
  hello();
  for (const uint32_t number : {4u, 5u, 9u, 10u, 11u, 0u, 0xffffffffu}) {
    EXPECT_EQ(type_of_only_answer(number, Text(20)), 0x80000001u);
  }
  EXPECT_EQ(type_of_only_answer(8, Text(1)), 0x80000003u);
}

TEST_F(NbdSession, OversizedOptionsAreSkipped) {
  hello();
  for (const size_t bytes : {8193u, 100'000u}) {
    EXPECT_EQ(type_of_only_answer(7, Text(bytes)), 0x80000009u);
  }
  EXPECT_EQ(type_of_only_answer(99, Text(8192)), 0x80000001u);
  EXPECT_EQ(ask(7, info_data("disk")).back().type, 1u);
}

TEST_F(NbdSession, AbortIsAcknowledgedAndEnds) {
  hello();
  EXPECT_EQ(feed(option(2)), 16u);
  EXPECT_FALSE(session->finished());  // the reply is not out yet
  drain_output();
  EXPECT_EQ(answers().back().type, 1u);
  EXPECT_TRUE(session->finished());
  EXPECT_EQ(session->error(), "");
}

TEST_F(NbdSession, ExportNameWithAndWithoutZeroes) {
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

TEST_F(NbdSession, AnOldNewstyleClientMayOnlyNameAnExport) {
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

TEST_F(NbdSession, WhatBreaksTheHandshake) {
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

TEST_F(NbdSession, AClientThatReadsNoAnswersIsNotListenedTo) {
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

TEST_F(NbdSession, BlockSizesFollowTheGeometry) {
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

TEST_F(NbdSession, FlagsFollowTheGeometry) {
  mpio::Geometry geometry;
  geometry.read_only = true;
  EXPECT_EQ(transmission_flags(geometry, {}, false), kHasFlags | kSendFlush | kReadOnly);
  EXPECT_EQ(transmission_flags(geometry, {}, true), kHasFlags | kSendFlush | kReadOnly | kSendDf);
}

// --- transmission ----------------------------------------------------------------------------

TEST_F(NbdSession, ReadsInBothReplyForms) {
  for (const bool structured : {false, true}) {
    start();
    go(structured);
    std::ranges::copy(pattern(65536), device->bytes().begin());
    exchange(request(Command::read, 8192, 4096, 0, 42));
    Reply read = reply();
    EXPECT_EQ(read.structured, structured);
    EXPECT_EQ(read.cookie, 42u);
    if (structured) {
      EXPECT_EQ(read.flags, 1u);
      EXPECT_EQ(read.type, 1u);
      EXPECT_EQ(read.offset, 8192u);
    } else {
      read.data = take_bytes(output, 4096);
    }
    EXPECT_TRUE(std::equal(read.data.begin(), read.data.end(), device->bytes().begin() + 8192));
    EXPECT_EQ(read.data.size(), 4096u);
    EXPECT_TRUE(output.empty());
  }
}

TEST_F(NbdSession, EverythingInPiecesOfOneByte) {
  Text bytes;
  put(bytes, 3, 4);
  for (const Text& part :
       {option(8), option(7, info_data("disk")), write_request(512, pattern(1024), 2),
        request(Command::read, 1, 1, 0, 3), write_request(1, Text(5), 4),
        request(Command::flush, 0, 0, 0, 5), request(Command::disconnect, 0, 0)}) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    ASSERT_EQ(feed(base::Bytes(bytes).subspan(at, 1)), 1u) << at;
    scheduler.run();
    drain_output(1);
  }
  EXPECT_TRUE(session->finished());
  EXPECT_EQ(session->error(), "");
  EXPECT_TRUE(std::ranges::equal(pattern(1024), std::span(device->bytes()).subspan(512, 1024)));
  EXPECT_EQ(session->counts().requests, 2u);
  EXPECT_EQ(session->counts().refused, 2u);
}

// Buffers of the socket and of the device are the same, in both directions.
TEST_F(NbdSession, DataAreNotCopied) {
  go(true);
  device->record();
  device->hold();
  EXPECT_EQ(feed(request(Command::write, 0, 65536)), kRequestBytes);
  const auto space = session->input_space();
  EXPECT_EQ(space[0].size_bytes, 65536u);
  EXPECT_EQ(space[1].size_bytes, kRequestBytes);  // never payload of the next write
  feed(Text(65536));
  ASSERT_EQ(device->seen().size(), 1u);
  EXPECT_EQ(device->seen()[0].data, space[0].data);
  feed(request(Command::read, 0, 65536));
  ASSERT_EQ(device->seen().size(), 2u);
  device->complete_newest();
  std::array<mpio::IoSlice, 4> out;
  ASSERT_EQ(session->gather(out), 2u);
  EXPECT_EQ(out[1].data, device->seen()[1].data);
  EXPECT_EQ(out[1].size_bytes, 65536u);
  drain_output();
}

// Reading ahead is for clients that read; it ends with their first write.
TEST_F(NbdSession, ReadsAheadOnlyWhileTheClientReads) {
  go(false);
  EXPECT_EQ(session->input_space()[0].size_bytes, kRequestBytes);
  for (int i = 0; i < 40; ++i) {
    exchange(request(Command::read, 0, 512));
  }
  EXPECT_GT(session->input_space()[0].size_bytes, 4096u);
  exchange(write_request(4096, pattern(2048)));
  EXPECT_EQ(session->input_space()[0].size_bytes, kRequestBytes);
  EXPECT_TRUE(std::ranges::equal(pattern(2048), std::span(device->bytes()).subspan(4096, 2048)));
}

TEST_F(NbdSession, RefusedRequestsAndTheirErrors) {
  constexpr uint32_t kTooLong = (32u << 20) + 512;
  for (const bool structured : {false, true}) {
    start();
    go(structured);
    EXPECT_EQ(error_of(request(Command::read, 1, 512)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, 0, 513)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, 0, 0)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, 0, kTooLong)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, 0, 0xfffffe00)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, kDiskBytes, 512)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, kDiskBytes - 512, 1024)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, UINT64_MAX - 511, 512)), EINVAL);
    EXPECT_EQ(error_of(request(Command::trim, kDiskBytes, 512)), EINVAL);
    EXPECT_EQ(error_of(request(Command::trim, 0, 100)), EINVAL);
    EXPECT_EQ(error_of(request(Command::write_zeroes, kDiskBytes, 512)), ENOSPC);
    EXPECT_EQ(error_of(request(Command::write_zeroes, 512, 0xfffffe00)), ENOSPC);
    EXPECT_EQ(error_of(request(Command::flush, 0, 512)), EINVAL);
    EXPECT_EQ(error_of(request(Command::flush, 512, 0)), EINVAL);
    EXPECT_EQ(error_of(request(Command::cache, 0, 512)), EINVAL);
    EXPECT_EQ(error_of(request(Command::block_status, 0, 512)), EINVAL);
    EXPECT_EQ(error_of(request(static_cast<Command>(0xffff), 0, 512)), EINVAL);
    EXPECT_EQ(error_of(request(Command::read, 0, 512, kCommandNoHole)), EINVAL);
    EXPECT_EQ(error_of(request(Command::write_zeroes, 0, 512, 1 << 4)), EINVAL);
    EXPECT_EQ(error_of(request(Command::flush, 0, 0, 1 << 15)), EINVAL);
    if (!structured) {
      EXPECT_EQ(error_of(request(Command::read, 0, 512, kCommandDf)), EINVAL);
    }
    // The payload of a refused write is skipped, however long, and the stream goes on.
    EXPECT_EQ(error_of(write_request(1, Text(512))), EINVAL);
    EXPECT_EQ(error_of(write_request(0, Text(100))), EINVAL);
    EXPECT_EQ(error_of(write_request(0, {})), EINVAL);
    EXPECT_EQ(error_of(write_request(kDiskBytes - 512, Text(1024))), ENOSPC);
    EXPECT_EQ(error_of(write_request(0, Text(kTooLong))), EINVAL);
    EXPECT_EQ(session->counts().requests, 0u);
    expect_alive();
  }
}

TEST_F(NbdSession, StructuredErrorsSayWhy) {
  go(true);
  exchange(request(Command::read, kDiskBytes, 512, 0, 9));
  const Reply refused = reply();
  EXPECT_EQ(refused.type, 0x8001u);
  EXPECT_EQ(refused.flags, 1u);
  EXPECT_EQ(refused.cookie, 9u);
  EXPECT_EQ(std::string(refused.data.begin(), refused.data.end()), "beyond the end of the export");
  device->fail_next(ETIMEDOUT);
  exchange(request(Command::read, 0, 512));
  const Reply failed = reply();
  EXPECT_EQ(failed.error, static_cast<uint32_t>(EIO));
  EXPECT_TRUE(output.empty());
}

TEST_F(NbdSession, FlagsReachTheDevice) {
  go(true);
  device->record();
  Text write = write_request(0, Text(512));
  write[5] = kCommandFua;
  exchange(write);
  exchange(request(Command::write_zeroes, 0, 512, kCommandFua));
  exchange(request(Command::write_zeroes, 0, 512, kCommandNoHole));
  exchange(request(Command::trim, 0, 1024, kCommandFua));
  exchange(request(Command::read, 0, 512, kCommandDf | kCommandFua));
  exchange(request(Command::flush, 0, 0));
  const auto& seen = device->seen();
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_TRUE(seen[0].fua);
  EXPECT_TRUE(seen[1].fua && seen[1].may_unmap);
  EXPECT_TRUE(!seen[2].fua && !seen[2].may_unmap);
  EXPECT_TRUE(seen[3].fua);
  EXPECT_EQ(seen[3].length_bytes, 1024u);
  EXPECT_FALSE(seen[4].fua);
  EXPECT_EQ(seen[5].op, mpio::BlockOp::flush);
}

TEST_F(NbdSession, WhatTheDeviceCannotDoIsNotOffered) {
  mpio::Geometry geometry = ram_geometry(kDiskBytes);
  geometry.can_fua = geometry.can_trim = geometry.can_write_zeroes = false;
  start(geometry);
  go(false);
  EXPECT_EQ(error_of(request(Command::trim, 0, 512)), EINVAL);
  EXPECT_EQ(error_of(request(Command::write_zeroes, 0, 512)), EINVAL);
  Text write = write_request(0, Text(512));
  write[5] = kCommandFua;
  EXPECT_EQ(error_of(write), EINVAL);
  expect_alive();
}

TEST_F(NbdSession, AReadOnlyExport) {
  mpio::Geometry geometry = ram_geometry(kDiskBytes);
  geometry.read_only = true;
  start(geometry);
  go(false);
  EXPECT_EQ(error_of(write_request(0, Text(512))), EPERM);
  EXPECT_EQ(error_of(request(Command::trim, 0, 512)), EPERM);
  EXPECT_EQ(error_of(request(Command::write_zeroes, 0, 512)), EPERM);
  expect_alive();
}

TEST_F(NbdSession, ErrorNumbersOfTheWire) {
  EXPECT_EQ(wire_error(0), 0u);
  EXPECT_EQ(wire_error(EROFS), static_cast<uint32_t>(EPERM));
  EXPECT_EQ(wire_error(EFBIG), static_cast<uint32_t>(ENOSPC));
  EXPECT_EQ(wire_error(ENOTSUP), 95u);
  EXPECT_EQ(wire_error(ESHUTDOWN), 108u);
  EXPECT_EQ(wire_error(ETIMEDOUT), static_cast<uint32_t>(EIO));
}

TEST_F(NbdSession, ABadMagicEndsTheSession) {
  go(false);
  device->hold();
  feed(request(Command::read, 0, 512));
  Text bad = request(Command::read, 0, 512);
  bad[0] ^= 1;
  feed(bad);
  EXPECT_TRUE(session->finished());
  EXPECT_NE(session->error(), "");
  EXPECT_EQ(session->outstanding(), 1u);
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  device->complete_oldest();
  EXPECT_FALSE(session->has_output());
}

// --- limits ----------------------------------------------------------------------------------

TEST_F(NbdSession, StopsListeningAtTheNumberOfRequests) {
  start(ram_geometry(kDiskBytes), {.max_requests = 4});
  go(true);
  device->hold();
  Text many;
  for (uint64_t i = 0; i < 100; ++i) {
    const Text one = request(Command::read, i * 512, 512, 0, i);
    many.insert(many.end(), one.begin(), one.end());
  }
  size_t fed = feed(many);
  EXPECT_LE(fed, 6 * kRequestBytes);
  EXPECT_EQ(device->waiting(), 4u);
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  // A completion alone gives nothing back: the reply has to be fetched.
  device->complete_oldest();
  EXPECT_EQ(progress_calls, 1);
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  drain_output();
  EXPECT_EQ(device->waiting(), 4u);
  device->release();
  std::set<uint64_t> cookies;
  while (fed < many.size()) {
    scheduler.run();
    drain_output();
    const size_t more = feed(base::slice(many, fed));
    ASSERT_NE(more, 0u);
    fed += more;
  }
  while (session->outstanding() != 0) {  // some were read ahead and start as slots come back
    scheduler.run();
    drain_output();
  }
  while (!output.empty()) {
    EXPECT_TRUE(cookies.insert(reply().cookie).second);
  }
  EXPECT_EQ(cookies.size(), 100u);
}

TEST_F(NbdSession, StopsListeningAtTheMemory) {
  start(ram_geometry(kDiskBytes), {.max_requests = 100, .max_buffer_bytes = 32u << 20});
  go(true);
  device->hold();
  Text many;
  for (uint64_t i = 0; i < 10; ++i) {
    const Text one = request(Command::read, 0, (4u << 20) + 512, 0, i);  // takes 8 MiB
    many.insert(many.end(), one.begin(), one.end());
  }
  size_t fed = feed(many);
  EXPECT_EQ(device->waiting(), 4u);
  // The largest request gets the memory that smaller ones left in the pool.
  device->release();
  while (fed < many.size()) {
    scheduler.run();
    drain_output();
    fed += feed(base::slice(many, fed));
  }
  scheduler.run();
  drain_output();
  output.clear();
  exchange(request(Command::read, 0, 32u << 20, 0, 1));
  EXPECT_EQ(reply().data.size(), 32u << 20);
  EXPECT_EQ(error_of(write_request(0, Text(32u << 20))), 0u);
}

TEST_F(NbdSession, PartialOutput) {
  go(true);
  std::ranges::copy(pattern(65536), device->bytes().begin());
  for (uint64_t i = 0; i < 3; ++i) {
    feed(request(Command::read, i * 4096, 4096, 0, i));
  }
  scheduler.run();
  drain_output(1000);
  for (uint64_t i = 0; i < 3; ++i) {
    const Reply read = reply();
    EXPECT_EQ(read.cookie, i);
    EXPECT_TRUE(std::ranges::equal(read.data, std::span(device->bytes()).subspan(i * 4096, 4096)));
  }
}

// --- ends ------------------------------------------------------------------------------------

TEST_F(NbdSession, DisconnectFinishesWhatIsOutstanding) {
  go(false);
  device->hold();
  feed(request(Command::read, 0, 512));
  feed(request(Command::disconnect, 0, 0));
  EXPECT_FALSE(session->finished());
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  device->complete_oldest();
  EXPECT_FALSE(session->finished());
  drain_output();
  EXPECT_EQ(output.size(), kSimpleReplyBytes + 512u);
  EXPECT_TRUE(session->finished());
}

TEST_F(NbdSession, EndOfInputDoesWhatWasAskedBefore) {
  start(ram_geometry(kDiskBytes), {.max_requests = 1});
  go(false);
  device->hold();
  feed(request(Command::flush, 0, 0, 0, 1));
  feed(request(Command::flush, 0, 0, 0, 2));  // waits for the only slot
  session->end_of_input();
  device->complete_oldest();
  drain_output();
  EXPECT_FALSE(session->finished());
  ASSERT_EQ(device->waiting(), 1u);
  device->complete_oldest();
  drain_output();
  EXPECT_TRUE(session->finished());
  EXPECT_EQ(reply().cookie, 1u);
  EXPECT_EQ(reply().cookie, 2u);
}

TEST_F(NbdSession, AHalfReceivedWriteNeverReachesTheDevice) {
  go(false);
  Text write = write_request(0, Text(4096));
  write.resize(write.size() - 1);
  feed(write);
  session->end_of_input();
  EXPECT_TRUE(session->finished());
  EXPECT_EQ(device->waiting(), 0u);
}

TEST_F(NbdSession, DrainingAnswersNewRequestsWithShutdown) {
  go(true);
  device->hold();
  feed(request(Command::flush, 0, 0, 0, 1));
  session->drain();
  feed(request(Command::read, 0, 512, 0, 2));
  feed(write_request(0, Text(512), 3));
  EXPECT_EQ(device->waiting(), 1u);
  EXPECT_FALSE(session->finished());
  device->complete_oldest();
  EXPECT_EQ(session->input_space()[0].size_bytes, 0u);
  drain_output();
  EXPECT_TRUE(session->finished());
  std::vector<uint32_t> errors;
  while (!output.empty()) {
    errors.push_back(reply().error);
  }
  EXPECT_EQ(errors, (std::vector<uint32_t>{ESHUTDOWN, ESHUTDOWN, 0}));
}

TEST_F(NbdSession, DrainingEndsNegotiationsAndIdleSessions) {
  hello();
  session->drain();
  EXPECT_TRUE(session->finished());
  start();
  go(true);
  session->drain();
  EXPECT_TRUE(session->finished());
}

// The client vanishes: the device goes on with buffers that are still there (the address sanitizer
// watches), and the session dies with the last completion (the leak sanitizer watches).
TEST_F(NbdSession, AnAbandonedSessionLivesUntilTheDeviceIsDone) {
  go(true);
  device->hold();
  const Text data = pattern(8192);
  feed(write_request(0, data));
  feed(request(Command::read, 0, 1u << 20));
  feed(request(Command::flush, 0, 0));
  Text half = write_request(0, Text(4096));
  half.resize(1000);
  feed(half);
  const int before = progress_calls;
  Session::abandon(std::move(session));
  ASSERT_EQ(device->waiting(), 3u);
  device->complete_newest();
  device->complete_newest();
  device->complete_newest();
  EXPECT_EQ(progress_calls, before);
  EXPECT_TRUE(std::ranges::equal(data, std::span(device->bytes()).first(8192)));
  EXPECT_EQ(device->waiting(), 0u);
}

TEST_F(NbdSession, AnIdleSessionIsAbandonedAtOnce) {
  go(true);
  Session::abandon(std::move(session));
  EXPECT_EQ(session, nullptr);
}

// Mutated conversations of every kind: nothing but clean ends.
TEST_F(NbdSession, Rubbish) {
  std::mt19937 random(2026);
  Text good;
  put(good, 3, 4);
  for (const Text& part : {option(3), option(8), option(6, info_data("disk", {1, 2, 3})),
                           option(7, info_data("")), write_request(0, Text(1024)),
                           request(Command::read, 0, 4096), request(Command::flush, 0, 0),
                           request(Command::trim, 0, 512), request(Command::disconnect, 0, 0)}) {
    good.insert(good.end(), part.begin(), part.end());
  }
  const mpio::Geometry geometry = ram_geometry(128u << 10);
  for (int round = 0; round < 3000; ++round) {
    start(geometry, {.max_requests = 3});
    Text bytes = round % 4 == 0 ? Text(random() % 200) : good;
    if (round % 4 == 0) {
      std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<uint8_t>(random()); });
    }
    for (size_t i = random() % 4; i != 0 && !bytes.empty(); --i) {
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    }
    size_t at = 0;
    while (at < bytes.size()) {
      const size_t count = std::min<size_t>(bytes.size() - at, 1 + random() % 500);
      const size_t taken = feed(base::slice(bytes, at, count));
      at += taken;
      scheduler.run();
      drain_output(1 + random() % 300);
      if (taken == 0) {
        break;
      }
    }
    session->end_of_input();
    scheduler.run();
    drain_output();
    EXPECT_TRUE(session->finished());
    EXPECT_EQ(session->outstanding(), 0u);
  }
}

}  // namespace
}  // namespace io::nbd
