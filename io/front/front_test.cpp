// The life of a front nexus and of what it has at the back, on a logical unit that the test plays.
#include "io/front/front.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "base/testing/manual_scheduler.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace io::front {
namespace {

// A back end on which everything happens when the test says so.
class PlayedBackEnd final : public BackEnd, private mpio::ScsiDevice {
 public:
  explicit PlayedBackEnd(std::vector<PlayedBackEnd*>& all) : all_(all) { all_.push_back(this); }
  ~PlayedBackEnd() override {
    std::erase(all_, this);
    while (!requests.empty()) {
      answer(EIO);
    }
  }
  void start(std::function<void(const std::string&)> done) override { started = std::move(done); }
  mpio::ScsiDevice& scsi() override { return *this; }
  void reset_logical_unit(std::function<void(bool)> done) override { was_reset = std::move(done); }
  void stop(std::function<void()> done) override { stopped = std::move(done); }

  void serve() { started(""); }
  // Ends the oldest request, with `data` where it reads.
  void answer(int error = 0, uint8_t status = 0, const std::vector<uint8_t>& data = {}) {
    mpio::ScsiRequest& request = *requests.front();
    requests.erase(requests.begin());
    request.error = error;
    request.scsi_status = status;
    if (request.direction == mpio::Direction::from_target) {
      std::copy(data.begin(), data.end(), request.slices[0].data);
      request.residual_bytes = request.length_bytes - static_cast<uint32_t>(data.size());
    }
    request.done(request);
  }

  std::vector<mpio::ScsiRequest*> requests;
  std::function<void(const std::string&)> started;
  std::function<void(bool)> was_reset;
  std::function<void()> stopped;

 private:
  void submit(mpio::ScsiRequest& request) override { requests.push_back(&request); }
  std::vector<PlayedBackEnd*>& all_;
};

struct Host final : iscsi::NexusOwner {
  void on_nexus_ended() override {
    ++ended;
    nexus.reset();
  }
  struct Sent {
    iscsi::Task task;
    std::vector<uint8_t> data;
    int done = 0;
  };
  Sent& send(const scsi::Cdb& cdb, uint32_t reads = 0, std::vector<uint8_t> writes = {}) {
    Sent& made = sent.emplace_back();
    made.data = std::move(writes);
    made.task.cdb = cdb;
    made.task.tag = sent.size();
    made.task.data_in_bytes = reads;
    made.task.data_out = made.data;
    made.task.data_out_buffer = &made.data;
    made.task.owner = &made;
    made.task.done = [](iscsi::Task& task) { ++static_cast<Sent*>(task.owner)->done; };
    nexus->submit(made.task);
    return made;
  }
  std::unique_ptr<iscsi::Nexus> nexus;
  std::list<Sent> sent;
  int ended = 0;
};

class FrontTest : public ::testing::Test, public BackEndSource {
 protected:
  std::unique_ptr<BackEnd> make(const iscsi::InitiatorPort&, unsigned) override {
    return std::make_unique<PlayedBackEnd>(backs);
  }
  uint32_t block_bytes() const override { return 512; }

  void log_in(Host& who, uint8_t isid = 1, unsigned port = 0) {
    who.nexus = device.login(port, {"iqn.2026-11.test:host", {0x40, 0, 0, 0, 0, isid}}, who);
    ASSERT_NE(who.nexus, nullptr);
  }
  // Logged in, served, and told of its power on.
  void begin(Host& who, uint8_t isid = 1, unsigned port = 0) {
    log_in(who, isid, port);
    backs.back()->serve();
    who.send(scsi::make_test_unit_ready());
  }
  std::vector<scsi::FunctionResponse> responses;
  void manage(Host& who, scsi::TaskFunction function, uint64_t tag = 0, uint64_t lun = 0) {
    who.nexus->manage(function, lun, tag,
                      [this](scsi::FunctionResponse response) { responses.push_back(response); });
  }

  base::testing::ManualScheduler scheduler;
  std::vector<PlayedBackEnd*> backs;
  std::vector<std::string> lines;
  FrontDevice device{{.target_name = "iqn.2026-11.test:front",
                      .port_count = 2,
                      .max_nexuses = 3,
                      .log = [this](const std::string& line) { lines.push_back(line); }},
                     scheduler,
                     *this};
  Host host;
};

TEST_F(FrontTest, EachNexusHasABackEndOfItsOwn) {
  Host other_session;
  Host other_port;
  log_in(host);
  log_in(other_session, 2);
  log_in(other_port, 1, 1);
  EXPECT_EQ(backs.size(), 3U);
  Host fourth;
  EXPECT_EQ(device.login(1, {"iqn.2026-11.test:other", {}}, fourth), nullptr);
  EXPECT_EQ(lines.size(), 1U);
}

TEST_F(FrontTest, TheFirstCommandHearsOfPowerOnAndTheNextGoThrough) {
  begin(host);
  EXPECT_EQ(host.sent.back().task.sense[12], 0x29);
  const auto& read = host.send(scsi::make_read(0, 1), 512);
  ASSERT_EQ(backs[0]->requests.size(), 1U);
  backs[0]->answer(0, scsi::kGood, std::vector<uint8_t>(512, 7));
  EXPECT_EQ(read.done, 1);
  EXPECT_EQ(read.task.data_in, std::vector<uint8_t>(512, 7));
  const auto& write = host.send(scsi::make_write(0, 1), 0, std::vector<uint8_t>(512, 9));
  EXPECT_EQ(backs[0]->requests[0]->direction, mpio::Direction::to_target);
  EXPECT_EQ(backs[0]->requests[0]->slices[0].data[511], 9);
  backs[0]->answer(0, scsi::kReservationConflict);
  EXPECT_EQ(write.task.status, scsi::kReservationConflict);
}

TEST_F(FrontTest, BlocksThatTheClientHasNoRoomForAreCounted) {
  begin(host);
  const auto& read = host.send(scsi::make_read(0, 2), 600);
  backs[0]->requests[0]->overflow = true;
  backs[0]->answer(0, scsi::kGood, std::vector<uint8_t>(600, 7));
  EXPECT_EQ(read.task.data_in.size(), 600U);
  EXPECT_EQ(read.task.data_in_beyond, 424U);
}

TEST_F(FrontTest, TasksWaitForTheBackEnd) {
  log_in(host);
  host.send(scsi::make_test_unit_ready());  // power on, which the front knows by itself
  const auto& waiting = host.send(scsi::make_test_unit_ready());
  EXPECT_TRUE(backs[0]->requests.empty());
  backs[0]->serve();
  backs[0]->answer();
  EXPECT_EQ(waiting.done, 1);
}

TEST_F(FrontTest, ABackEndThatCannotServeEndsTheNexus) {
  log_in(host);
  host.send(scsi::make_test_unit_ready());
  const auto& waiting = host.send(scsi::make_test_unit_ready());
  backs[0]->started("no path");
  EXPECT_EQ(host.ended, 0) << "not from inside";
  scheduler.run_due();
  EXPECT_EQ(host.ended, 1);
  EXPECT_TRUE(waiting.task.aborted);
  backs[0]->stopped();
  scheduler.run_due();
  EXPECT_TRUE(backs.empty());
}

TEST_F(FrontTest, WhatTheTargetDidNotAnswerIsACheckCondition) {
  begin(host);
  const std::map<int, unsigned> wanted = {
      {EIO, 0x0b0800}, {ETIMEDOUT, 0x0b0801}, {EOPNOTSUPP, 0x052000}};
  for (const auto& [error, sense] : wanted) {
    const auto& sent = host.send(scsi::make_test_unit_ready());
    backs[0]->answer(error);
    EXPECT_EQ(sent.task.status, scsi::kCheckCondition);
    EXPECT_EQ(sent.task.sense[2] << 16 | sent.task.sense[12] << 8 | sent.task.sense[13],
              static_cast<int>(sense));
  }
}

TEST_F(FrontTest, AnEndedNexusLeavesItsWriteToEndBeforeTheNextOneBegins) {
  begin(host);
  auto& write = host.send(scsi::make_write(0, 1), 0, std::vector<uint8_t>(512, 9));
  const auto* const bytes = write.data.data();
  Host again;
  log_in(again);
  EXPECT_EQ(host.ended, 1);
  EXPECT_TRUE(write.task.aborted);
  EXPECT_TRUE(write.data.empty()) << "the request keeps its data";
  EXPECT_EQ(backs[0]->requests[0]->slices[0].data, bytes);
  again.send(scsi::make_test_unit_ready());
  EXPECT_EQ(again.sent.back().task.sense[13], 7) << "I_T nexus loss";
  EXPECT_FALSE(backs[1]->started) << "the old write may still execute";
  backs[0]->answer();
  EXPECT_EQ(write.done, 1);
  ASSERT_TRUE(backs[0]->stopped);
  EXPECT_FALSE(backs[1]->started);
  backs[0]->stopped();
  scheduler.run_due();
  ASSERT_EQ(backs.size(), 1U);
  EXPECT_TRUE(backs[0]->started);
}

TEST_F(FrontTest, AbortTaskWaitsForWhatTheArrayHas) {
  begin(host);
  const auto& sent = host.send(scsi::make_test_unit_ready());
  manage(host, scsi::TaskFunction::abort_task, sent.task.tag + 1);
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::no_such_task});
  manage(host, scsi::TaskFunction::abort_task, sent.task.tag);
  EXPECT_EQ(responses.size(), 1U);
  backs[0]->answer();
  EXPECT_FALSE(sent.task.aborted);
  ASSERT_EQ(responses.size(), 2U);
  EXPECT_EQ(responses[1], scsi::FunctionResponse::complete);
}

TEST_F(FrontTest, AbortTaskSetEndsAtOnceWhatTheArrayHasNot) {
  log_in(host);
  host.send(scsi::make_test_unit_ready());
  const auto& waiting = host.send(scsi::make_test_unit_ready());
  manage(host, scsi::TaskFunction::abort_task_set);
  EXPECT_TRUE(waiting.task.aborted);
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::complete});
  backs[0]->serve();
  EXPECT_TRUE(backs[0]->requests.empty());
}

TEST_F(FrontTest, AResetReachesTheUnitAndWaitsForTheTasks) {
  begin(host);
  host.send(scsi::make_test_unit_ready());
  manage(host, scsi::TaskFunction::logical_unit_reset);
  backs[0]->was_reset(true);
  EXPECT_TRUE(responses.empty());
  backs[0]->answer();
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::complete});
  manage(host, scsi::TaskFunction::target_warm_reset);
  backs[0]->was_reset(false);
  EXPECT_EQ(responses.back(), scsi::FunctionResponse::rejected);
  manage(host, scsi::TaskFunction::logical_unit_reset, 0, uint64_t{1} << 48);
  EXPECT_EQ(responses.back(), scsi::FunctionResponse::no_such_lun);
}

TEST_F(FrontTest, NobodyHearsOfManagementAfterTheEnd) {
  begin(host);
  const auto& sent = host.send(scsi::make_test_unit_ready());
  manage(host, scsi::TaskFunction::abort_task, sent.task.tag);
  manage(host, scsi::TaskFunction::logical_unit_reset);
  host.nexus.reset();
  backs[0]->was_reset(true);
  backs[0]->answer();
  EXPECT_TRUE(responses.empty());
}

TEST_F(FrontTest, StoppedWhenAllHaveEnded) {
  begin(host);
  host.send(scsi::make_test_unit_ready());
  bool stopped = false;
  device.stop([&] { stopped = true; });
  Host late;
  EXPECT_EQ(device.login(0, {"iqn.2026-11.test:late", {}}, late), nullptr);
  host.nexus.reset();
  scheduler.run_due();
  EXPECT_FALSE(stopped);
  backs[0]->answer();
  backs[0]->stopped();
  scheduler.run_due();
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(backs.empty());
}

}  // namespace
}  // namespace io::front
