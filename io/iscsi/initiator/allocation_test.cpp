// A command costs no allocation once there have been as many before.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "io/iscsi/initiator/testing/ends.h"

namespace {

bool counting = false;
size_t allocations = 0;

}  // namespace

// The whole test program's; all but the count is as usual.
void* operator new(size_t bytes) {
  allocations += counting ? 1 : 0;
  void* const made = std::malloc(bytes);
  if (made == nullptr) {
    std::abort();
  }
  return made;
}
void operator delete(void* made) noexcept {
  std::free(made);
}
void operator delete(void* made, size_t) noexcept {
  std::free(made);
}

namespace io::iscsi::initiator {
namespace {

using testing::make_read;
using testing::make_write;
using testing::parameters;
using testing::PlayedTarget;

// Reads with their data, and writes of which a part is asked for.
TEST(InitiatorAllocations, NoneInTheSteadyState) {
  PlayedTarget target(parameters());
  target.login({"FirstBurstLength=1024"});
  constexpr size_t kCommands = 8;
  std::vector<std::unique_ptr<testing::Command>> all;
  for (size_t i = 0; i < kCommands; ++i) {
    all.push_back(i % 2 == 0 ? make_read(0, 8, 1000) : make_write(0, 8, 1, 1000));
  }
  std::array<iovec, 256> pieces;
  const auto send_all = [&] {
    while (target.session.has_output()) {
      const size_t used = target.session.output(pieces);
      size_t bytes = 0;
      for (size_t i = 0; i < used; ++i) {
        bytes += pieces[i].iov_len;
      }
      target.session.sent(bytes);
    }
  };
  const std::vector<uint8_t> data(4096, 7);
  for (int round = 0; round < 3; ++round) {
    const auto counted = [round](const auto& work) {
      counting = round == 2;
      work();
      counting = false;
    };
    counted([&] {
      for (const auto& command : all) {
        target.session.submit(command->command);
      }
      send_all();
    });
    target.command_number += kCommands;
    for (const auto& command : all) {
      const bool read = command->command.direction == mpio::Direction::from_target;
      iscsi::testing::Pdu sent;
      sent.header.set(16, static_cast<uint32_t>(command->command.transport_tag));
      const auto answer = read ? target.wire(target.data_in(sent, 0, 0, 0x81), data, true)
                               : target.wire(target.r2t(sent, 0, 1024, 3072), {}, false);
      counted([&] {
        target.send_raw(answer);
        send_all();
      });
      if (!read) {
        target.respond(sent);
      }
      ASSERT_TRUE(command->good()) << target.session.ending().text;
      command->done = 0;
    }
  }
  EXPECT_EQ(allocations, 0U);
}

}  // namespace
}  // namespace io::iscsi::initiator
