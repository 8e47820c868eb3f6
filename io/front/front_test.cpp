// The life of a front nexus and of what it has at the back, on a logical unit that the test plays.
#include "io/front/front.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "base/testing/manual_scheduler.h"
#include "io/front/names.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"
#include "scsi/sense.h"
#include "scsi/transport_id.h"

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
  void manage(scsi::TaskFunction function, std::function<void(bool)> done) override {
    asked = function;
    managed = std::move(done);
  }
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

  bool holds = false;
  uint16_t attention = 0;
  std::vector<mpio::ScsiRequest*> requests;
  std::function<void(const std::string&)> started;
  scsi::TaskFunction asked = scsi::TaskFunction::abort_task;
  std::function<void(bool)> managed;
  std::function<void()> stopped;

 private:
  void submit(mpio::ScsiRequest& request) override { requests.push_back(&request); }
  bool holds_unit() const override { return holds; }
  uint16_t take_attention() override { return std::exchange(attention, uint16_t{0}); }
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
    std::function<void()> on_done = [] {};
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
    made.task.done = [](iscsi::Task& task) {
      auto& done = *static_cast<Sent*>(task.owner);
      ++done.done;
      done.on_done();
    };
    nexus->submit(made.task);
    return made;
  }
  std::list<Sent> sent;  // the nexus may have them to its end
  std::unique_ptr<iscsi::Nexus> nexus;
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

TEST_F(FrontTest, WhatTheClientHasNoRoomForIsCounted) {
  begin(host);
  const auto& read = host.send(scsi::make_read(0, 2), 600);
  backs[0]->requests[0]->overflow_bytes = 424;
  backs[0]->answer(0, scsi::kGood, std::vector<uint8_t>(600, 7));
  EXPECT_EQ(read.task.data_in.size(), 600U);
  EXPECT_EQ(read.task.data_in_beyond, 424U);
  const auto& no_room = host.send(scsi::make_read(0, 2));
  backs[0]->requests[0]->overflow_bytes = 1024;
  backs[0]->answer();
  EXPECT_EQ(no_room.task.data_in_beyond, 1024U);
}

// READ FULL STATUS of one registered nexus, down the path of that qualifier.
std::vector<uint8_t> registered_as(const std::string& name, Isid isid) {
  std::array<uint8_t, scsi::kMaxTransportIdBytes> id{};
  const size_t length = scsi::encode_iscsi_transport_id(id, name, &isid);
  std::vector<uint8_t> data(512);
  scsi::FullStatusWriter writer(data, 7);
  writer.add({.key = 5, .relative_target_port = 2, .transport_id = base::Bytes(id).first(length)});
  data.resize(writer.finish());
  return data;
}

TEST_F(FrontTest, KeysAreAskedForWithTheirOwners) {
  begin(host, 1, 1);
  const auto& keys =
      host.send(scsi::make_persistent_reserve_in(scsi::ReserveInAction::read_keys, 12), 255);
  EXPECT_EQ(backs[0]->requests[0]->cdb.service_action(), 3U) << "READ FULL STATUS";
  const Isid isid = back_end_isid({"iqn.2026-11.test:host", {0x40, 0, 0, 0, 0, 1}}, 1, "a", "b");
  const auto status = registered_as("iqn.2026-11.test:host:dsmkit", isid);
  backs[0]->answer(0, scsi::kGood, status);
  EXPECT_EQ(keys.task.data_in, (std::vector<uint8_t>{0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0}))
      << "as much as the client asks for";
  const auto& full = host.send(
      scsi::make_persistent_reserve_in(scsi::ReserveInAction::read_full_status, 512), 512);
  backs[0]->answer(0, scsi::kGood, status);
  const std::string text(full.task.data_in.begin(), full.task.data_in.end());
  EXPECT_NE(text.find("iqn.2026-11.test:host,i,0x400000000001"), std::string::npos);
  EXPECT_EQ(full.task.data_in[8 + 19], 2) << "its port at the front";
}

TEST_F(FrontTest, AnArrayThatTellsNoOwnersIsAskedForKeysAlone) {
  begin(host);
  const auto cdb = scsi::make_persistent_reserve_in(scsi::ReserveInAction::read_keys, 16);
  const auto& keys = host.send(cdb, 16);
  backs[0]->requests[0]->sense_bytes = 14;
  backs[0]->requests[0]->sense = {0x70, 0, scsi::kIllegalRequest, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0x24};
  backs[0]->answer(0, scsi::kCheckCondition);
  ASSERT_EQ(keys.done, 0);
  EXPECT_EQ(backs[0]->requests[0]->cdb.bytes, cdb.bytes);
  const std::vector<uint8_t> said = {0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 9};
  backs[0]->answer(0, scsi::kGood, said);
  EXPECT_EQ(keys.task.status, scsi::kGood);
  EXPECT_EQ(keys.task.data_in, said);
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
  auto& sent = host.send(scsi::make_test_unit_ready());
  manage(host, scsi::TaskFunction::abort_task, sent.task.tag + 1);
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::no_such_task});
  manage(host, scsi::TaskFunction::abort_task, sent.task.tag);
  EXPECT_EQ(responses.size(), 1U);
  sent.on_done = [this] { EXPECT_EQ(responses.size(), 1U) << "the task is answered first"; };
  backs[0]->answer();
  EXPECT_EQ(sent.done, 1);
  EXPECT_FALSE(sent.task.aborted);
  ASSERT_EQ(responses.size(), 2U);
  EXPECT_EQ(responses[1], scsi::FunctionResponse::no_such_task) << "it has ended by itself";
}

TEST_F(FrontTest, ATaskThatComesWhileAnotherEndsIsNotTakenForIt) {
  begin(host);
  auto& sent = host.send(scsi::make_test_unit_ready());
  sent.on_done = [this] {
    host.send(scsi::make_test_unit_ready());
    manage(host, scsi::TaskFunction::abort_task_set);
  };
  backs[0]->answer();
  EXPECT_TRUE(responses.empty());
  backs[0]->answer();
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::complete});
}

TEST_F(FrontTest, ClearTaskSetReachesTheUnit) {
  begin(host);
  manage(host, scsi::TaskFunction::clear_task_set);
  EXPECT_EQ(backs[0]->asked, scsi::TaskFunction::clear_task_set);
  backs[0]->managed(true);
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::complete});
  manage(host, scsi::TaskFunction::target_cold_reset);
  EXPECT_EQ(backs[0]->asked, scsi::TaskFunction::logical_unit_reset);
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
  backs[0]->managed(true);
  EXPECT_TRUE(responses.empty());
  backs[0]->answer();
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::complete});
  manage(host, scsi::TaskFunction::target_warm_reset);
  backs[0]->managed(false);
  EXPECT_EQ(responses.back(), scsi::FunctionResponse::rejected);
  manage(host, scsi::TaskFunction::logical_unit_reset, 0, uint64_t{1} << 48);
  EXPECT_EQ(responses.back(), scsi::FunctionResponse::no_such_lun);
}

TEST_F(FrontTest, OthersWaitUntilTheArrayKnowsThatTheHolderOfTheUnitHasGone) {
  Host other;
  begin(host);
  begin(other, 2);
  backs[0]->holds = true;
  host.nexus.reset();
  const auto& waiting = other.send(scsi::make_test_unit_ready());
  EXPECT_TRUE(backs[1]->requests.empty());
  backs[0]->stopped();
  scheduler.run_due();
  ASSERT_EQ(backs.size(), 1U);
  backs[0]->answer();
  EXPECT_EQ(waiting.done, 1);
}

TEST_F(FrontTest, AReservationThatIsLostIsToldOnce) {
  begin(host);
  backs[0]->attention = scsi::kReservationsReleased;
  EXPECT_EQ(host.send(scsi::make_inquiry(36), 36).done, 0) << "INQUIRY does not tell it";
  backs[0]->answer(0, scsi::kGood, std::vector<uint8_t>(36));
  EXPECT_EQ(host.send(scsi::make_test_unit_ready()).task.sense[12], 0x2a);
  EXPECT_EQ(host.send(scsi::make_test_unit_ready()).done, 0);
}

TEST_F(FrontTest, AResetWaitsForTheBackEndAndEndsWhatWaits) {
  log_in(host);
  host.send(scsi::make_test_unit_ready());
  const auto& waiting = host.send(scsi::make_test_unit_ready());
  manage(host, scsi::TaskFunction::target_warm_reset);
  EXPECT_TRUE(waiting.task.aborted);
  EXPECT_TRUE(responses.empty());
  EXPECT_FALSE(backs[0]->managed);
  backs[0]->serve();
  EXPECT_EQ(backs[0]->asked, scsi::TaskFunction::logical_unit_reset);
  ASSERT_TRUE(backs[0]->managed);
  backs[0]->managed(true);
  EXPECT_EQ(responses, std::vector{scsi::FunctionResponse::complete});
  EXPECT_TRUE(backs[0]->requests.empty());
}

TEST_F(FrontTest, NobodyHearsOfManagementAfterTheEnd) {
  begin(host);
  const auto& sent = host.send(scsi::make_test_unit_ready());
  manage(host, scsi::TaskFunction::abort_task, sent.task.tag);
  manage(host, scsi::TaskFunction::logical_unit_reset);
  host.nexus.reset();
  backs[0]->managed(true);
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
