// A server session under test, over bytes alone: feeding it, fetching from it, reading its answers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/testing/manual_scheduler.h"
#include "io/nbd/session.h"
#include "io/nbd/testing/ram_device.h"

namespace io::nbd::testing {

using Text = std::vector<uint8_t>;

inline constexpr uint64_t kDiskBytes = 33u << 20;

inline void put(Text& out, uint64_t value, size_t bytes) {
  while (bytes-- != 0) {
    out.push_back(static_cast<uint8_t>(value >> (8 * bytes)));
  }
}

inline uint64_t take(Text& from, size_t bytes) {
  EXPECT_GE(from.size(), bytes);
  uint64_t value = 0;
  for (size_t i = 0; i < std::min(bytes, from.size()); ++i) {
    value = (value << 8) | from[i];
  }
  from.erase(from.begin(),
             from.begin() + static_cast<std::ptrdiff_t>(std::min(bytes, from.size())));
  return value;
}

inline Text take_bytes(Text& from, size_t bytes) {
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

class SessionFixture : public ::testing::Test {
 protected:
  SessionFixture() { start(); }
  ~SessionFixture() override {
    if (session) {
      Session::abandon(std::move(session));
    }
    device->release();
    scheduler.run_due();
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
    scheduler.run_due();
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

  base::testing::ManualScheduler scheduler;
  Export exported{"disk", "the disk", true};
  std::unique_ptr<RamDevice> device;
  std::unique_ptr<Session> session;
  Text output;
  int progress_calls = 0;
};

inline Text pattern(size_t bytes, unsigned seed = 1) {
  std::mt19937 random(seed);
  Text data(bytes);
  std::generate(data.begin(), data.end(), [&] { return static_cast<uint8_t>(random()); });
  return data;
}

}  // namespace io::nbd::testing
