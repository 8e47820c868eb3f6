// The iSCSI target on real sockets: ports that go down and freeze, deadlines, strangers, limits.
// What is said over the connections is tested in io/iscsi/; here it is enough to log in and to
// ping.
#include "io/iscsi_target.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/units.h"
#include "io/iscsi/array_device.h"
#include "io/iscsi/pdu.h"

namespace io {
namespace {

using iscsi::Header;

using base::kNsPerMs;
constexpr uint64_t kPatienceNs = 20'000 * kNsPerMs;

// A blocking-free initiator in the test's own thread.
class Client {
 public:
  explicit Client(uint16_t port, uint8_t isid = 1, int receive_buffer = 0) : isid_(isid) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send_bytes(const std::string& bytes) const {
    static_cast<void>(!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  void send_pdu(Header header, const std::string& data = {}) const {
    header.set_data_bytes(data.size());
    std::string bytes(header.raw.begin(), header.raw.end());
    bytes += data;
    bytes.resize(iscsi::padded(bytes.size()));
    send_bytes(bytes);
  }
  void send_login() const {
    Header header;
    header.raw[0] = 0x40 | iscsi::kLoginRequest;
    header.raw[1] = 0x87;
    header.raw[13] = isid_;
    std::string keys = "InitiatorName=iqn.test:h";
    keys.push_back('\0');
    keys += "TargetName=" + array::Config{}.target_name;
    send_pdu(header, keys);
  }
  void send_ping(const std::string& data = "ping") const {
    Header header;
    header.raw[0] = 0x40 | iscsi::kNopOut;
    header.raw[1] = 0x80;
    header.set(16, 77);
    header.set(20, iscsi::kNoTag);
    send_pdu(header, data);
  }
  void send_test_unit_ready() const {
    Header header;
    header.raw[0] = iscsi::kScsiCommand;
    header.raw[1] = 0x81;
    header.set(16, 78);
    send_pdu(header);
  }
  // Takes what has come; true while the connection is open.
  bool receive() {
    std::array<uint8_t, 16384> chunk;
    for (;;) {
      const ssize_t got = recv(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (got > 0) {
        in.insert(in.end(), chunk.begin(), chunk.begin() + got);
        continue;
      }
      reset = reset || (got < 0 && errno == ECONNRESET);
      ended = ended || reset || got == 0;
      return !ended;
    }
  }
  // The opcode of the PDU at the front, which is taken away; -1 when it is not whole yet.
  int take() {
    receive();
    if (in.size() < iscsi::kHeaderBytes) {
      return -1;
    }
    Header header;
    std::copy_n(in.begin(), iscsi::kHeaderBytes, header.raw.begin());
    const size_t total = iscsi::kHeaderBytes + iscsi::padded(header.data_bytes());
    if (in.size() < total) {
      return -1;
    }
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(total));
    return header.opcode();
  }

  bool connected = false;
  bool ended = false;
  bool reset = false;
  std::vector<uint8_t> in;

 private:
  int fd_;
  uint8_t isid_;
};

class IscsiTargetTest : public ::testing::Test {
 protected:
  IscsiTargetTest() {
    settings_.portals = {{"127.0.0.1", 0}, {"127.0.0.1", 0}};
    settings_.log = [this](const std::string& line) { lines += line + "\n"; };
    array::Config config;
    config.ports = {{.controller = 0}, {.controller = 1}};
    config.luns = {{.size_bytes = 8U << 20}};
    std::string error;
    array = array::Array::create(config, loop, error);
  }
  void open() {
    std::string error;
    device.emplace(*array);
    target = IscsiTarget::open(loop, *device, settings_, error);
    ASSERT_TRUE(target) << error;
    for (unsigned i = 0; i < 2; ++i) {
      const std::string text = target->portal_text(i);
      port[i] = static_cast<uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
    }
  }
  template <typename Condition>
  bool run_until(Condition&& condition) {
    const uint64_t end = loop.now_ns() + kPatienceNs;
    while (!condition()) {
      if (loop.now_ns() > end) {
        return false;
      }
      loop.run_once(5);
    }
    return true;
  }
  // Everything that is ready has been handled.
  void settle() {
    for (int i = 0; i < 20; ++i) {
      loop.run_once(1);
    }
  }
  bool answers(Client& client, int opcode) {
    return run_until([&] { return client.take() == opcode; });
  }
  void login(Client& client) {
    ASSERT_TRUE(client.connected);
    client.send_login();
    ASSERT_TRUE(answers(client, iscsi::kLoginResponse));
  }
  bool pings(Client& client) {
    client.send_ping();
    return answers(client, iscsi::kNopIn);
  }
  bool is_reset(Client& client) {
    return run_until([&] { return !client.receive(); }) && client.reset;
  }

  EventLoop loop;
  IscsiTarget::Settings settings_;
  std::unique_ptr<array::Array> array;
  std::optional<iscsi::ArrayDevice> device;
  std::unique_ptr<IscsiTarget> target;
  std::array<uint16_t, 2> port{};
  std::string lines;
};

TEST_F(IscsiTargetTest, TwoSessionsAndAnEnd) {
  open();
  Client one(port[0]);
  Client two(port[1]);
  login(one);
  login(two);
  EXPECT_TRUE(pings(one));
  EXPECT_TRUE(pings(two));
  EXPECT_EQ(target->connection_count(), 2U);
  EXPECT_EQ(array->nexus_count(), 2U);
  target.reset();
  EXPECT_FALSE(one.receive());
  EXPECT_EQ(array->nexus_count(), 0U);
  EXPECT_FALSE(Client(port[0]).connected);
}

TEST_F(IscsiTargetTest, AClientThatLeavesTakesItsNexusWithIt) {
  open();
  {
    Client client(port[0]);
    login(client);
    EXPECT_EQ(array->nexus_count(), 1U);
  }
  EXPECT_TRUE(run_until([&] { return target->connection_count() == 0; }));
  EXPECT_EQ(array->nexus_count(), 0U);
}

TEST_F(IscsiTargetTest, APortThatGoesDownResetsAndComesBackAtTheSamePlace) {
  open();
  Client victim(port[0]);
  Client half_way(port[0]);
  Client other(port[1]);
  login(victim);
  login(other);
  settle();
  array->set_port_enabled(0, false);
  EXPECT_TRUE(is_reset(victim));
  EXPECT_TRUE(is_reset(half_way)) << "one that had not logged in yet";
  EXPECT_FALSE(Client(port[0]).connected);
  EXPECT_TRUE(pings(other));
  array->set_port_enabled(0, true);
  Client again(port[0]);
  login(again);
  EXPECT_TRUE(pings(again));
}

TEST_F(IscsiTargetTest, AFrozenPortIsSilentAndKeepsEverythingOpen) {
  open();
  Client client(port[0]);
  Client other(port[1]);
  login(client);
  login(other);
  array->set_port_silence(0, array::Silence::both);
  client.send_ping();
  Client late(port[0]);
  EXPECT_TRUE(late.connected) << "the kernel still takes connections";
  late.send_login();
  settle();
  EXPECT_TRUE(client.receive());
  EXPECT_TRUE(late.receive());
  EXPECT_EQ(client.in.size() + late.in.size(), 0U);
  EXPECT_EQ(array->nexus_count(), 2U);
  EXPECT_TRUE(pings(other));
  array->set_port_silence(0, array::Silence::none);
  EXPECT_TRUE(answers(client, iscsi::kNopIn));
  EXPECT_TRUE(answers(late, iscsi::kLoginResponse));
}

TEST_F(IscsiTargetTest, AMutePortHearsEverythingAndSaysNothing) {
  settings_.timeouts.login_ns = 50 * kNsPerMs;
  open();
  Client client(port[0]);
  login(client);
  array->set_port_silence(0, array::Silence::out);
  client.send_ping();
  Client late(port[0], 2);
  Client stranger(port[0], 3);
  late.send_login();
  EXPECT_TRUE(run_until([&] { return array->nexus_count() == 2; })) << "its login is heard";
  const uint64_t begun = loop.now_ns();
  EXPECT_TRUE(run_until([&] { return loop.now_ns() > begun + 100 * kNsPerMs; }));
  EXPECT_TRUE(client.receive() && late.receive() && stranger.receive()) << "nothing is closed";
  EXPECT_EQ(client.in.size() + late.in.size(), 0U);
  array->set_port_silence(0, array::Silence::none);
  EXPECT_TRUE(answers(client, iscsi::kNopIn));
  EXPECT_TRUE(answers(late, iscsi::kLoginResponse));
}

TEST_F(IscsiTargetTest, ADeafPortSaysWhatItHasToSayAndHearsNothing) {
  open();
  Client client(port[0]);
  login(client);
  array->port_faults(0).reply_delay_ns = 20 * kNsPerMs;
  array->port_faults(0).delayed_replies = 1;
  client.send_test_unit_ready();
  ASSERT_TRUE(run_until([&] { return array->task_count() == 1; }));
  array->set_port_silence(0, array::Silence::in);
  client.send_ping();
  EXPECT_TRUE(answers(client, iscsi::kScsiResponse));
  settle();
  EXPECT_TRUE(client.receive());
  EXPECT_EQ(client.in.size(), 0U) << "the ping is not heard";
  array->set_port_silence(0, array::Silence::none);
  EXPECT_TRUE(answers(client, iscsi::kNopIn));
}

TEST_F(IscsiTargetTest, ADeafPortThatIsWokenToSendStillHearsNothing) {
  open();
  Client slow(port[0], 1, /*receive_buffer=*/4096);
  login(slow);
  const std::string large(8000, 'x');
  constexpr int kPings = 800;  // more than the socket takes, so that the rest waits
  for (int i = 0; i < kPings; ++i) {
    slow.send_ping(large);
    loop.run_once(0);
  }
  settle();
  array->set_port_silence(0, array::Silence::in);
  slow.send_ping(large);
  int answered = 0;
  const auto drain = [&] {
    while (slow.take() == iscsi::kNopIn) {
      ++answered;
    }
  };
  for (int before = -1; before != answered;) {
    before = answered;
    settle();
    drain();
  }
  // The last of the first ones may not have been read when the port went deaf.
  EXPECT_GT(answered, 0);
  EXPECT_LE(answered, kPings);
  array->set_port_silence(0, array::Silence::none);
  EXPECT_TRUE(run_until([&] {
    drain();
    return answered == kPings + 1;
  }));
}

TEST_F(IscsiTargetTest, NeitherHangUpsNorDeadlinesAreSeenWhileFrozen) {
  settings_.timeouts.login_ns = 10 * kNsPerMs;
  settings_.timeouts.idle_ns = 10 * kNsPerMs;
  open();
  auto client = std::make_unique<Client>(port[0]);
  login(*client);
  array->freeze_controller(0, true);
  client.reset();
  const uint64_t begun = loop.now_ns();
  EXPECT_FALSE(run_until([&] {
                 return target->connection_count() == 0 || loop.now_ns() > begun + 100 * kNsPerMs;
               }) &&
               target->connection_count() == 0);
  EXPECT_EQ(array->nexus_count(), 1U);
  array->freeze_controller(0, false);
  EXPECT_TRUE(run_until([&] { return target->connection_count() == 0; }));
  EXPECT_EQ(array->nexus_count(), 0U);
}

TEST_F(IscsiTargetTest, FrozenThenDownThenUp) {
  open();
  Client client(port[0]);
  login(client);
  array->freeze_controller(0, true);
  array->crash_controller(0);
  EXPECT_TRUE(is_reset(client));
  array->restart_controller(0);
  Client again(port[0]);
  login(again);
}

TEST_F(IscsiTargetTest, ADownPortThatComesBackFrozenListensButSaysNothing) {
  open();
  array->set_port_enabled(0, false);
  array->set_port_silence(0, array::Silence::both);
  array->set_port_enabled(0, true);
  Client client(port[0]);
  ASSERT_TRUE(client.connected);
  client.send_login();
  settle();
  EXPECT_TRUE(client.receive());
  array->set_port_silence(0, array::Silence::none);
  EXPECT_TRUE(answers(client, iscsi::kLoginResponse));
}

TEST_F(IscsiTargetTest, AnOldSessionIsResetByItsReinstatement) {
  open();
  Client first(port[0]);
  login(first);
  Client second(port[0]);
  login(second);
  EXPECT_TRUE(is_reset(first));
  EXPECT_TRUE(pings(second));
  EXPECT_EQ(array->nexus_count(), 1U);
}

TEST_F(IscsiTargetTest, WhoDoesNotLogInIsResetAfterTheDeadline) {
  settings_.timeouts.login_ns = 30 * kNsPerMs;
  open();
  Client client(port[0]);
  const uint64_t begun = loop.now_ns();
  EXPECT_TRUE(is_reset(client));
  EXPECT_GE(loop.now_ns() - begun, 30 * kNsPerMs);
  EXPECT_NE(lines.find("not logged in within 30 ms"), std::string::npos) << lines;
}

TEST_F(IscsiTargetTest, ASilentInitiatorIsAskedThenGivenUp) {
  settings_.timeouts.idle_ns = 20 * kNsPerMs;
  open();
  Client client(port[0]);
  login(client);
  EXPECT_TRUE(answers(client, iscsi::kNopIn));
  EXPECT_TRUE(is_reset(client));
  EXPECT_NE(lines.find("does not answer"), std::string::npos) << lines;
}

TEST_F(IscsiTargetTest, RubbishHarmsOnlyItself) {
  open();
  Client good(port[0]);
  login(good);
  for (const std::string& rubbish :
       {std::string("GET / HTTP/1.1\r\nHost: example\r\n\r\n" + std::string(64, ' ')),
        std::string(300, '\0'), std::string(300, '\xff'), std::string("x")}) {
    Client client(port[0]);
    client.send_bytes(rubbish);
    settle();
  }
  EXPECT_TRUE(run_until([&] { return target->connection_count() == 1; }));
  EXPECT_TRUE(pings(good));
}

TEST_F(IscsiTargetTest, StrangersMakeRoomForThoseWhoLogIn) {
  settings_.max_connections = 4;
  open();
  Client first(port[0], 1);
  login(first);
  Client stranger(port[0], 9);
  settle();
  Client second(port[0], 2);
  login(second);
  Client third(port[0], 3);
  login(third);
  Client fourth(port[0], 4);  // takes the stranger's place
  login(fourth);
  EXPECT_TRUE(is_reset(stranger));
  Client fifth(port[0], 5);
  EXPECT_TRUE(run_until([&] { return !fifth.receive(); })) << "all places belong to sessions";
  EXPECT_TRUE(pings(first));
  EXPECT_TRUE(pings(fourth));
}

TEST_F(IscsiTargetTest, ASlowReaderGetsEverythingAndBlocksNobody) {
  open();
  Client slow(port[0], 1, /*receive_buffer=*/4096);
  Client quick(port[0], 2);
  login(slow);
  login(quick);
  const std::string data(8192, 'd');
  constexpr int kPings = 64;  // 512 KiB, while the client's socket holds a few
  int answered = 0;
  for (int i = 0; i < kPings; ++i) {
    slow.send_ping(data);
    loop.run_once(0);
  }
  EXPECT_TRUE(pings(quick));
  EXPECT_TRUE(run_until([&] {
    answered += slow.take() == iscsi::kNopIn ? 1 : 0;
    return answered == kPings;
  }));
}

TEST_F(IscsiTargetTest, APortalThatIsTakenIsNamed) {
  open();
  settings_.portals = {{"127.0.0.1", port[0]}, {"127.0.0.1", 0}};
  std::string error;
  EXPECT_FALSE(IscsiTarget::open(loop, *device, settings_, error));
  EXPECT_NE(error.find("127.0.0.1:" + std::to_string(port[0])), std::string::npos) << error;
}

}  // namespace
}  // namespace io
