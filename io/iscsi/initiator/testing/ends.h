// For tests of the session: commands with buffers of their own, and two kinds of other end in
// memory: the real target, and one that is played PDU by PDU.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/iscsi/connection.h"
#include "io/iscsi/initiator/session.h"
#include "io/iscsi/testing/initiator.h"

namespace io::iscsi::initiator::testing {

using iscsi::testing::Pdu;

Parameters parameters();

struct Command {
  mpio::TransportCommand command;
  std::vector<uint8_t> bytes;
  std::vector<mpio::IoSlice> slices;
  int done = 0;
  bool good() const {
    return done == 1 && command.delivery == mpio::Delivery::delivered && command.scsi_status == 0 &&
           command.residual_bytes == 0;
  }
};
// In slices of `slice_bytes`, the last one shorter; 0: one slice.
std::unique_ptr<Command> make_read(uint64_t lba, uint32_t blocks, size_t slice_bytes = 0);
std::unique_ptr<Command> make_write(uint64_t lba, uint32_t blocks, uint8_t seed,
                                    size_t slice_bytes = 0);
std::unique_ptr<Command> make_ready();

// A PDU of the target to this tag: final, without a transfer tag.
Header of_tag(uint8_t opcode, uint32_t tag);

// Notes what has come back.
void take_finished(Session& session);

// The session against the real target.
class RealTarget final : public ConnectionHost {
 public:
  explicit RealTarget(iscsi::testing::TestTarget& world, const Parameters& wanted,
                      size_t chunk = SIZE_MAX);
  // Until neither has anything to say.
  void pump();
  void on_output() override {}
  void on_reset() override { reset = true; }
  // Logged in, and no unit attention is left.
  void settle();

  bool reset = false;
  Session session;
  Connection connection;

 private:
  bool to_target();
  bool to_initiator();
  size_t chunk_;
};

// The session against what the test says.
class PlayedTarget {
 public:
  explicit PlayedTarget(const Parameters& wanted) : session(wanted) {}

  // The next PDU that the session has sent; fails the test when there is none.
  Pdu take();
  bool silent();
  // Fills in length, StatSN (counted on unless `takes_number` is false), and a command window of
  // `window`.
  void send(Header header, const std::vector<uint8_t>& data = {}, bool takes_number = true);
  // What send() would send.
  std::vector<uint8_t> wire(Header header, const std::vector<uint8_t>& data, bool takes_number);
  void send_raw(base::Bytes bytes);
  // A login response to the request taken last: its flags unless given, these keys.
  void answer_login(std::initializer_list<std::string> keys, std::optional<uint8_t> flags = {},
                    uint16_t status = 0);
  // The whole login; `keys` are operational ones.
  void login(std::initializer_list<std::string> keys = {"InitialR2T=No"});
  // SCSI Response to this command.
  void respond(const Pdu& command, uint8_t status = 0, uint8_t flags = 0x80,
               const std::vector<uint8_t>& sense = {}, uint32_t residual = 0);
  Header data_in(const Pdu& command, uint32_t data_sn, uint32_t offset, uint8_t flags) const;
  Header r2t(const Pdu& command, uint32_t sn, uint32_t offset, uint32_t bytes,
             uint32_t transfer_tag = 77) const;
  // Why the session has ended, and that it was the target's fault.
  std::string violation() const;

  uint32_t window = 64;
  uint32_t status_number = 4711;
  uint32_t command_number = 1;
  Digests digests;  // put to what is sent, and expected on what comes
  bool damage_data = false;
  bool damage_header = false;
  Session session;

 private:
  std::vector<uint8_t> out_;
  Pdu last_login_;
};

// A session that is logged in at a target that the test plays.
class LoggedIn : public ::testing::Test {
 protected:
  void SetUp() override { target.login(); }
  // Submits it, and takes the command off the wire.
  Pdu submit(Command& command) {
    target.session.submit(command.command);
    return target.take();
  }
  PlayedTarget target{parameters()};
};

}  // namespace io::iscsi::initiator::testing
