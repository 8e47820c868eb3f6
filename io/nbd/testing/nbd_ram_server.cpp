// A small NBD server over memory, for tests with other people's NBD tools.
//
// nbd_ram_server ADDRESS SIZE_MIB [BLOCK_BYTES [NAME]]: prints "ready ADDRESS" when it serves and
// ends on SIGTERM or SIGINT after finishing what is outstanding.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "io/nbd/server.h"
#include "io/nbd/testing/ram_device.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr,
                 "usage: nbd_ram_server unix:PATH|tcp:HOST:PORT SIZE_MIB [BLOCK_BYTES [NAME]]\n");
    return 2;
  }
  const io::nbd::ParsedAddress address = io::nbd::parse_address(argv[1]);
  if (!address.address) {
    std::fprintf(stderr, "nbd_ram_server: %s\n", address.error.c_str());
    return 2;
  }
  const uint64_t size_bytes = std::strtoull(argv[2], nullptr, 10) << 20;
  const auto block_bytes =
      static_cast<uint32_t>(argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 512);

  io::EventLoop loop;
  io::nbd::testing::RamDevice device(loop, io::nbd::testing::ram_geometry(size_bytes, block_bytes));
  io::nbd::ServerConfig config;
  config.exported = {.name = argc > 4 ? argv[4] : "ram",
                     .description = "a test disk in memory",
                     .multi_conn = true};
  config.log = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  auto [server, error] =
      io::nbd::Server::open({{&loop, &device}}, *address.address, std::move(config));
  if (!server) {
    std::fprintf(stderr, "nbd_ram_server: %s\n", error.c_str());
    return 3;
  }
  bool stopping = false;
  const auto stop = [&] {
    if (!stopping) {
      stopping = true;
      server->stop([&] { loop.stop(); });
    }
  };
  loop.on_signal(SIGTERM, stop);
  loop.on_signal(SIGINT, stop);
  std::printf("ready %s\n", server->address().text().c_str());
  std::fflush(stdout);
  loop.run();
  const io::nbd::SessionCounts counts = server->counts();
  std::printf("%llu requests, %llu refused\n", static_cast<unsigned long long>(counts.requests),
              static_cast<unsigned long long>(counts.refused));
  return 0;
}
