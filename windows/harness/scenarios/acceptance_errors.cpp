// Acceptance: what errors mean, and who a LUN is, at the boundary of request blocks. The numbers
// are those of dsm/acceptance, which has the same list for the DSM itself.
#include <algorithm>
#include <array>
#include <iterator>

#include "scsi/cdb.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

struct Code {
  uint8_t key;
  uint8_t asc;
  uint8_t ascq;
};

void set_sense(Request& request, const Code& code) {
  std::fill(std::begin(request.sense), std::end(request.sense), uint8_t{0});
  request.sense[0] = 0x70;
  request.sense[2] = code.key;
  request.sense[7] = 10;
  request.sense[12] = code.asc;
  request.sense[13] = code.ascq;
}

// A request as it comes back from the port driver.
void end(Request& request, const scsi::Cdb& cdb, UCHAR srb_status, const Code& code) {
  std::copy(cdb.bytes.begin(), cdb.bytes.begin() + sizeof(request.srb.Cdb), request.srb.Cdb);
  request.srb.CdbLength = cdb.length;
  request.srb.SrbStatus = static_cast<UCHAR>(srb_status | SRB_STATUS_AUTOSENSE_VALID);
  request.srb.ScsiStatus = scsi::kCheckCondition;
  set_sense(request, code);
}

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
      expect(scene.mpio.recover(scene.device(0)), "the path is back");
    }
  }
  scene.unload();
}

// 16: a standby port is no reason to go round for ever.
void standby(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  constexpr Code kStandby{scsi::kNotReady, 0x04, 0x0b};
  Request request;
  end(request, scsi::make_read(0, 1), SRB_STATUS_ERROR, kStandby);
  Mpio::Verdict verdict = scene.mpio.interpret(scene.device(1), request, STATUS_IO_DEVICE_ERROR);
  expect(verdict.retry && verdict.mask == DSM_RETRY_DONT_DECREMENT,
         "a read is tried again for nothing while an optimized path is there");
  machine().settle();
  end(request, scsi::make_test_unit_ready(), SRB_STATUS_ERROR, kStandby);
  verdict = scene.mpio.interpret(scene.device(1), request, STATUS_IO_DEVICE_ERROR);
  expect(verdict.retry && verdict.mask == 0, "TEST UNIT READY is counted");
  machine().settle();
  scene.mpio.remove(scene.device(0), false);
  expect(scene.array().set_group_state(2, scsi::AccessState::standby).ok(), "the array changes");
  machine().settle();
  end(request, scsi::make_read(0, 1), SRB_STATUS_ERROR, kStandby);
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
    end(request, scsi::make_read(0, 1), form.srb_status, {scsi::kNotReady, 0x04, 0x0a});
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
  constexpr std::array<Code, 5> kCodes = {{{scsi::kUnitAttention, 0x38, 0x07},
                                           {scsi::kDataProtect, 0x27, 0x07},
                                           {scsi::kNotReady, 0x04, 0x14},
                                           {scsi::kUnitAttention, 0x3f, 0x03},
                                           {scsi::kUnitAttention, 0x2a, 0x09}}};
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  for (const Code& code : kCodes) {
    Request request;
    end(request, scsi::make_read(0, 1), SRB_STATUS_ERROR, code);
    const Mpio::Verdict verdict =
        scene.mpio.interpret(scene.device(0), request, STATUS_IO_DEVICE_ERROR);
    const std::string name = std::to_string(code.asc) + "/" + std::to_string(code.ascq);
    expect(!verdict.retry, "no retry of " + name);
    expect_equal(verdict.mask, ULONG{0}, "the mask of " + name);
  }
  machine().settle();
  expect_equal(scene.mpio.throttles, 0U, "throttles");
  scene.unload();
}

// 28: names of the target stand before the LUN's own. (The stand-in compares the identities.)
void identity_of_the_lun(const std::string& driver) {
  constexpr uint8_t kOfTarget = 0x20;
  const std::vector<uint8_t> name = {'i', 'q', 'n', '.', '2', '0', '2', '6', '-', '0', '1', 0};
  const std::array<std::vector<uint8_t>, 2> first = {{
      {0x53, kOfTarget | 0x98, 0, static_cast<uint8_t>(name.size())},
      {0x51, kOfTarget | 0x93, 0, 8, 0x52, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0},
  }};
  for (size_t i = 0; i < first.size(); ++i) {
    for (const bool shows : {true, false}) {
      Scene scene(driver);
      scene.must_load();
      scene.mpio.shows_identifiers = shows;
      std::vector<uint8_t> designator = first[i];
      if (i == 0) {
        designator.insert(designator.end(), name.begin(), name.end());
      }
      scene.device(1).tamper = [&](const scsi::Cdb& cdb, std::vector<uint8_t>& data) {
        if (cdb.opcode() != scsi::kInquiry || cdb.bytes[2] != 0x83) {
          return;
        }
        data.insert(data.begin() + 4, designator.begin(), designator.end());
        data[3] = static_cast<uint8_t>(data[3] + designator.size());
      };
      scene.arrive(2);
      expect_equal(scene.mpio.device_count(), 2U, "devices of the one disk");
      scene.unload();
    }
  }
}

constexpr Scenario kScenarios[] = {
    {"acceptance/03_flag-bits", flag_bits},
    {"acceptance/16_standby", standby},
    {"acceptance/17_transition", transition},
    {"acceptance/18_given-back", given_back},
    {"acceptance/28_identity-of-the-lun", identity_of_the_lun},
};

}  // namespace

std::span<const Scenario> acceptance_error_scenarios() {
  return kScenarios;
}

}  // namespace harness
