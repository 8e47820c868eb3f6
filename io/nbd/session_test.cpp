// Transmission over bytes alone: data, refusals, flags, errors, rubbish.
#include "io/nbd/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "io/nbd/testing/session_fixture.h"

namespace io::nbd {
namespace {

using NbdSession = testing::SessionFixture;
using testing::kDiskBytes;
using testing::pattern;
using testing::put;
using testing::ram_geometry;
using testing::Reply;
using testing::take_bytes;
using testing::Text;

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
    scheduler.run_due();
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
      scheduler.run_due();
      drain_output(1 + random() % 300);
      if (taken == 0) {
        break;
      }
    }
    session->end_of_input();
    scheduler.run_due();
    drain_output();
    EXPECT_TRUE(session->finished());
    EXPECT_EQ(session->outstanding(), 0u);
  }
}

}  // namespace
}  // namespace io::nbd
