// What a path leads to may change while it is in use: its size, or the logical unit itself.
#include <gtest/gtest.h>

#include <cerrno>

#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "sim/block_stamp.h"
#include "sim/testing/scene.h"

namespace sim {
namespace {

using mpio::PathState;

class DiskDoubts : public ::testing::TestWithParam<uint32_t> {
 protected:
  SceneOptions options() const { return {.lanes = GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(Lanes, DiskDoubts, ::testing::Values(1U, 2U));

TEST_P(DiskDoubts, GrowthIsSeenAtTheNextCommand) {
  Scene scene(options());
  const uint64_t before = scene.host->disk().geometry().size_bytes;
  ASSERT_TRUE(scene.world.storage->resize_lun(0, 2 * before).ok());
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  scene.run_ms(100);
  for (uint32_t lane = 0; lane < GetParam(); ++lane) {
    EXPECT_EQ(scene.host->disk().lane(lane).geometry().size_bytes, 2 * before);
  }
  const Scene::Io& beyond = scene.write(before / kBlockBytes + 5, 0x77);
  ASSERT_TRUE(scene.wait(beyond));
  EXPECT_EQ(beyond.request.error, 0);
  EXPECT_EQ(scene.on_medium(before / kBlockBytes + 5), 0x77);
}

TEST_P(DiskDoubts, GrowthIsSeenWithoutAnyCommand) {
  Scene scene(options());
  const uint64_t before = scene.host->disk().geometry().size_bytes;
  ASSERT_TRUE(scene.world.storage->resize_lun(0, 2 * before).ok());
  scene.run_ms(35'000);
  EXPECT_EQ(scene.host->disk().geometry().size_bytes, 2 * before);
}

TEST_P(DiskDoubts, AShrunkLunIsNotUsed) {
  Scene scene(options());
  const uint64_t before = scene.host->disk().geometry().size_bytes;
  ASSERT_TRUE(scene.world.storage->resize_lun(0, before / 2).ok());
  scene.run_ms(35'000);
  EXPECT_EQ(scene.state(0), PathState::refused);
  EXPECT_EQ(scene.state(1), PathState::refused);
  EXPECT_EQ(scene.host->disk().geometry().size_bytes, before) << "clients were promised this much";
  EXPECT_NE(scene.status().paths[0].last_error.find("made smaller"), std::string::npos);

  ASSERT_TRUE(scene.world.storage->resize_lun(0, before).ok());
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io)) << "it has its size again";
  EXPECT_EQ(io.request.error, 0);
}

TEST_P(DiskDoubts, AnnouncedChangeOfTheInventoryIsLookedAtWithoutAnError) {
  Scene scene(options());
  constexpr uint16_t kReportedLunsChanged = 0x3f0e;
  scene.world.storage->attention_for_all(kReportedLunsChanged, array::Array::kEveryLun);
  const uint64_t logins = scene.status().paths[0].logins;
  const Scene::Io& io = scene.write(5, 0x66);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_LE(io.took_ns(), 50 * kMillisecond);
  scene.run_ms(3'000);
  EXPECT_EQ(scene.state(0), PathState::up);
  EXPECT_EQ(scene.status().paths[0].logins, logins) << "the session is kept";
}

// --- write protection

// The array tells it at the next command, and refuses writes from now on.
void protect_lun(Scene& scene, bool protect) {
  constexpr uint16_t kModeParametersChanged = 0x2a01;
  scene.world.storage->lun(0).set_write_protect(protect);
  scene.world.storage->attention_for_all(kModeParametersChanged, 0);
}

TEST_P(DiskDoubts, WriteProtectionIsSeenAtTheNextCommandAndSoIsItsEnd) {
  Scene scene(options());
  EXPECT_FALSE(scene.status().geometry.read_only);
  protect_lun(scene, true);
  ASSERT_TRUE(scene.wait(scene.read(5)));
  scene.run_ms(100);
  for (uint32_t lane = 0; lane < GetParam(); ++lane) {
    EXPECT_TRUE(scene.host->disk().lane(lane).geometry().read_only);
    const uint64_t errors = scene.status().paths[0].errors + scene.status().paths[1].errors;
    const Scene::Io& refused = scene.write(5, 0x77, 1, lane);
    ASSERT_TRUE(scene.wait(refused));
    EXPECT_EQ(refused.request.error, EPERM);
    EXPECT_EQ(scene.status().paths[0].errors + scene.status().paths[1].errors, errors)
        << "the array is not asked";
  }
  EXPECT_EQ(scene.on_medium(5), 0);

  protect_lun(scene, false);
  ASSERT_TRUE(scene.wait(scene.read(5)));
  scene.run_ms(100);
  EXPECT_FALSE(scene.status().geometry.read_only);
  const Scene::Io& io = scene.write(5, 0x77);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_EQ(scene.on_medium(5), 0x77);
}

// An array that protects the LUN without a word: a refused write tells.
TEST_P(DiskDoubts, ARefusedWriteLetsTheDiskLookForWriteProtection) {
  Scene scene(options());
  scene.world.storage->lun(0).set_write_protect(true);
  const Scene::Io& refused = scene.write(5, 0x77);
  ASSERT_TRUE(scene.wait(refused));
  EXPECT_EQ(refused.request.error, EPERM);
  scene.run_ms(100);
  EXPECT_TRUE(scene.status().geometry.read_only);
}

class CountedExaminations final : public WireObserver {
 public:
  size_t count = 0;

 private:
  void on_login_started(uint32_t) override {}
  void on_logged_in(uint32_t) override {}
  void on_sent(uint32_t link, const mpio::TransportCommand& command) override {
    count += link == 0 && command.cdb.opcode() == scsi::kModeSense6 ? 1 : 0;
  }
  void on_back(uint32_t, const mpio::TransportCommand&) override {}
};

// An array that refuses writes and shows no write protection.
TEST_P(DiskDoubts, RefusedWritesAreNotEachAReasonToLook) {
  Scene scene(options());
  CountedExaminations examinations;
  scene.world.fabric->set_observer(&examinations);
  array::PortFaults& faults = scene.world.storage->port_faults(0);
  const auto refused_writes_for_a_while = [&] {
    for (int i = 0; i < 20; ++i) {
      faults.sense_key = scsi::kDataProtect;
      faults.sense_code = 0x2700;
      faults.sense_count = 1;
      const Scene::Io& refused = scene.write(5, 0x77);
      ASSERT_TRUE(scene.wait(refused));
      EXPECT_EQ(refused.request.error, EPERM);
      scene.run_ms(20);
    }
  };
  refused_writes_for_a_while();
  EXPECT_EQ(examinations.count, 1U);
  EXPECT_FALSE(scene.status().geometry.read_only);
  scene.run_ms(1'000);
  refused_writes_for_a_while();
  EXPECT_EQ(examinations.count, 2U);
}

TEST_P(DiskDoubts, WhereNoPathSaysAnythingTheDiskStaysReadOnly) {
  Scene scene(options());
  protect_lun(scene, true);
  ASSERT_TRUE(scene.wait(scene.read(5)));
  scene.run_ms(100);
  for (const uint32_t path : {0U, 1U}) {
    scene.world.storage->set_port_enabled(path, false);
    ASSERT_NE(scene.time_until(path, PathState::down), UINT64_MAX);
  }
  const Scene::Io& refused = scene.write(5, 0x77);
  ASSERT_TRUE(scene.wait(refused, kSecond)) << "it does not wait for a path to hear no";
  EXPECT_EQ(refused.request.error, EPERM);
}

TEST_P(DiskDoubts, WriteProtectionThatEndsWithoutAWordIsSeenByLookingAgain) {
  Scene scene(options());
  protect_lun(scene, true);
  ASSERT_TRUE(scene.wait(scene.read(5)));
  scene.run_ms(100);
  ASSERT_TRUE(scene.status().geometry.read_only);
  scene.world.storage->lun(0).set_write_protect(false);
  scene.run_ms(31'000);
  EXPECT_FALSE(scene.status().geometry.read_only);
}

// Paths disagree: a write must not fail or succeed by the path it happens to take.
TEST_P(DiskDoubts, OneWriteProtectedPathInUseMakesTheDiskReadOnly) {
  Scene scene(options());
  scene.world.storage->set_port_enabled(1, false);
  ASSERT_NE(scene.time_until(1, PathState::down), UINT64_MAX);
  scene.world.storage->lun(0).set_write_protect(true);  // the other path does not hear of it
  scene.world.storage->set_port_enabled(1, true);
  ASSERT_NE(scene.time_until(1, PathState::up), UINT64_MAX);
  EXPECT_EQ(scene.status().paths[0].write_protected, false);
  EXPECT_EQ(scene.status().paths[1].write_protected, true);
  EXPECT_TRUE(scene.status().geometry.read_only);
  scene.world.storage->lun(0).set_write_protect(false);  // neither of them hears of it
  const Scene::Io& refused = scene.write(5, 0x77);
  ASSERT_TRUE(scene.wait(refused));
  EXPECT_EQ(refused.request.error, EPERM);

  scene.world.storage->set_port_enabled(1, false);
  ASSERT_NE(scene.time_until(1, PathState::down), UINT64_MAX);
  scene.run_ms(100);
  const Scene::Io& io = scene.write(5, 0x77);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0) << "those that are left can be written through";
}

// Every path of an array that has put another logical unit in the old one's place.
TEST_P(DiskDoubts, ALunThatBecameAnotherOneIsNeverWrittenTo) {
  SceneOptions with_alua = options();
  with_alua.alua = array::AluaMode::both;
  with_alua.policy = dsm::PolicyId::round_robin;
  Scene scene(with_alua);
  const Scene::Io& before = scene.write(5, 0x11);
  ASSERT_TRUE(scene.wait(before));
  scene.world.storage->change_identity(0);
  const Scene::Io& io = scene.write(5, 0x22);
  EXPECT_FALSE(scene.wait(io, 50 * kSecond)) << "there is no path to this disk any more";
  EXPECT_EQ(scene.on_medium(5), 0x11) << "the blocks are another disk's now";
  EXPECT_EQ(scene.state(0), PathState::refused);
  EXPECT_EQ(scene.state(1), PathState::refused);
  EXPECT_NE(scene.status().paths[0].last_error.find("another disk"), std::string::npos);
}

// One port that shows other logical units, and does not even say so: found out by looking again.
TEST_P(DiskDoubts, APortThatShowsAnotherLunIsLeftWithoutAnError) {
  Scene scene(options());
  ASSERT_EQ(scene.path_in_use(), 0U);
  scene.world.storage->port_faults(0).wrong_identity = true;
  scene.run_ms(31'000);
  EXPECT_EQ(scene.state(0), PathState::refused);
  EXPECT_EQ(scene.path_in_use(), 1U);
  const Scene::Io& io = scene.write(5, 0x22);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);

  scene.world.storage->port_faults(0).wrong_identity = false;
  EXPECT_NE(scene.time_until(0, PathState::up), UINT64_MAX) << "it is looked at now and then";
}

// The attention may be collected by a command of the disk's own; no data command may then go there
// as if nothing had been said.
TEST_P(DiskDoubts, AnAttentionMetByTheDisksOwnCommandsIsHeededToo) {
  SceneOptions with_alua = options();
  with_alua.alua = array::AluaMode::implicit_only;
  Scene scene(with_alua);
  const uint32_t path = scene.path_in_use();
  scene.world.storage->change_identity(0);
  // Access states change: the disk reads them, and that command meets the attention first.
  ASSERT_TRUE(scene.world.storage->set_group_state(1, scsi::AccessState::active_nonoptimized).ok());
  const Scene::Io& io = scene.write(5, 0x22);
  EXPECT_FALSE(scene.wait(io, 50 * kSecond));
  EXPECT_EQ(scene.on_medium(5), 0);
  EXPECT_EQ(scene.state(path), PathState::refused);
}

}  // namespace
}  // namespace sim
