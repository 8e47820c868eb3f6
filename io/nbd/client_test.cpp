// Client and server on one event loop, over real sockets.
#include "io/nbd/client.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <random>

#include "io/nbd/server.h"
#include "io/nbd/testing/ram_device.h"
#include "io/nbd/testing/test_io.h"
#include "tests/support/temp_dir.h"

namespace io::nbd {
namespace {

using testing::ram_geometry;
using testing::RamDevice;

constexpr uint64_t kDiskBytes = 8u << 20;

using Io = testing::TestIo;
using testing::fill;

class NbdPair : public ::testing::Test {
 protected:
  ~NbdPair() override {
    client.reset();
    server.reset();
    device.release();
    run_until([&] { return device.waiting() == 0; });
  }

  Address socket_address() const {
    return {.kind = Address::Kind::unix_socket, .path = folder.file("s")};
  }
  void serve(const Address& address, ServerConfig config = {}) {
    config.exported.name = "disk";
    config.exported.description = "a disk";
    config.exported.multi_conn = true;
    config.log = [this](const std::string& text) { log.push_back(text); };
    auto opened = Server::open({{&loop, &device}}, address, std::move(config));
    ASSERT_TRUE(opened.server) << opened.error;
    server = std::move(opened.server);
  }
  std::string connect(ClientConfig config = {}) {
    client = std::make_unique<Client>(loop, server->address(), std::move(config));
    client->on_lost([this](const std::string& why) { lost = why; });
    return connect_again();
  }
  std::string connect_again() {
    std::optional<std::string> result;
    client->connect([&](const std::string& error) { result = error; });
    EXPECT_FALSE(result);
    run_until([&] { return result.has_value(); });
    return *result;
  }
  void run_until(const std::function<bool()>& condition) {
    while (!condition()) {
      loop.run_once(-1);
    }
  }
  int run(Io& io) {
    io.completions = 0;
    client->submit(io.request);
    EXPECT_EQ(io.completions, 0);
    run_until([&] { return io.completions != 0; });
    EXPECT_EQ(io.completions, 1);
    return io.request.error;
  }

  EventLoop loop;
  RamDevice device{loop, ram_geometry(kDiskBytes)};
  test_support::TempDir folder;
  std::unique_ptr<Server> server;
  std::unique_ptr<Client> client;
  std::vector<std::string> log;
  std::string lost;
};

TEST_F(NbdPair, GeometryIsTheDevices) {
  serve(socket_address());
  ASSERT_EQ(connect(), "");
  const mpio::Geometry& geometry = client->geometry();
  EXPECT_EQ(geometry.size_bytes, kDiskBytes);
  EXPECT_EQ(geometry.logical_block_bytes, 512u);
  EXPECT_EQ(geometry.physical_block_bytes, 4096u);
  EXPECT_EQ(geometry.max_transfer_bytes, 32u << 20);
  EXPECT_TRUE(geometry.can_fua && geometry.can_trim && geometry.can_write_zeroes);
  EXPECT_FALSE(geometry.read_only);
  EXPECT_TRUE(client->can_multi_conn());
  EXPECT_TRUE(client->has_structured_replies());
  EXPECT_EQ(server->connections(), 1u);
}

class NbdReplies : public NbdPair, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(SimpleAndStructured, NbdReplies, ::testing::Bool());

TEST_P(NbdReplies, EveryCommand) {
  serve(socket_address());
  ASSERT_EQ(connect({.export_name = "disk", .structured_replies = GetParam()}), "");
  EXPECT_EQ(client->has_structured_replies(), GetParam());
  device.record();
  Io write(mpio::BlockOp::write, 4096, 3u << 20, 7);
  fill(write.data, 1);
  write.request.fua = true;
  EXPECT_EQ(run(write), 0);
  Io read(mpio::BlockOp::read, 4096, 3u << 20, 5);
  EXPECT_EQ(run(read), 0);
  EXPECT_EQ(read.data, write.data);
  Io flush(mpio::BlockOp::flush, 0, 0);
  EXPECT_EQ(run(flush), 0);
  Io trim(mpio::BlockOp::trim, 4096, 512);
  EXPECT_EQ(run(trim), 0);
  Io zeroes(mpio::BlockOp::write_zeroes, 4608, 512);
  EXPECT_EQ(run(zeroes), 0);
  Io unmapping(mpio::BlockOp::write_zeroes, 5120, 512);
  unmapping.request.may_unmap = true;
  EXPECT_EQ(run(unmapping), 0);
  EXPECT_EQ(device.bytes()[5631], 0);

  const auto& seen = device.seen();
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_TRUE(seen[0].fua);
  EXPECT_FALSE(seen[1].fua);
  EXPECT_EQ(seen[2].op, mpio::BlockOp::flush);
  EXPECT_EQ(seen[3].op, mpio::BlockOp::trim);
  EXPECT_FALSE(seen[4].may_unmap);
  EXPECT_TRUE(seen[5].may_unmap);

  device.fail_next(ENOSPC);
  EXPECT_EQ(run(write), ENOSPC);
}

TEST_P(NbdReplies, ErrorsOfTheDeviceArrive) {
  serve(socket_address());
  ASSERT_EQ(connect({.structured_replies = GetParam()}), "");
  const std::pair<int, int> cases[] = {{EIO, EIO},     {ENOSPC, ENOSPC},   {EINVAL, EINVAL},
                                       {EPERM, EPERM}, {ETIMEDOUT, EIO},   {ENOMEM, EIO},
                                       {ENODEV, EIO},  {EOVERFLOW, EINVAL}};
  for (const auto& [device_says, client_sees] : cases) {
    device.fail_next(device_says, 2);
    Io read(mpio::BlockOp::read, 0, 4096);
    EXPECT_EQ(run(read), client_sees);
    Io write(mpio::BlockOp::write, 0, 4096);
    EXPECT_EQ(run(write), client_sees);
  }
  Io read(mpio::BlockOp::read, 0, 4096);
  EXPECT_EQ(run(read), 0);
}

TEST_P(NbdReplies, RepliesOutOfOrder) {
  serve(socket_address());
  ASSERT_EQ(connect({.structured_replies = GetParam()}), "");
  fill(device.bytes(), 2);
  device.hold();
  std::vector<std::unique_ptr<Io>> reads;
  for (size_t i = 0; i < 20; ++i) {
    reads.push_back(std::make_unique<Io>(mpio::BlockOp::read, i * 65536, 512 * (i + 1), 1 + i % 3));
    client->submit(reads.back()->request);
  }
  run_until([&] { return device.waiting() == 20; });
  while (device.waiting() != 0) {
    device.complete_newest();
  }
  run_until([&] { return client->outstanding() == 0; });
  for (size_t i = 0; i < reads.size(); ++i) {
    EXPECT_EQ(reads[i]->completions, 1);
    EXPECT_TRUE(std::equal(reads[i]->data.begin(), reads[i]->data.end(),
                           device.bytes().begin() + static_cast<std::ptrdiff_t>(i * 65536)));
  }
}

// Many random requests at once, more than the server takes at a time, against a model.
TEST_P(NbdReplies, ManyRequestsAgainstAModel) {
  ServerConfig config;
  config.limits.max_requests = 8;
  config.limits.max_buffer_bytes = 32u << 20;
  serve(socket_address(), std::move(config));
  ASSERT_EQ(connect({.structured_replies = GetParam()}), "");
  std::mt19937 random(GetParam() ? 7 : 8);
  constexpr uint64_t kSlotBytes = 256 << 10;
  std::vector<uint8_t> model(kDiskBytes);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::unique_ptr<Io>> all;
    for (uint64_t slot = 0; slot < kDiskBytes / kSlotBytes; ++slot) {
      const auto op = static_cast<mpio::BlockOp>(random() % 2);
      const uint64_t length = 512 * (1 + random() % (kSlotBytes / 512));
      all.push_back(std::make_unique<Io>(op, slot * kSlotBytes, length, 1 + random() % 4));
      if (op == mpio::BlockOp::write) {
        fill(all.back()->data, static_cast<unsigned>(random()));
        std::copy(all.back()->data.begin(), all.back()->data.end(),
                  model.begin() + static_cast<std::ptrdiff_t>(slot * kSlotBytes));
      }
      client->submit(all.back()->request);
    }
    run_until([&] { return client->outstanding() == 0; });
    for (const auto& io : all) {
      ASSERT_EQ(io->completions, 1);
      ASSERT_EQ(io->request.error, 0);
      ASSERT_TRUE(
          std::equal(io->data.begin(), io->data.end(),
                     model.begin() + static_cast<std::ptrdiff_t>(io->request.offset_bytes)));
    }
  }
  EXPECT_EQ(device.bytes(), model);
}

TEST_F(NbdPair, OverTcpByNumberAndByName) {
  serve({.kind = Address::Kind::tcp, .host = "127.0.0.1", .port = 0});
  EXPECT_NE(server->address().port, 0);
  ASSERT_EQ(connect(), "");
  Io write(mpio::BlockOp::write, 0, 1u << 20);
  EXPECT_EQ(run(write), 0);
  const Address by_name{
      .kind = Address::Kind::tcp, .host = "localhost", .port = server->address().port};
  client = std::make_unique<Client>(loop, by_name, ClientConfig{});
  ASSERT_EQ(connect_again(), "");
  EXPECT_EQ(run(write), 0);
}

TEST_F(NbdPair, RequestsThatTheServerWouldRefuseAreNotSent) {
  serve(socket_address());
  ASSERT_EQ(connect(), "");
  const auto error_of = [&](mpio::BlockOp op, uint64_t offset, uint64_t length) {
    Io io(op, offset, length);
    return run(io);
  };
  EXPECT_EQ(error_of(mpio::BlockOp::read, 1, 512), EINVAL);
  EXPECT_EQ(error_of(mpio::BlockOp::read, 0, 511), EINVAL);
  EXPECT_EQ(error_of(mpio::BlockOp::read, 0, 0), EINVAL);
  EXPECT_EQ(error_of(mpio::BlockOp::read, kDiskBytes, 512), EINVAL);
  EXPECT_EQ(error_of(mpio::BlockOp::write, kDiskBytes - 512, 1024), ENOSPC);
  EXPECT_EQ(error_of(mpio::BlockOp::write, UINT64_MAX - 511, 512), ENOSPC);
  EXPECT_EQ(error_of(mpio::BlockOp::write, 0, (32u << 20) + 512), EINVAL);
  EXPECT_EQ(error_of(mpio::BlockOp::trim, 0, 1ull << 32), EINVAL);
  EXPECT_EQ(error_of(mpio::BlockOp::flush, 512, 0), EINVAL);
  EXPECT_EQ(server->counts().requests + server->counts().refused, 0u);
}

TEST_F(NbdPair, ALostConnectionFailsWhatIsOutstandingAndCanBeMadeAgain) {
  serve(socket_address());
  ASSERT_EQ(connect(), "");
  device.hold();
  Io read(mpio::BlockOp::read, 0, 1u << 20);
  Io write(mpio::BlockOp::write, 1u << 20, 1u << 20);
  client->submit(read.request);
  client->submit(write.request);
  run_until([&] { return device.waiting() == 2; });
  server.reset();  // its sessions stay until the device is done
  run_until([&] { return !lost.empty(); });
  EXPECT_EQ(read.request.error, EIO);
  EXPECT_EQ(write.request.error, EIO);
  EXPECT_EQ(read.completions + write.completions, 2);
  EXPECT_NE(lost.find(folder.file("s")), std::string::npos) << lost;
  EXPECT_FALSE(client->connected());
  Io late(mpio::BlockOp::read, 0, 512);
  EXPECT_EQ(run(late), EIO);

  device.release();
  run_until([&] { return device.waiting() == 0; });
  EXPECT_EQ(read.completions + write.completions, 2);
  serve(socket_address());
  ASSERT_EQ(connect_again(), "");
  EXPECT_EQ(run(write), 0);
}

TEST_F(NbdPair, DisconnectWaitsForWhatIsOutstanding) {
  serve(socket_address());
  ASSERT_EQ(connect(), "");
  device.hold();
  Io write(mpio::BlockOp::write, 0, 1u << 20);
  client->submit(write.request);
  bool done = false;
  client->disconnect([&] {
    EXPECT_EQ(write.completions, 1);
    done = true;
  });
  Io late(mpio::BlockOp::read, 0, 512);
  EXPECT_EQ(run(late), EIO);
  run_until([&] { return device.waiting() == 1; });
  EXPECT_FALSE(done);
  device.release();
  run_until([&] { return done && server->connections() == 0; });
  EXPECT_EQ(write.request.error, 0);
  EXPECT_EQ(lost, "");
  EXPECT_TRUE(log.empty());
  ASSERT_EQ(connect_again(), "");
}

TEST_F(NbdPair, DisconnectWhileConnecting) {
  serve(socket_address());
  client = std::make_unique<Client>(loop, server->address(), ClientConfig{});
  bool done = false;
  client->connect([](const std::string&) { FAIL() << "ready after disconnect()"; });
  client->disconnect([&] { done = true; });
  run_until([&] { return done; });
}

TEST_F(NbdPair, DestroyingTheClientCompletesItsRequests) {
  serve(socket_address());
  ASSERT_EQ(connect(), "");
  device.hold();
  Io write(mpio::BlockOp::write, 0, 1u << 20);
  Io refused(mpio::BlockOp::write, 1, 1);
  client->submit(write.request);
  client->submit(refused.request);
  run_until([&] { return device.waiting() == 1; });
  client.reset();
  EXPECT_EQ(write.completions, 1);
  EXPECT_EQ(write.request.error, EIO);
  EXPECT_EQ(refused.completions, 1);
}

TEST_F(NbdPair, ACompletionMaySubmit) {
  serve(socket_address());
  ASSERT_EQ(connect(), "");
  Io second(mpio::BlockOp::read, 512, 512);
  Io first(mpio::BlockOp::read, 0, 512);
  first.then = [&] { client->submit(second.request); };
  EXPECT_EQ(run(first), 0);
  run_until([&] { return second.completions == 1; });
}

TEST_F(NbdPair, ErrorsOfConnecting) {
  serve(socket_address());
  EXPECT_NE(connect({.export_name = "other"}).find("no export named 'other'"), std::string::npos);
  // The same client may try again, and a server that went away says so.
  server.reset();
  const std::string gone = connect_again();
  EXPECT_NE(gone.find(folder.file("s")), std::string::npos) << gone;
  EXPECT_NE(gone.find("No such file"), std::string::npos) << gone;
  client = std::make_unique<Client>(
      loop, Address{.kind = Address::Kind::tcp, .host = "no-such-host.invalid", .port = 1},
      ClientConfig{});
  EXPECT_NE(connect_again().find("cannot be resolved"), std::string::npos);
}

// A listener that is no NBD server: says `greeting` to whoever comes, then nothing.
struct Impostor {
  Impostor(EventLoop& event_loop, const Address& address, std::string text)
      : loop(event_loop), listening(listen_on(address)), greeting(std::move(text)) {
    loop.watch(listening.fd.get(), EPOLLIN, [this](uint32_t) {
      peers.emplace_back(accept4(listening.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
      EXPECT_EQ(write(peers.back().get(), greeting.data(), greeting.size()),
                static_cast<ssize_t>(greeting.size()));
    });
  }
  ~Impostor() { loop.unwatch(listening.fd.get()); }
  EventLoop& loop;
  Listening listening;
  std::string greeting;
  std::vector<Fd> peers;
};

TEST_F(NbdPair, APeerThatIsNoServer) {
  const Impostor impostor(loop, socket_address(), "220 mail.example.org ESMTP");
  client = std::make_unique<Client>(loop, socket_address(), ClientConfig{});
  EXPECT_NE(connect_again().find("not an NBD server"), std::string::npos);
}

TEST_F(NbdPair, APeerThatSaysNothing) {
  const Impostor impostor(loop, socket_address(), "");
  client =
      std::make_unique<Client>(loop, socket_address(), ClientConfig{.connect_deadline_ms = 20});
  EXPECT_NE(connect_again().find("no answer within 20 ms"), std::string::npos);
}

}  // namespace
}  // namespace io::nbd
