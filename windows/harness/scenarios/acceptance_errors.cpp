// Acceptance: what errors mean, at the boundary of request blocks. The numbers
// are those of dsm/acceptance, which has the same list for the DSM itself.
#include <array>

#include "scsi/cdb.h"
#include "scsi/opcodes.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

// 3: whatever flag bits the port driver adds to the status of a request.
void flag_bits(const std::string& driver) {
  constexpr std::array<UCHAR, 6> kNobodyThere = {0x0a, 0x20, 0x21, 0x08, 0x11, 0x07};
  constexpr std::array<UCHAR, 4> kFlags = {0, SRB_STATUS_QUEUE_FROZEN, SRB_STATUS_AUTOSENSE_VALID,
                                           SRB_STATUS_QUEUE_FROZEN | SRB_STATUS_AUTOSENSE_VALID};
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Request request;
  unsigned failed = 0;
  for (const UCHAR status : kNobodyThere) {
    for (const UCHAR flags : kFlags) {
      scene.device(0).end_next({.srb_status = static_cast<UCHAR>(status | flags)}, 1);
      for (int i = 0; i < 2; ++i) {
        scene.mpio.read(request, 0, 1);
        scene.mpio.run(request);
        expect_equal(request.status, STATUS_SUCCESS, "a read");
      }
      expect_equal(scene.mpio.invalidations, ++failed,
                   "paths invalidated, status " + std::to_string(status | flags));
      expect_states(scene, "FAILED AO", "status " + std::to_string(status | flags));
      expect(scene.mpio.recover(scene.device(0)), "the path is back");
      expect_states(scene, "AO AO", "the path is back");
    }
  }
  scene.unload();
}

// 16: a standby port is no reason to go round for ever.
void standby(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  constexpr scsi::Sense kStandby = scsi::make_sense(scsi::kNotReady, 0x040b);
  Request request;
  come_back(request, scsi::make_read(0, 1), SRB_STATUS_ERROR, kStandby);
  Mpio::Verdict verdict = scene.mpio.interpret(scene.device(1), request, STATUS_IO_DEVICE_ERROR);
  expect(verdict.retry && verdict.mask == DSM_RETRY_DONT_DECREMENT,
         "a read is tried again for nothing while an optimized path is there");
  machine().settle();
  come_back(request, scsi::make_test_unit_ready(), SRB_STATUS_ERROR, kStandby);
  verdict = scene.mpio.interpret(scene.device(1), request, STATUS_IO_DEVICE_ERROR);
  expect(verdict.retry && verdict.mask == 0, "TEST UNIT READY is counted");
  machine().settle();
  scene.mpio.remove(scene.device(0), false);
  expect(scene.array().set_group_state(2, scsi::AccessState::standby).ok(), "the array changes");
  machine().settle();
  come_back(request, scsi::make_read(0, 1), SRB_STATUS_ERROR, kStandby);
  verdict = scene.mpio.interpret(scene.device(1), request, STATUS_IO_DEVICE_ERROR);
  expect(verdict.retry && verdict.mask == 0, "without an optimized path a read is counted, too");
  scene.unload();
}

// 17: a transition, however the port driver puts it.
void transition(const std::string& driver) {
  struct Form {
    UCHAR srb_status;
    NTSTATUS status;
  };
  constexpr std::array<Form, 2> kForms = {
      {{SRB_STATUS_ERROR, STATUS_IO_DEVICE_ERROR}, {SRB_STATUS_BUSY, STATUS_DEVICE_BUSY}}};
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  for (const Form& form : kForms) {
    Request request;
    come_back(request, scsi::make_read(0, 1), form.srb_status,
              scsi::make_sense(scsi::kNotReady, 0x040a));
    const Mpio::Verdict verdict = scene.mpio.interpret(scene.device(0), request, form.status);
    expect(verdict.retry && verdict.mask == DSM_RETRY_DONT_DECREMENT,
           "tried again for nothing, SRB status " + std::to_string(form.srb_status));
    machine().settle();
  }
  expect(scene.mpio.throttles != 0, "I/O is held while the access states are read");
  expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  scene.unload();
}

// 18: what the class driver must see comes back with an explicit "no".
void given_back(const std::string& driver) {
  constexpr std::array<scsi::Sense, 5> kSenses = {
      scsi::make_sense(scsi::kUnitAttention, 0x3807), scsi::make_sense(scsi::kDataProtect, 0x2707),
      scsi::make_sense(scsi::kNotReady, 0x0414), scsi::make_sense(scsi::kUnitAttention, 0x3f03),
      scsi::make_sense(scsi::kUnitAttention, 0x2a09)};
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  for (const bool extended : {false, true}) {
    for (const scsi::Sense& sense : kSenses) {
      Request request;
      request.extended = extended;
      come_back(request, scsi::make_read(0, 1), SRB_STATUS_ERROR, sense);
      const Mpio::Verdict verdict =
          scene.mpio.interpret(scene.device(0), request, STATUS_IO_DEVICE_ERROR);
      const std::string name = std::to_string(sense.asc) + "/" + std::to_string(sense.ascq);
      expect(!verdict.retry, "no retry of " + name);
      expect_equal(verdict.mask, ULONG{0}, "the mask of " + name);
    }
  }
  machine().settle();
  expect_equal(scene.mpio.throttles, 0U, "throttles");
  expect_states(scene, "AO AU", "afterwards");
  scene.unload();
}

// 19: a RESERVATION CONFLICT is the target's word, and says nothing of the path.
void reservation_conflict(const std::string& driver) {
  for (const bool symmetric : {true, false}) {
    Scene scene(driver, symmetric ? Scene::symmetric_array() : Scene::asymmetric_array());
    scene.must_load();
    scene.arrive(2);
    const std::string before = states(scene);
    const unsigned commands = scene.device(0).requests() + scene.device(1).requests();
    Request request;
    for (const bool extended : {false, true}) {
      request.extended = extended;
      come_back(request, scsi::make_write(0, 1), SRB_STATUS_ERROR, scsi::kReservationConflict);
      const Mpio::Verdict verdict =
          scene.mpio.interpret(scene.device(0), request, STATUS_IO_DEVICE_ERROR);
      expect(!verdict.retry, "no retry");
      expect_equal(verdict.mask, ULONG{0}, "the mask");
      machine().settle();
    }
    expect_equal(scene.device(0).requests() + scene.device(1).requests(), commands,
                 "commands of the DSM");
    for (const bool extended : {false, true}) {
      request.extended = extended;
      scene.device(0).answer_next(scsi::kWrite10, 1, scsi::kReservationConflict);
      do {
        scene.mpio.write(request, 0, 1, 0x5a);
        scene.mpio.run(request);
      } while (number_of(request) != 1);
      expect(!NT_SUCCESS(request.status), "a write that meets the conflict");
      expect_equal(request.retries, 0U, "retries");
      machine().settle();
    }
    expect_text(states(scene), before, "the states");
    expect_equal(scene.mpio.invalidations + scene.mpio.throttles, 0U, "invalidations, throttles");
    scene.unload();
  }
}

constexpr Scenario kScenarios[] = {
    {"acceptance/03_flag-bits", flag_bits},
    {"acceptance/16_standby", standby},
    {"acceptance/17_transition", transition},
    {"acceptance/18_given-back", given_back},
    {"acceptance/19_reservation-conflict", reservation_conflict},
};

}  // namespace

std::span<const Scenario> acceptance_error_scenarios() {
  return kScenarios;
}

}  // namespace harness
