// The server's sockets: names that are taken, clients that vanish, stall, crowd or talk nonsense,
// and stopping.
#include "io/nbd/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "io/nbd/client.h"
#include "io/nbd/testing/ram_device.h"
#include "io/nbd/testing/test_io.h"
#include "tests/support/temp_dir.h"

// g++ says so by the macro, clang by the feature.
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

namespace io::nbd {
namespace {

using testing::ram_geometry;
using testing::RamDevice;
using testing::TestIo;

constexpr uint64_t kDiskBytes = 16u << 20;

class NbdServer : public ::testing::Test {
 protected:
  ~NbdServer() override {
    server.reset();
    device.release();
    run_until([&] { return device.waiting() == 0; });
  }

  std::string serve(ServerConfig config = {}) { return serve(address, std::move(config)); }
  std::string serve(const Address& at, ServerConfig config) {
    config.exported = {"disk", "a disk", true};
    config.log = [this](const std::string& text) { log.push_back(text); };
    auto opened = Server::open({{&loop, &device}}, at, std::move(config));
    if (opened.server) {
      server = std::move(opened.server);
    }
    return opened.error;
  }
  void run_until(const std::function<bool()>& condition) {
    while (!condition()) {
      loop.run_once(-1);
    }
  }
  // A client that says what the test wants.
  Fd raw_connect() {
    Connecting connecting = start_connect(unix_address(address.path));
    EXPECT_TRUE(connecting.fd);
    return std::move(connecting.fd);
  }
  static void say(const Fd& fd, const std::string& text) {
    EXPECT_EQ(write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // Reads and throws away until the server closes.
  void run_until_closed(const Fd& fd) {
    run_until([&] {
      std::array<uint8_t, 65536> bytes;
      const mpio::IoSlice slice{bytes.data(), bytes.size()};
      Transfer got = receive(fd.get(), {&slice, 1});
      while (got.result == Transfer::Result::done) {
        got = receive(fd.get(), {&slice, 1});
      }
      return got.result != Transfer::Result::would_block;
    });
  }
  static std::string handshake() {
    return std::string("\0\0\0\3", 4) + "IHAVEOPT" + std::string("\0\0\0\1\0\0\0\0", 8);
  }
  static std::string request(Command command, uint64_t offset, uint32_t length) {
    std::string bytes(kRequestBytes, '\0');
    store_request(reinterpret_cast<uint8_t*>(bytes.data()),
                  {kRequestMagic, 0, static_cast<uint16_t>(command), 1, offset, length});
    return bytes;
  }
  std::unique_ptr<Client> connected_client() {
    auto client = std::make_unique<Client>(loop, server->address(), ClientConfig{});
    bool ready = false;
    client->connect([&](const std::string& error) {
      EXPECT_EQ(error, "");
      ready = true;
    });
    run_until([&] { return ready; });
    return client;
  }
  bool stop_and_wait() {
    bool done = false;
    server->stop([&] { done = true; });
    EXPECT_FALSE(done);
    run_until([&] { return done; });
    return done;
  }

  EventLoop loop;
  RamDevice device{loop, ram_geometry(kDiskBytes)};
  test_support::TempDir folder;
  Address address{.kind = Address::Kind::unix_socket, .path = folder.file("s")};
  std::unique_ptr<Server> server;
  std::vector<std::string> log;
};

// --- names -----------------------------------------------------------------------------------

TEST_F(NbdServer, TheSocketFileComesAndGoes) {
  ASSERT_EQ(serve(), "");
  EXPECT_EQ(access(address.path.c_str(), F_OK), 0);
  server.reset();
  EXPECT_NE(access(address.path.c_str(), F_OK), 0);
  ASSERT_EQ(serve(), "");
  stop_and_wait();
  EXPECT_NE(access(address.path.c_str(), F_OK), 0);
}

TEST_F(NbdServer, AStaleFileIsReplacedAndALivingOneRefused) {
  {  // as a killed process leaves it: the name without a listener
    const Fd dead(socket(AF_UNIX, SOCK_STREAM, 0));
    const SocketAddress name = unix_address(address.path);
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&name.storage), name.size_bytes),
              0);
  }
  ASSERT_EQ(access(address.path.c_str(), F_OK), 0);
  ASSERT_EQ(serve(), "");
  const std::string error = serve();
  EXPECT_NE(error.find("unix:" + address.path), std::string::npos) << error;
  EXPECT_NE(error.find("another process already listens"), std::string::npos) << error;
  connected_client();  // the first one serves on
}

// A server whose name somebody else took over by force leaves the new file alone.
TEST_F(NbdServer, OnlyItsOwnFileIsRemoved) {
  ASSERT_EQ(serve(), "");
  auto first = std::move(server);
  unlink(address.path.c_str());
  ASSERT_EQ(serve(), "");
  first.reset();
  EXPECT_EQ(access(address.path.c_str(), F_OK), 0);
  connected_client();
}

TEST_F(NbdServer, AFileThatIsNoSocketIsRefusedAndKept) {
  std::ofstream(address.path) << "precious";
  EXPECT_NE(serve().find("not a socket"), std::string::npos);
  EXPECT_EQ(access(address.path.c_str(), F_OK), 0);
}

TEST_F(NbdServer, PlacesThatCannotBeListenedOn) {
  const std::string nowhere =
      serve({.kind = Address::Kind::unix_socket, .path = folder.file("no/such/s")}, {});
  EXPECT_NE(nowhere.find("No such file"), std::string::npos) << nowhere;
  const Address tcp{.kind = Address::Kind::tcp, .host = "127.0.0.1", .port = 0};
  ASSERT_EQ(serve(tcp, {}), "");
  const std::string taken = serve(server->address(), {});
  EXPECT_NE(taken.find("in use"), std::string::npos) << taken;
  EXPECT_NE(taken.find(std::to_string(server->address().port)), std::string::npos) << taken;
  const std::string unknown = serve({.kind = Address::Kind::tcp, .host = "no-such.invalid"}, {});
  EXPECT_NE(unknown.find("no-such.invalid"), std::string::npos) << unknown;
}

// --- clients ---------------------------------------------------------------------------------

TEST_F(NbdServer, RubbishHarmsOnlyItsSender) {
  ASSERT_EQ(serve(), "");
  const auto good = connected_client();
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(4096, '\xff'),
        handshake() + std::string(28, 'x'), std::string("\0\0\0\3", 4) + std::string(16, 'y')}) {
    const Fd bad = raw_connect();
    say(bad, text);
    run_until_closed(bad);
  }
  EXPECT_EQ(log.size(), 4u);
  TestIo read(mpio::BlockOp::read, 0, 1u << 20);
  good->submit(read.request);
  run_until([&] { return read.completions == 1; });
  EXPECT_EQ(read.request.error, 0);
  EXPECT_EQ(server->connections(), 1u);
}

TEST_F(NbdServer, ASilentClientIsThrownOut) {
  ASSERT_EQ(serve({.negotiation_deadline_ms = 10}), "");
  const Fd silent = raw_connect();
  const Fd slow = raw_connect();
  say(slow, std::string("\0\0\0\3", 4));
  const Fd fast = raw_connect();
  say(fast, handshake());
  run_until_closed(silent);
  run_until_closed(slow);
  EXPECT_EQ(log.size(), 2u);
  EXPECT_NE(log[0].find("within 10 ms"), std::string::npos);
  EXPECT_EQ(server->connections(), 1u);  // who has negotiated may be silent for ever
}

TEST_F(NbdServer, AClientThatVanishesWithRequestsOutstanding) {
  ASSERT_EQ(serve(), "");
  device.hold();
  Fd client = raw_connect();
  say(client, handshake() + request(Command::read, 0, 1u << 20) + request(Command::write, 0, 4096) +
                  std::string(4096, 'w') + request(Command::write, 4096, 4096) +
                  std::string(100, 'h'));
  run_until([&] { return device.waiting() == 2; });
  client.reset();
  run_until([&] { return server->connections() == 0; });
  EXPECT_EQ(device.waiting(), 2u);
  device.release();
  run_until([&] { return device.waiting() == 0; });
  EXPECT_EQ(device.bytes()[4095], 'w');
  EXPECT_EQ(device.bytes()[4096], 0);  // the half one was never written
  run_until([&] { return server->counts().requests == 2; });
  EXPECT_TRUE(log.empty());
  connected_client();
}

// The client vanishes while the session does not read because its limits are reached.
TEST_F(NbdServer, AClientThatVanishesUnderBackPressure) {
  ServerConfig config;
  config.limits.max_requests = 2;
  ASSERT_EQ(serve(std::move(config)), "");
  device.hold();
  Fd client = raw_connect();
  std::string text = handshake();
  for (int i = 0; i < 50; ++i) {
    text += request(Command::flush, 0, 0);
  }
  say(client, text);
  run_until([&] { return device.waiting() == 2; });
  client.reset();
  run_until([&] { return server->connections() == 0; });
  device.release();
  run_until([&] { return device.waiting() == 0; });
}

TEST_F(NbdServer, AClientThatOnlyClosesItsSendingSideGetsItsReplies) {
  ASSERT_EQ(serve(), "");
  device.hold();
  const Fd client = raw_connect();
  say(client, handshake() + request(Command::read, 0, 4096));
  run_until([&] { return device.waiting() == 1; });
  shutdown(client.get(), SHUT_WR);
  device.release();
  size_t received_bytes = 0;
  run_until([&] {
    std::array<uint8_t, 8192> bytes;
    const mpio::IoSlice slice{bytes.data(), bytes.size()};
    const Transfer got = receive(client.get(), {&slice, 1});
    received_bytes += got.count_bytes;
    return got.result == Transfer::Result::end;
  });
  EXPECT_EQ(received_bytes, kHelloBytes + 10 + kSimpleReplyBytes + 4096);
}

TEST_F(NbdServer, TheCrowdIsLimited) {
  ASSERT_EQ(serve({.max_connections = 2}), "");
  auto first = connected_client();
  const auto second = connected_client();
  const Fd third = raw_connect();
  run_until_closed(third);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("2 connections already"), std::string::npos);
  first.reset();
  run_until([&] { return server->connections() == 1; });
  first = connected_client();
}

TEST_F(NbdServer, WithoutFileDescriptorsItWaitsAndGoesOn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers look at memory through pipes, for which there would be no room";
#endif
  ASSERT_EQ(serve(), "");
  const Fd client = raw_connect();
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &none);
  run_until([&] { return !log.empty(); });
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_NE(log[0].find("Too many open files"), std::string::npos);
  run_until([&] { return server->connections() == 1; });
}

TEST_F(NbdServer, SeveralConnectionsSeeOneDisk) {
  ASSERT_EQ(serve(), "");
  const auto a = connected_client();
  const auto b = connected_client();
  EXPECT_TRUE(a->can_multi_conn());
  TestIo write(mpio::BlockOp::write, 0, 65536);
  testing::fill(write.data, 5);
  a->submit(write.request);
  run_until([&] { return write.completions == 1; });
  TestIo read(mpio::BlockOp::read, 0, 65536);
  b->submit(read.request);
  run_until([&] { return read.completions == 1; });
  EXPECT_EQ(read.data, write.data);
  const SessionCounts counts = server->counts();
  EXPECT_EQ(counts.requests, 2u);
  EXPECT_EQ(counts.read_bytes, 65536u);
  EXPECT_EQ(counts.written_bytes, 65536u);
}

// --- stopping --------------------------------------------------------------------------------

TEST_F(NbdServer, StopWithoutClients) {
  ASSERT_EQ(serve(), "");
  EXPECT_TRUE(stop_and_wait());
}

TEST_F(NbdServer, StopFinishesWhatIsOutstanding) {
  ASSERT_EQ(serve(), "");
  const auto client = connected_client();
  const Fd negotiating = raw_connect();
  run_until([&] { return server->connections() == 2; });
  device.hold();
  TestIo write(mpio::BlockOp::write, 0, 1u << 20);
  client->submit(write.request);
  run_until([&] { return device.waiting() == 1; });
  bool done = false;
  server->stop([&] {
    done = true;
    server.reset();  // allowed
  });
  run_until_closed(negotiating);
  EXPECT_FALSE(done);
  TestIo late(mpio::BlockOp::flush, 0, 0);
  client->submit(late.request);
  run_until([&] { return late.completions == 1; });
  EXPECT_EQ(late.request.error, EIO);
  EXPECT_EQ(write.completions, 0);
  device.release();
  run_until([&] { return done; });
  run_until([&] { return write.completions == 1; });
  EXPECT_EQ(write.request.error, 0);
}

TEST_F(NbdServer, StopCutsOffWhoDoesNotFetchReplies) {
  ASSERT_EQ(serve({.drain_deadline_ms = 20}), "");
  const Fd greedy = raw_connect();
  say(greedy, handshake() + request(Command::read, 0, 8u << 20));
  run_until([&] { return server->counts().requests == 1; });
  stop_and_wait();
  EXPECT_EQ(server->connections(), 0u);
}

// Past the deadline the socket is closed, but `done` still waits for the device.
TEST_F(NbdServer, StopIsNotDoneBeforeTheDevice) {
  ASSERT_EQ(serve({.drain_deadline_ms = 5}), "");
  device.hold();
  const Fd client = raw_connect();
  say(client, handshake() + request(Command::read, 0, 4096));
  run_until([&] { return device.waiting() == 1; });
  bool done = false;
  server->stop([&] { done = true; });
  run_until_closed(client);
  EXPECT_FALSE(done);
  EXPECT_EQ(device.waiting(), 1u);
  device.release();
  run_until([&] { return done; });
}

TEST_F(NbdServer, DestroyedWithRequestsOutstanding) {
  ASSERT_EQ(serve(), "");
  device.hold();
  const Fd client = raw_connect();
  say(client, handshake() + request(Command::read, 0, 1u << 20));
  run_until([&] { return device.waiting() == 1; });
  server.reset();
  run_until_closed(client);
  device.release();
  run_until([&] { return device.waiting() == 0; });
}

}  // namespace
}  // namespace io::nbd
