// The session against the real target: logins, data of every size in pieces of every size, and what
// both agree on.
#include "io/iscsi/initiator/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/iscsi/initiator/testing/ends.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::TestTarget;
using ::testing::HasSubstr;
using testing::make_read;
using testing::make_ready;
using testing::make_write;
using testing::parameters;
using testing::RealTarget;

void write_and_read_back(RealTarget& end, uint32_t blocks, size_t slice_bytes) {
  const auto write = make_write(8, blocks, static_cast<uint8_t>(blocks), slice_bytes);
  end.session.submit(write->command);
  end.pump();
  ASSERT_TRUE(write->good()) << blocks << end.session.ending().text;
  const auto read = make_read(8, blocks, slice_bytes == 0 ? 0 : slice_bytes + 100);
  end.session.submit(read->command);
  end.pump();
  ASSERT_TRUE(read->good()) << blocks << end.session.ending().text;
  EXPECT_TRUE(read->bytes == write->bytes) << blocks;
}

TEST(InitiatorSession, CarriesEverySizeInAnySlices) {
  TestTarget world;
  RealTarget end(world, parameters());
  end.settle();
  for (const uint32_t blocks : {1U, 15U, 16U, 17U, 511U, 512U, 513U, 1024U, 2048U, 4096U, 8000U}) {
    for (const size_t slice_bytes : {size_t{0}, size_t{4096}, size_t{100'000}}) {
      write_and_read_back(end, blocks, slice_bytes);
    }
  }
  EXPECT_TRUE(end.session.idle());
}

TEST(InitiatorSession, CarriesThemByteByByteAndWithDigests) {
  for (const DigestChoice header : {DigestChoice::none, DigestChoice::crc32c}) {
    for (const DigestChoice data : {DigestChoice::none, DigestChoice::crc32c}) {
      for (const size_t chunk : {size_t{1}, size_t{47}, size_t{5000}}) {
        TestTarget world;
        Parameters wanted = parameters();
        wanted.header_digest = header;
        wanted.data_digest = data;
        RealTarget end(world, wanted, chunk);
        end.settle();
        EXPECT_EQ(end.session.agreement().digests.header, header == DigestChoice::crc32c);
        EXPECT_EQ(end.session.agreement().digests.data, data == DigestChoice::crc32c);
        EXPECT_EQ(end.connection.digests().data, data == DigestChoice::crc32c);
        write_and_read_back(end, chunk == 1 ? 65 : 700, 1000);
      }
    }
  }
}

TEST(InitiatorSession, ManyCommandsAtOnceWaitForTheWindow) {
  TestTarget world;
  RealTarget end(world, parameters());
  end.settle();
  std::vector<std::unique_ptr<testing::Command>> all;
  for (uint32_t i = 0; i < 3 * kCommandWindow; ++i) {
    all.push_back(i % 2 == 0 ? make_write(i * 8, 8, static_cast<uint8_t>(i)) : make_read(i, 1));
    end.session.submit(all.back()->command);
  }
  end.pump();
  for (const auto& command : all) {
    EXPECT_TRUE(command->good());
  }
  EXPECT_TRUE(end.session.idle());
}

TEST(InitiatorSession, LogsInWithChapBothWays) {
  TestTarget world;
  world.target->chap = {"alice", "what-alice-knows"};
  world.target->chap_mutual = {"array", "what-the-array-knows"};
  Parameters wanted = parameters();
  wanted.chap = world.target->chap;
  {
    RealTarget end(world, wanted);
    end.settle();
  }
  wanted.chap_of_target = world.target->chap_mutual;
  {
    RealTarget end(world, wanted);
    end.settle();
  }
  wanted.chap_of_target.secret = "something else";
  {
    RealTarget end(world, wanted);
    end.pump();
    EXPECT_EQ(end.session.ending().why, Ending::Why::unproved);
  }
  wanted.chap.secret = "wrong";
  {
    RealTarget end(world, wanted);
    end.pump();
    EXPECT_EQ(end.session.ending().why, Ending::Why::login_refused);
    EXPECT_EQ(end.session.ending().status, 0x0201);
  }
  wanted.chap = {};
  wanted.chap_of_target = {};
  RealTarget end(world, wanted);
  end.pump();
  EXPECT_EQ(end.session.ending().status, 0x0201);
}

TEST(InitiatorSession, TheSameIsidReinstatesTheSession) {
  TestTarget world;
  RealTarget first(world, parameters());
  first.settle();
  RealTarget second(world, parameters());
  second.settle();
  EXPECT_TRUE(first.reset);
  Parameters wanted = parameters();
  wanted.isid[5] = 77;
  RealTarget third(world, wanted);
  third.settle();
  EXPECT_FALSE(second.reset);
}

TEST(InitiatorSession, ListsTargetsInADiscoverySession) {
  TestTarget world;
  Parameters wanted = parameters();
  wanted.target.clear();
  RealTarget end(world, wanted);
  end.pump();
  ASSERT_TRUE(end.session.up());
  end.session.send_targets();
  end.pump();
  ASSERT_TRUE(end.session.text_done()) << end.session.ending().text;
  EXPECT_THAT(end.session.text(), HasSubstr(std::string("TargetName=") + wanted.target));
  EXPECT_THAT(end.session.text(), HasSubstr("192.0.2.1:3260,1"));
}

TEST(InitiatorSession, PingsAndLogsOut) {
  TestTarget world;
  RealTarget end(world, parameters());
  end.settle();
  for (int i = 0; i < 3; ++i) {
    end.session.ping();
    end.session.ping();  // nothing, while one is outstanding
    end.pump();
  }
  end.connection.ping();
  end.pump();
  EXPECT_EQ(end.connection.pings_waiting(), 0U);
  end.session.logout();
  end.pump();
  EXPECT_EQ(end.session.ending().why, Ending::Why::logged_out);
  EXPECT_TRUE(end.connection.over());
}

// The array takes its time, and the commands are aborted meanwhile.
TEST(InitiatorSession, ManagesTasks) {
  TestTarget world;
  RealTarget end(world, parameters());
  end.settle();
  for (const scsi::TaskFunction function :
       {scsi::TaskFunction::abort_task, scsi::TaskFunction::abort_task_set,
        scsi::TaskFunction::logical_unit_reset}) {
    world.array->port_faults(0).delay_ns = 1'000'000'000;
    const auto read = make_read(0, 8);
    const auto write = make_write(0, 4096, 1);
    end.session.submit(read->command);
    end.session.submit(write->command);
    end.pump();
    ASSERT_EQ(read->done, 0);
    ASSERT_TRUE(end.session.manage(function, &read->command));
    EXPECT_FALSE(end.session.manage(function, &read->command)) << "one at a time";
    end.pump();
    EXPECT_EQ(end.session.take_function_response(), kFunctionComplete);
    EXPECT_EQ(end.session.take_function_response(), std::nullopt);
    EXPECT_EQ(read->done, 1);
    EXPECT_EQ(read->command.scsi_status, 0x40);
    EXPECT_EQ(write->done, function == scsi::TaskFunction::abort_task ? 0 : 1);
    world.array->port_faults(0).delay_ns = 0;
    world.scheduler.advance(2'000'000'000);
    end.pump();
    EXPECT_EQ(write->done, 1);
    EXPECT_FALSE(end.session.ended()) << end.session.ending().text;
    EXPECT_FALSE(end.session.manage(scsi::TaskFunction::abort_task, &read->command))
        << "it is back";
    end.settle();
  }
  ASSERT_TRUE(end.session.manage(scsi::TaskFunction::target_warm_reset));
  end.pump();
  EXPECT_EQ(end.session.take_function_response(), kFunctionComplete);
}

TEST(InitiatorSession, GivesEverythingBackAtTheEnd) {
  TestTarget world;
  RealTarget end(world, parameters());
  end.settle();
  world.array->port_faults(0).delay_ns = 1'000'000'000;
  std::vector<std::unique_ptr<testing::Command>> all;
  for (uint32_t i = 0; i < kCommandWindow + 2; ++i) {
    all.push_back(make_write(i * 8, 700, 1));
    end.session.submit(all.back()->command);
  }
  end.pump();
  end.session.take_back(mpio::Delivery::link_lost);
  std::vector<mpio::TransportCommand*> order;
  while (mpio::TransportCommand* const command = end.session.take_finished()) {
    order.push_back(command);
  }
  ASSERT_EQ(order.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(order[i], &all[i]->command);
    EXPECT_EQ(order[i]->delivery,
              i < kCommandWindow ? mpio::Delivery::link_lost : mpio::Delivery::not_sent);
  }
  EXPECT_TRUE(end.session.idle());
  EXPECT_FALSE(end.session.has_output());
}

}  // namespace
}  // namespace io::iscsi::initiator
