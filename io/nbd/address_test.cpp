// NBD addresses: what is read, what is printed, what is refused and how clearly.
#include "io/nbd/address.h"

#include <gtest/gtest.h>

namespace io::nbd {
namespace {

TEST(NbdAddress, RoundTrips) {
  for (const std::string text : {"unix:/run/dsmkit/disk.sock", "unix:relative", "unix:a:b",
                                 "tcp:127.0.0.1:10809", "tcp:[::1]:0", "tcp:host.example:65535"}) {
    const ParsedAddress parsed = parse_address(text);
    ASSERT_TRUE(parsed.address) << parsed.error;
    EXPECT_EQ(parsed.address->text(), text);
  }
}

TEST(NbdAddress, Fields) {
  const Address six = *parse_address("tcp:[fe80::1%lo]:10").address;
  EXPECT_EQ(six.kind, Address::Kind::tcp);
  EXPECT_EQ(six.host, "fe80::1%lo");
  EXPECT_EQ(six.port, 10);
  const Address local = *parse_address("unix:/x").address;
  EXPECT_EQ(local.kind, Address::Kind::unix_socket);
  EXPECT_EQ(local.path, "/x");
}

TEST(NbdAddress, ErrorsNameTheThingAndTheRemedy) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "unix:PATH or tcp:HOST:PORT"},
      {"/run/x.sock", "unix:PATH or tcp:HOST:PORT"},
      {"udp:host:1", "unix:PATH or tcp:HOST:PORT"},
      {"unix:", "the path is missing"},
      {"unix:" + std::string(108, 'x'), "108 bytes"},
      {std::string("unix:a\0b", 8), "NUL"},
      {"tcp:", "the port is missing"},
      {"tcp:host", "the port is missing"},
      {"tcp::10809", "the host is missing"},
      {"tcp:[]:10809", "the host is missing"},
      {"tcp:::1:10809", "brackets"},
      {"tcp:[::1:10809", "brackets"},
      {"tcp:[a]b]:10809", "a bracket"},
      {"tcp:[::1 ]:10809", "a blank"},
      {"tcp:ho\nst:10809", "a control character"},
      {"tcp:host:", "'' is not a number"},
      {"tcp:host:65536", "'65536' is not a number from 0 to 65535"},
      {"tcp:host:-1", "not a number"},
      {"tcp:host:10809x", "not a number"},
      {"tcp:host: 1", "not a number"},
  };
  for (const auto& [text, word] : cases) {
    const ParsedAddress parsed = parse_address(text);
    EXPECT_FALSE(parsed.address) << text;
    EXPECT_NE(parsed.error.find(word), std::string::npos) << parsed.error;
    EXPECT_NE(parsed.error.find("'" + text + "'"), std::string::npos) << parsed.error;
  }
  EXPECT_TRUE(parse_address("unix:" + std::string(107, 'x')).address);
}

TEST(NbdAddress, Uris) {
  EXPECT_EQ(parse_address("unix:/run/a b&c").address->uri(), "nbd+unix:///?socket=/run/a%20b%26c");
  EXPECT_EQ(parse_address("unix:/s").address->uri("d/1"), "nbd+unix:///d%2F1?socket=/s");
  EXPECT_EQ(parse_address("tcp:[::1]:10809").address->uri("x"), "nbd://[::1]:10809/x");
}

}  // namespace
}  // namespace io::nbd
