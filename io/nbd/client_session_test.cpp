// The client's transmission phase against a server made of bytes: what a lying, confused or merely
// unusual server may do.
#include "io/nbd/client_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "io/nbd/client_handshake.h"
#include "io/nbd/testing/test_io.h"

namespace io::nbd {
namespace {

using testing::fill;
using testing::TestIo;
using Text = std::vector<uint8_t>;

void put(Text& out, uint64_t value, size_t bytes) {
  while (bytes-- != 0) {
    out.push_back(static_cast<uint8_t>(value >> (8 * bytes)));
  }
}

Text simple(uint64_t cookie, uint32_t error = 0, const Text& data = {}) {
  Text bytes;
  put(bytes, kSimpleReplyMagic, 4);
  put(bytes, error, 4);
  put(bytes, cookie, 8);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

Text chunk(uint64_t cookie, uint16_t type, bool done, const Text& payload) {
  Text bytes;
  put(bytes, kStructuredReplyMagic, 4);
  put(bytes, done ? 1 : 0, 2);
  put(bytes, type, 2);
  put(bytes, cookie, 8);
  put(bytes, payload.size(), 4);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

Text offset_data(uint64_t offset, const Text& data) {
  Text bytes;
  put(bytes, offset, 8);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

Text hole(uint64_t offset, uint32_t length) {
  Text bytes;
  put(bytes, offset, 8);
  put(bytes, length, 4);
  return bytes;
}

class NbdClientSession : public ::testing::Test {
 protected:
  void start(bool structured) { session = std::make_unique<ClientSession>(structured); }
  // Sends it, and returns the cookie that it got.
  uint64_t send(TestIo& io) {
    session->enqueue(io.request);
    return load_request(send_all().data()).cookie;
  }
  Text send_all(size_t step = SIZE_MAX) {
    Text bytes;
    while (session->has_output()) {
      std::array<mpio::IoSlice, 3> out;
      const size_t used = session->gather(out);
      size_t left = step;
      size_t count = 0;
      for (size_t i = 0; i < used; ++i) {
        const size_t part = std::min(left, out[i].size_bytes);
        bytes.insert(bytes.end(), out[i].data, out[i].data + part);
        left -= part;
        count += part;
      }
      session->sent(count);
    }
    return bytes;
  }
  // False once the session found the server wrong.
  bool receive(const Text& bytes, size_t step = SIZE_MAX) {
    for (size_t at = 0; at < bytes.size() && session->error().empty();) {
      std::array<mpio::IoSlice, 4> space;
      const size_t used = session->input_space(space);
      size_t room = std::min(step, bytes.size() - at);
      size_t count = 0;
      for (size_t i = 0; i < used; ++i) {
        const size_t part = std::min(room, space[i].size_bytes);
        base::copy_bounded({space[i].data, part}, base::slice(bytes, at + count));
        count += part;
        room -= part;
      }
      EXPECT_NE(count, 0u);
      at += count;
      session->received(count);
    }
    return session->error().empty();
  }

  std::unique_ptr<ClientSession> session = std::make_unique<ClientSession>(true);
};

TEST_F(NbdClientSession, AReadInChunksOfEveryKind) {
  for (const size_t step : {size_t{1}, size_t{7}, size_t{100}, SIZE_MAX}) {
    start(true);
    TestIo read(mpio::BlockOp::read, 4096, 2048, 3);
    fill(read.data, 1);
    const uint64_t cookie = send(read);
    const Text first(512, 0xaa);
    const Text last(1024, 0xbb);
    EXPECT_TRUE(receive(chunk(cookie, 1, false, offset_data(5120, last)), step));
    EXPECT_TRUE(receive(chunk(cookie, 2, false, hole(4608, 512)), step));
    EXPECT_TRUE(receive(chunk(cookie, 1, false, offset_data(4096, first)), step));
    EXPECT_EQ(read.completions, 0);
    EXPECT_TRUE(receive(chunk(cookie, 0, true, {}), step));
    EXPECT_EQ(read.completions, 1);
    EXPECT_EQ(read.request.error, 0);
    Text wanted = first;
    wanted.resize(1024);
    wanted.insert(wanted.end(), last.begin(), last.end());
    EXPECT_EQ(read.data, wanted);
  }
}

TEST_F(NbdClientSession, DataGoStraightIntoTheRequestsBuffers) {
  TestIo read(mpio::BlockOp::read, 0, 8192, 2);
  const uint64_t cookie = send(read);
  std::array<mpio::IoSlice, 4> space;
  ASSERT_EQ(session->input_space(space), 1u);
  EXPECT_EQ(space[0].size_bytes, 28u);  // not one byte of the data
  Text header = chunk(cookie, 1, true, offset_data(0, Text(8192)));
  header.resize(28);
  EXPECT_TRUE(receive(header));
  ASSERT_EQ(session->input_space(space), 3u);
  EXPECT_EQ(space[0].data, read.data.data());
  EXPECT_EQ(space[1].data, read.data.data() + 4096);
  EXPECT_EQ(space[2].size_bytes, 28u);
  session->fail_all(EIO);
}

TEST_F(NbdClientSession, AReadWithDataLeftOutFails) {
  TestIo read(mpio::BlockOp::read, 0, 1024);
  const uint64_t cookie = send(read);
  EXPECT_TRUE(receive(chunk(cookie, 1, true, offset_data(0, Text(512)))));
  EXPECT_EQ(read.request.error, EIO);
}

TEST_F(NbdClientSession, ErrorChunks) {
  const auto error_of = [&](uint16_t type, const Text& payload) {
    TestIo read(mpio::BlockOp::read, 0, 1024);
    const uint64_t cookie = send(read);
    EXPECT_TRUE(receive(chunk(cookie, type, true, payload)));
    EXPECT_EQ(read.completions, 1);
    return read.request.error;
  };
  EXPECT_EQ(error_of(0x8001, {0, 0, 0, 28, 0, 2, 'n', 'o'}), ENOSPC);
  EXPECT_EQ(error_of(0x8002, {0, 0, 0, 22, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0}), EINVAL);
  EXPECT_EQ(error_of(0x8001, {0, 0, 0, 75, 0, 0}), EINVAL);
  EXPECT_EQ(error_of(0x8001, {0, 0, 0, 0, 0, 0}), EIO);  // an error without an error
  EXPECT_EQ(error_of(0x8001, {0, 0, 0, 108, 0, 0}), EIO);
  EXPECT_EQ(error_of(0xffff, {0, 0, 0, 1}), EPERM);  // a kind that is not known yet

  // An error after good data, with more to follow, still fails the read.
  TestIo read(mpio::BlockOp::read, 0, 1024);
  const uint64_t cookie = send(read);
  EXPECT_TRUE(receive(chunk(cookie, 1, false, offset_data(0, Text(1024)))));
  EXPECT_TRUE(receive(chunk(cookie, 0x8001, false, {0, 0, 0, 5, 0, 0})));
  EXPECT_TRUE(receive(chunk(cookie, 0, true, {})));
  EXPECT_EQ(read.request.error, EIO);
}

TEST_F(NbdClientSession, SimpleRepliesBesideStructuredOnes) {
  TestIo write(mpio::BlockOp::write, 0, 512);
  uint64_t cookie = send(write);
  EXPECT_TRUE(receive(simple(cookie)));
  EXPECT_EQ(write.request.error, 0);
  cookie = send(write);
  EXPECT_TRUE(receive(chunk(cookie, 0, true, {})));
  EXPECT_EQ(write.completions, 2);
  TestIo read(mpio::BlockOp::read, 0, 512);
  cookie = send(read);
  EXPECT_TRUE(receive(simple(cookie, 5)));
  EXPECT_EQ(read.request.error, EIO);
}

TEST_F(NbdClientSession, WhatAServerMustNotSay) {
  TestIo write(mpio::BlockOp::write, 0, 512);
  const auto found_wrong = [&](bool structured, auto make) {
    start(structured);
    TestIo read(mpio::BlockOp::read, 4096, 1024);
    const uint64_t cookie = send(read);
    const bool fine = receive(make(cookie));
    EXPECT_EQ(read.completions, 0);
    session->fail_all(EIO);
    EXPECT_EQ(read.request.error, EIO);
    return !fine;
  };
  EXPECT_TRUE(found_wrong(false, [](uint64_t) { return Text(16); }));
  EXPECT_TRUE(found_wrong(false, [](uint64_t c) { return simple(c + 1); }));
  EXPECT_TRUE(found_wrong(false, [](uint64_t c) { return simple(c + (1ull << 32)); }));
  EXPECT_TRUE(found_wrong(false, [](uint64_t c) { return chunk(c, 0, true, {}); }));
  EXPECT_TRUE(found_wrong(true, [](uint64_t c) { return simple(c); }));
  EXPECT_TRUE(found_wrong(true, [](uint64_t c) { return chunk(c ^ 1, 0, true, {}); }));
  EXPECT_TRUE(found_wrong(true, [](uint64_t c) { return chunk(c, 0, false, {}); }));
  EXPECT_TRUE(found_wrong(true, [](uint64_t c) { return chunk(c, 0, true, {1}); }));
  EXPECT_TRUE(found_wrong(true, [](uint64_t c) { return chunk(c, 5, true, Text(12)); }));
  EXPECT_TRUE(found_wrong(true, [](uint64_t c) { return chunk(c, 0x8001, true, {0, 0}); }));
  EXPECT_TRUE(found_wrong(true, [](uint64_t c) { return chunk(c, 0x8001, true, Text(9000)); }));
  const auto data = [](uint64_t offset, size_t bytes) {
    return [=](uint64_t c) { return chunk(c, 1, true, offset_data(offset, Text(bytes))); };
  };
  EXPECT_TRUE(found_wrong(true, data(4096, 1025)));
  EXPECT_TRUE(found_wrong(true, data(4096, 0)));
  EXPECT_TRUE(found_wrong(true, data(4095, 512)));
  EXPECT_TRUE(found_wrong(true, data(5121, 1)));
  EXPECT_TRUE(found_wrong(true, data(5000, 512)));
  EXPECT_TRUE(found_wrong(true, data(UINT64_MAX, 512)));
  const auto a_hole = [](uint64_t offset, uint32_t bytes) {
    return [=](uint64_t c) { return chunk(c, 2, true, hole(offset, bytes)); };
  };
  EXPECT_TRUE(found_wrong(true, a_hole(4096, 1025)));
  EXPECT_TRUE(found_wrong(true, a_hole(0, 512)));
  EXPECT_TRUE(found_wrong(true, a_hole(UINT64_MAX - 1, 4)));

  start(true);
  TestIo flush(mpio::BlockOp::flush, 0, 0);
  const uint64_t cookie = send(flush);
  EXPECT_FALSE(receive(chunk(cookie, 1, true, offset_data(0, Text(512)))));  // data for a flush
  session->fail_all(EIO);
}

TEST_F(NbdClientSession, AnAnswerTwiceOrTooEarly) {
  TestIo flush(mpio::BlockOp::flush, 0, 0);
  const uint64_t cookie = send(flush);
  EXPECT_TRUE(receive(simple(cookie)));
  EXPECT_FALSE(receive(simple(cookie)));
  EXPECT_EQ(flush.completions, 1);

  start(true);
  session->enqueue(flush.request);  // not sent: its cookie can only be guessed
  std::array<mpio::IoSlice, 2> out;
  ASSERT_EQ(session->gather(out), 1u);
  EXPECT_FALSE(receive(simple(load_request(out[0].data).cookie)));
  session->fail_all(EIO);
}

// The server refuses a write while the client still sends its payload: the buffer is in use until
// the last byte is out.
TEST_F(NbdClientSession, AWriteThatIsRefusedBeforeItIsSent) {
  TestIo write(mpio::BlockOp::write, 0, 1u << 20);
  session->enqueue(write.request);
  std::array<mpio::IoSlice, 2> out;
  ASSERT_EQ(session->gather(out), 2u);
  const uint64_t cookie = load_request(out[0].data).cookie;
  session->sent(kRequestBytes + 1000);
  EXPECT_TRUE(receive(simple(cookie, ENOSPC)));
  EXPECT_EQ(write.completions, 0);
  send_all();
  EXPECT_EQ(write.completions, 1);
  EXPECT_EQ(write.request.error, ENOSPC);
}

TEST_F(NbdClientSession, WhatIsSent) {
  TestIo write(mpio::BlockOp::write, 8192, 1536, 3);
  fill(write.data, 3);
  write.request.fua = true;
  TestIo zeroes(mpio::BlockOp::write_zeroes, 512, 1024);
  session->enqueue(write.request);
  session->enqueue(zeroes.request);
  session->enqueue_disconnect();
  const Text bytes = send_all(11);
  ASSERT_EQ(bytes.size(), 3 * kRequestBytes + 1536);
  const Request first = load_request(bytes.data());
  EXPECT_EQ(first.magic, kRequestMagic);
  EXPECT_EQ(first.command, 1u);
  EXPECT_EQ(first.flags, kCommandFua);
  EXPECT_EQ(first.offset_bytes, 8192u);
  EXPECT_EQ(first.length_bytes, 1536u);
  EXPECT_TRUE(std::equal(write.data.begin(), write.data.end(), bytes.begin() + kRequestBytes));
  const Request second = load_request(bytes.data() + kRequestBytes + 1536);
  EXPECT_EQ(second.command, 6u);
  EXPECT_EQ(second.flags, kCommandNoHole);
  EXPECT_NE(second.cookie, first.cookie);
  EXPECT_EQ(load_request(bytes.data() + 2 * kRequestBytes + 1536).command, 2u);
  session->fail_all(EIO);
}

// --- the handshake ---------------------------------------------------------------------------

Text server_hello(uint16_t flags = 3) {
  Text bytes;
  put(bytes, kServerMagic, 8);
  put(bytes, kOptionMagic, 8);
  put(bytes, flags, 2);
  return bytes;
}

Text option_reply(uint32_t option, uint32_t type, const Text& data = {}) {
  Text bytes;
  put(bytes, kOptionReplyMagic, 8);
  put(bytes, option, 4);
  put(bytes, type, 4);
  put(bytes, data.size(), 4);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

Text export_info(uint64_t size_bytes, uint16_t flags) {
  Text data{0, 0};
  put(data, size_bytes, 8);
  put(data, flags, 2);
  return option_reply(7, 3, data);
}

Text block_size_info(uint32_t minimum, uint32_t preferred, uint32_t maximum) {
  Text data{0, 3};
  put(data, minimum, 4);
  put(data, preferred, 4);
  put(data, maximum, 4);
  return option_reply(7, 3, data);
}

// The error after these messages; "" while it goes on or is done.
std::string error_after(ClientHandshake& handshake, const std::vector<Text>& messages) {
  for (const Text& message : messages) {
    if (handshake.state() == ClientHandshake::State::running) {
      EXPECT_EQ(handshake.consume(base::Bytes(message).first(message.size() - 1)), 0u);
      handshake.consume(message);
    }
  }
  return handshake.error();
}

TEST(NbdClientHandshake, AServerWithoutStructuredRepliesAndBlockSizes) {
  ClientHandshake handshake("x", true);
  EXPECT_EQ(error_after(handshake, {server_hello(1), option_reply(8, 0x80000001),
                                    export_info(1000, kHasFlags), option_reply(7, 1)}),
            "");
  EXPECT_EQ(handshake.state(), ClientHandshake::State::done);
  EXPECT_FALSE(handshake.structured_replies());
  EXPECT_EQ(handshake.exported().size_bytes, 1000u);
  EXPECT_EQ(handshake.exported().minimum_bytes, 1u);
}

TEST(NbdClientHandshake, ErrorsSayWhy) {
  const auto error = [](const std::vector<Text>& messages) {
    ClientHandshake handshake("disk\n", false);
    std::string result = error_after(handshake, messages);
    EXPECT_EQ(result.empty(), handshake.state() != ClientHandshake::State::failed);
    return result;
  };
  const auto contains = [](const std::string& text, const std::string& word) {
    return text.find(word) != std::string::npos;
  };
  Text not_nbd = server_hello();
  not_nbd[0] = 'X';
  Text oldstyle = server_hello();
  oldstyle[8] = 0;
  EXPECT_TRUE(contains(error({not_nbd}), "not an NBD server"));
  EXPECT_TRUE(contains(error({oldstyle}), "fixed newstyle"));
  EXPECT_TRUE(contains(error({server_hello(0)}), "fixed newstyle"));
  EXPECT_TRUE(contains(error({server_hello(), option_reply(7, 0x80000001)}), "too old"));
  EXPECT_TRUE(contains(error({server_hello(), option_reply(7, 0x80000002, {'g', '\033', 'o'})}),
                       "refuses the export 'disk\n': 'g?o'"));
  EXPECT_TRUE(contains(error({server_hello(), option_reply(7, 1)}), "how large"));
  EXPECT_TRUE(contains(error({server_hello(), option_reply(3, 1)}), "not an NBD option reply"));
  EXPECT_TRUE(contains(error({server_hello(), option_reply(7, 3, {0})}), "empty"));
  Text endless = option_reply(7, 3, Text(2));
  endless[16] = 1;
  EXPECT_TRUE(contains(error({server_hello(), endless}), "not an NBD option reply"));
  for (const auto& [minimum, preferred, maximum] :
       {std::tuple{0u, 4096u, 65536u}, std::tuple{513u, 4096u, 65536u},
        std::tuple{131072u, 131072u, 1u << 20}, std::tuple{4096u, 512u, 65536u},
        std::tuple{4096u, 4096u, 512u}}) {
    EXPECT_TRUE(contains(error({server_hello(), export_info(1u << 20, 1),
                                block_size_info(minimum, preferred, maximum), option_reply(7, 1)}),
                         "block sizes"));
  }
}

}  // namespace
}  // namespace io::nbd
