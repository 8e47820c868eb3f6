// IscsiTransport against targets that behave as none should, and against answers that tgtd never
// gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "io/iscsi_transport.h"
#include "io/iscsi_url.h"
#include "io/scripted_target.h"
#include "io/transport_probe.h"

namespace io {
namespace {

using mpio::Delivery;
using mpio::LinkResult;
using test::Io;
using test::make_io;
using test::make_read;
using test::make_test_unit_ready;
using test::make_write;
using test::Pdu;
using test::Probe;
using test::run_until;
using test::ScriptedTarget;
using test::TargetConnection;
using testing::ElementsAre;
using testing::HasSubstr;
using Script = ScriptedTarget::Script;
using namespace std::string_view_literals;

class IscsiTransportScripted : public testing::Test {
 protected:
  void start(std::vector<Script> scripts) {
    target_ = std::make_unique<ScriptedTarget>(std::move(scripts));
  }
  // A good login, then the script.
  void start_after_login(Script script) {
    start({[script = std::move(script)](TargetConnection& connection) {
      if (connection.log_in()) {
        script(connection);
      }
    }});
  }

  LinkResult login() {
    if (transport_ == nullptr) {
      IscsiPathConfig path;
      path.host = "127.0.0.1";
      path.port = target_->port();
      path.target = "iqn.2026-11.test.dsmkit:scripted";
      if (mutual_) {
        path.user = "alice";
        path.password = "secret-of-alice";
        path.target_user = "array";
        path.target_password = "secret-of-the-array";
      }
      set_initiator(path, "iqn.2026-11.test.dsmkit:initiator", 0);
      transport_ = std::make_unique<IscsiTransport>(loop_, path);
      transport_->set_handler(probe_);
    }
    probe_.logins.clear();
    transport_->start_login();
    EXPECT_TRUE(run_until(loop_, [&] { return !probe_.logins.empty(); }));
    return probe_.logins.empty() ? LinkResult::dropped : probe_.logins.front();
  }

  void run(Io& io) {
    io.done = 0;
    transport_->submit(io.command);
    EXPECT_TRUE(run_until(loop_, [&] { return io.done > 0; }));
    EXPECT_EQ(io.done, 1);
  }

  // Whatever the target did, the session must end: the commands come back, then the word of the
  // loss.
  void expect_loss(LinkResult result) {
    const auto read = make_read(0, 8);
    const auto ready = make_test_unit_ready();
    transport_->submit(read->command);
    transport_->submit(ready->command);
    ASSERT_TRUE(run_until(loop_, [&] { return !probe_.losses.empty(); }));
    EXPECT_THAT(probe_.losses, ElementsAre(result)) << probe_.last_detail;
    EXPECT_EQ(probe_.order, "LccX");
    EXPECT_EQ(read->command.delivery, Delivery::link_lost);
    EXPECT_EQ(ready->command.delivery, Delivery::link_lost);
    EXPECT_THAT(probe_.last_detail, HasSubstr("iqn.2026-11.test.dsmkit:scripted"));
  }

  bool mutual_ = false;  // asks for mutual CHAP
  EventLoop loop_;
  Probe probe_;
  std::unique_ptr<ScriptedTarget> target_;
  std::unique_ptr<IscsiTransport> transport_;
};

// --- Login
// -----------------------------------------------------------------------------------------------------------

TEST_F(IscsiTransportScripted, FollowsARedirection) {
  ScriptedTarget real({[](TargetConnection& connection) {
    if (connection.log_in()) {
      connection.serve();
    }
  }});
  const std::string address = std::string("TargetAddress=127.0.0.1:") +
                              std::to_string(real.port()) + ",1" + std::string(1, '\0');
  start({[&](TargetConnection& connection) {
    Pdu request;
    connection.read(request);
    connection.answer_login(request, address, 0x0101);
    connection.read(request);
  }});
  EXPECT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  const auto ready = make_test_unit_ready();
  run(*ready);
  EXPECT_TRUE(ready->good());
}

// What a rogue says to the requests of a login, one after the other: flags and keys.
Script rogue(std::vector<std::pair<uint8_t, std::string>> answers) {
  return [answers = std::move(answers)](TargetConnection& connection) {
    for (const auto& [flags, keys] : answers) {
      Pdu request;
      if (!connection.read(request, 0x03)) {
        return;
      }
      request.header[1] = flags;
      connection.answer_login(request, keys);
    }
    connection.serve();
  };
}

TEST_F(IscsiTransportScripted, TrustsNoTargetThatGetsRoundMutualChap) {
  const std::string end(1, '\0');
  const std::string challenge =
      "CHAP_A=5" + end + "CHAP_I=9" + end + "CHAP_C=0x00112233445566778899aabbccddeeff" + end;
  // What a careless initiator compares an answer with before it has challenged anybody.
  const std::string zeros = "CHAP_N=array" + end + "CHAP_R=0x" + std::string(32, '0') + end;
  const std::string operational = "HeaderDigest=None" + end + "DataDigest=None" + end;
  mutual_ = true;
  start({rogue({{0x87, operational}}), rogue({{0x81, zeros}, {0x87, operational}}),
         rogue({{0x00, "AuthMethod=CHAP" + end}, {0x81, challenge + zeros}, {0x87, operational}}),
         rogue({{0x81, "AuthMethod=None" + end}, {0x87, operational}})});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(login(), LinkResult::auth_failed) << i << " " << probe_.last_detail;
    EXPECT_THAT(probe_.last_detail, HasSubstr("mutual CHAP")) << i;
  }
}

TEST_F(IscsiTransportScripted, ALoginResponseMayComeInDribs) {
  mutual_ = true;
  start({[](TargetConnection& connection) {
    Pdu request;
    connection.read(request, 0x03);
    Pdu answer;
    answer.header = request.header;
    answer.header[0] = 0x23;
    answer.header[36] = 2;  // authentication failure
    answer.header[37] = 1;
    answer.set_word(40, 0);
    base::store_be24(&answer.header[5], 4);
    std::vector<uint8_t> bytes(answer.header.begin(), answer.header.end());
    bytes.insert(bytes.end(), {'a', '=', 'b', 0});
    for (const uint8_t byte : bytes) {
      connection.write_raw(&byte, 1);
    }
    connection.read(request);
  }});
  EXPECT_EQ(login(), LinkResult::auth_failed) << probe_.last_detail;
}

TEST_F(IscsiTransportScripted, ALoginResponseThatEndsInTheMiddleIsTheEnd) {
  mutual_ = true;
  start({[](TargetConnection& connection) {
    Pdu request;
    connection.read(request, 0x03);
    connection.write_raw(request.header.data(), 20);
  }});
  EXPECT_EQ(login(), LinkResult::closed_by_peer) << probe_.last_detail;
}

TEST_F(IscsiTransportScripted, GivesUpRunningInCircles) {
  std::string address;
  const Script redirect = [&](TargetConnection& connection) {
    Pdu request;
    connection.read(request);
    connection.answer_login(request, address, 0x0101);
    connection.read(request);
  };
  start({redirect, redirect, redirect, redirect, redirect, redirect});
  address = std::string("TargetAddress=127.0.0.1:") + std::to_string(target_->port()) +
            std::string(1, '\0');
  EXPECT_EQ(login(), LinkResult::protocol_error);
  EXPECT_THAT(probe_.last_detail, HasSubstr("redirects"));
}

TEST_F(IscsiTransportScripted, RefusesARedirectionToNowhere) {
  for (const std::string_view address :
       {"TargetAddress=\0"sv, "TargetAddress=:3260,1\0"sv, "TargetAddress=127.0.0.1:0\0"sv,
        "TargetAddress=[::1\0"sv, "TargetAddress=h:99999\0"sv, "Other=1\0"sv}) {
    start({[address](TargetConnection& connection) {
      Pdu request;
      connection.read(request);
      connection.answer_login(request, address, 0x0101);
      connection.read(request);
    }});
    EXPECT_NE(login(), LinkResult::ok) << address;
    transport_.reset();
  }
}

TEST_F(IscsiTransportScripted, ReportsALoginThatEndsOrMakesNoSense) {
  const std::vector<std::pair<LinkResult, Script>> cases = {
      {LinkResult::closed_by_peer,
       [](TargetConnection& connection) {
         Pdu request;
         connection.read(request);
       }},
      {LinkResult::closed_by_peer,
       [](TargetConnection& connection) {
         Pdu request;
         connection.read(request);
         connection.write_raw("\x23\x87", 2);  // the beginning of an answer
       }},
      {LinkResult::protocol_error,
       [](TargetConnection& connection) {
         Pdu request;
         connection.read(request);
         constexpr std::string_view kHttp =
             "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n";
         connection.write_raw(kHttp.data(), kHttp.size());
         connection.read(request);
       }},
      {LinkResult::protocol_error,
       [](TargetConnection& connection) {
         Pdu request;
         connection.read(request);
         Pdu answer = request;
         answer.header[0] = 0x21;  // a SCSI Response to the login
         connection.write(answer);
         connection.read(request);
       }},
      {LinkResult::auth_failed,
       [](TargetConnection& connection) {
         Pdu request;
         connection.read(request);
         connection.answer_login(request, {}, 0x0201);
         connection.read(request);
       }},
  };
  for (const auto& [result, script] : cases) {
    start({script});
    EXPECT_EQ(login(), result) << probe_.last_detail;
    transport_.reset();
  }
}

// --- Answers
// ---------------------------------------------------------------------------------------------------------

TEST_F(IscsiTransportScripted, PassesEveryScsiStatusOn) {
  const std::vector<uint8_t> statuses = {0x00, 0x08, 0x18, 0x28, 0x30, 0x40};
  start_after_login([&](TargetConnection& connection) {
    Pdu command;
    for (const uint8_t status : statuses) {
      connection.read(command, 0x01);
      connection.answer(command, status);
    }
    connection.serve();
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  for (const uint8_t status : statuses) {
    const auto ready = make_test_unit_ready();
    run(*ready);
    EXPECT_EQ(ready->command.delivery, Delivery::delivered) << int{status};
    EXPECT_EQ(ready->command.scsi_status, status);
  }
}

TEST_F(IscsiTransportScripted, TakesSenseOfAnyLength) {
  const auto sense_of = [](size_t claimed, size_t sent) {
    std::vector<uint8_t> segment(2 + sent, 0);
    base::store_be16(segment.data(), static_cast<uint16_t>(claimed));
    if (sent > 2) {
      segment[2] = 0x70;
      segment[4] = 0x06;
    }
    return segment;
  };
  struct Case {
    std::vector<uint8_t> segment;
    size_t expected;
  };
  const std::vector<Case> cases = {{sense_of(18, 18), 18},
                                   {sense_of(252, 252), 252},
                                   {sense_of(400, 400), 252},
                                   {sense_of(18, 8), 8},
                                   {sense_of(0, 18), 0},
                                   {sense_of(65535, 18), 18},
                                   {{}, 0}};
  start_after_login([&](TargetConnection& connection) {
    for (const Case& each : cases) {
      Pdu command;
      connection.read(command, 0x01);
      connection.answer(command, 2, each.segment);
    }
    connection.serve();
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  for (const Case& each : cases) {
    const auto ready = make_test_unit_ready();
    run(*ready);
    EXPECT_EQ(ready->command.scsi_status, 2);
    // The data segment is padded to four bytes; padding may be taken for sense where the length
    // lies.
    EXPECT_GE(ready->command.sense_bytes, each.expected);
    EXPECT_LE(ready->command.sense_bytes, each.expected + 3);
  }
}

// The answer overtakes data that was already asked for: the buffer is the caller's again at once,
// and what the target still gets is whole PDUs of what the buffer held then.
TEST_F(IscsiTransportScripted, LetsGoOfTheBufferOfAWriteThatIsRefusedEarly) {
  constexpr uint32_t kFirstBurst = 262144;
  constexpr uint32_t kBurst = 1048576;
  constexpr uint32_t kBursts = 4;  // more than a socket buffer takes in
  std::atomic<size_t> data_bytes{0};
  std::atomic<bool> foreign{false};
  std::atomic<bool> freed{false};
  start({[&](TargetConnection& connection) {
    Pdu pdu;
    if (!connection.log_in("4") || !connection.read(pdu, 0x01)) {
      return;
    }
    const Pdu command = pdu;
    data_bytes += command.data.size();
    while (data_bytes < kFirstBurst && connection.read(pdu)) {
      data_bytes += pdu.data.size();
    }
    for (uint32_t number = 0; number < kBursts; ++number) {
      Pdu r2t;
      r2t.header[0] = 0x31;
      r2t.header[1] = 0x80;
      r2t.set_word(16, command.tag());
      r2t.set_word(20, 100 + number);
      r2t.set_word(36, number);
      r2t.set_word(40, kFirstBurst + number * kBurst);
      r2t.set_word(44, kBurst);
      connection.write(r2t, false);
    }
    connection.answer(command, 2, std::vector<uint8_t>(20, 0));
    while (!freed) {
      std::this_thread::yield();
    }
    while (connection.read(pdu)) {
      if (pdu.opcode() == 0x01) {
        connection.answer(pdu, 0);
        continue;
      }
      data_bytes += pdu.data.size();
      for (const uint8_t byte : pdu.data) {
        foreign = foreign || byte != 0xab;
      }
    }
  }});
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  constexpr uint32_t kBytes = kFirstBurst + kBursts * kBurst;
  auto write = make_io(scsi::make_write(0, kBytes / 512), mpio::Direction::to_target, kBytes, 9);
  std::fill(write->bytes.begin(), write->bytes.end(), uint8_t{0xab});
  run(*write);
  EXPECT_EQ(write->command.scsi_status, 2);
  EXPECT_LT(data_bytes, kBytes);
  std::fill(write->bytes.begin(), write->bytes.end(), uint8_t{0xcd});
  write.reset();  // the address sanitizer watches who still reads it
  freed = true;
  for (int i = 0; i < 3; ++i) {
    const auto ready = make_test_unit_ready();
    run(*ready);
    EXPECT_TRUE(ready->good());
  }
  transport_.reset();
  target_.reset();
  EXPECT_LE(data_bytes, kBytes);
  EXPECT_FALSE(foreign) << "bytes of the buffer after it was given back";
}

TEST_F(IscsiTransportScripted, AnswersTheTargetsOwnNop) {
  std::atomic<bool> answered{false};
  start_after_login([&](TargetConnection& connection) {
    Pdu ping;
    connection.read(ping, 0x01);
    connection.answer(ping, 0);
    ping = {};
    ping.header[0] = 0x20;
    ping.header[1] = 0x80;
    ping.set_word(16, 0xffffffff);
    ping.set_word(20, 77);
    connection.write(ping, false);
    Pdu pong;
    answered = connection.read(pong, 0x00) && pong.word(20) == 77;
    connection.serve();
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  const auto ready = make_test_unit_ready();
  run(*ready);
  EXPECT_TRUE(run_until(loop_, [&] { return answered.load(); }));
  EXPECT_GT(probe_.heard, 0);
}

// Commands that are submitted together cost the target one wake-up: once from outside, and once
// from the callbacks of those that the target answers together.
TEST_F(IscsiTransportScripted, SendsCommandsOfOneTurnInOneSegment) {
  constexpr size_t kCommands = 4;
  std::array<uint32_t, 2> segments{};
  std::atomic<bool> counting{false};
  std::atomic<bool> over{false};
  start_after_login([&](TargetConnection& connection) {
    // Each count begins before the initiator can send what is counted.
    uint32_t before = connection.segments();
    counting = true;
    for (uint32_t& used : segments) {
      std::array<Pdu, kCommands> commands;
      for (Pdu& command : commands) {
        connection.read(command, 0x01);
      }
      used = connection.segments() - before;
      before += used;
      connection.cork(1);
      for (const Pdu& command : commands) {
        connection.answer(command, 0);
      }
      connection.cork(0);
    }
    over = true;
    connection.serve();
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  ASSERT_TRUE(run_until(loop_, [&] { return counting.load(); }));
  std::vector<std::unique_ptr<Io>> first;
  std::vector<std::unique_ptr<Io>> second;
  probe_.command_hook = [&](Io&) {
    if (second.size() < kCommands) {
      transport_->submit(second.emplace_back(make_test_unit_ready())->command);
    }
  };
  for (size_t i = 0; i < kCommands; ++i) {
    transport_->submit(first.emplace_back(make_test_unit_ready())->command);
  }
  ASSERT_TRUE(run_until(loop_, [&] { return probe_.commands_done == 2 * kCommands; }));
  ASSERT_TRUE(run_until(loop_, [&] { return over.load(); }));
  EXPECT_THAT(segments, ElementsAre(1, 1));
  for (const auto& io : second) {
    EXPECT_TRUE(io->good());
  }
}

TEST_F(IscsiTransportScripted, TellsUnderflowAndOverflow) {
  start_after_login([&](TargetConnection& connection) {
    Pdu command;
    for (const auto& [flag, bytes] :
         std::vector<std::pair<uint8_t, size_t>>{{0x02, 412}, {0x04, 512}, {0x00, 412}}) {
      connection.read(command, 0x01);
      Pdu answer;
      answer.header[0] = 0x25;
      answer.header[1] = static_cast<uint8_t>(0x81 | flag);  // F, S, and U or O
      answer.set_word(16, command.tag());
      answer.set_word(20, 0xffffffff);
      answer.set_word(44, 100);
      answer.data.assign(bytes, 0x5a);
      connection.write(answer);
    }
    connection.serve();
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  const auto under = make_read(0, 1);
  run(*under);
  EXPECT_EQ(under->command.residual_bytes, 100u);
  EXPECT_FALSE(under->command.overflow);
  const auto over = make_read(0, 1);
  run(*over);
  EXPECT_EQ(over->command.residual_bytes, 0u);
  EXPECT_TRUE(over->command.overflow);
  EXPECT_EQ(over->command.overflow_bytes, 100u);
  const auto silent = make_read(0, 1);  // less than was asked for, and not a word of it
  run(*silent);
  EXPECT_EQ(silent->command.residual_bytes, 100u);
}

// --- Targets that break the protocol
// ---------------------------------------------------------------------------------

TEST_F(IscsiTransportScripted, EndsTheSessionOverRubbish) {
  start_after_login([](TargetConnection& connection) {
    Pdu command;
    connection.read(command, 0x01);
    const std::string rubbish(4096, '\xff');
    connection.write_raw(rubbish.data(), rubbish.size());
    while (connection.read(command)) {
    }
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  expect_loss(LinkResult::protocol_error);
}

TEST_F(IscsiTransportScripted, EndsTheSessionOverDataPastTheBuffer) {
  for (const uint32_t offset : {4096u, 4000u, 0x7fffff00u, 0xffffff00u}) {
    start_after_login([offset](TargetConnection& connection) {
      Pdu command;
      connection.read(command, 0x01);
      Pdu data;
      data.header[0] = 0x25;
      data.header[1] = 0x80;
      data.set_word(16, command.tag());
      data.set_word(20, 0xffffffff);
      data.set_word(40, offset);
      data.data.assign(4096, 0x5a);
      connection.write(data, false);
      while (connection.read(command)) {
      }
    });
    ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
    expect_loss(LinkResult::protocol_error);
    transport_.reset();
    probe_ = {};
  }
}

TEST_F(IscsiTransportScripted, EndsTheSessionOverARejectedCommand) {
  start_after_login([](TargetConnection& connection) {
    Pdu command;
    connection.read(command, 0x01);
    Pdu reject;
    reject.header[0] = 0x3f;
    reject.header[1] = 0x80;
    reject.header[2] = 0x04;  // protocol error
    reject.set_word(16, 0xffffffff);
    reject.data.assign(command.header.begin(), command.header.end());
    connection.write(reject);
    while (connection.read(command)) {
    }
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  expect_loss(LinkResult::protocol_error);
}

TEST_F(IscsiTransportScripted, EndsTheSessionOverAnAnswerToNobody) {
  start_after_login([](TargetConnection& connection) {
    Pdu command;
    connection.read(command, 0x01);
    Pdu stranger = command;
    stranger.set_word(16, command.tag() + 1000);
    connection.answer(stranger, 0);
    connection.read(command, 0x01);
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  expect_loss(LinkResult::protocol_error);
}

TEST_F(IscsiTransportScripted, ReportsAnEndInTheMiddleOfAnAnswer) {
  start_after_login([](TargetConnection& connection) {
    Pdu command;
    connection.read(command, 0x01);
    Pdu read_ahead;
    connection.read(read_ahead, 0x01);  // nothing of ours unread: the end is orderly
    connection.write_raw("\x21\x80", 2);
  });
  ASSERT_EQ(login(), LinkResult::ok) << probe_.last_detail;
  expect_loss(LinkResult::closed_by_peer);
}

}  // namespace
}  // namespace io
