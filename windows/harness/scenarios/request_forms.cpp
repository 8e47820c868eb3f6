// Extended request blocks of all forms: a CDB of 16, of 32 or of any number of bytes, with or
// without an address and another appendix before it. Of each the driver reads what the command is
// and how it has ended.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "windows/harness/guarded_bytes.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

constexpr ULONG kAnotherType = 0x80;  // I/O information
constexpr size_t kAnotherBytes = 32;

struct Form {
  ULONG type = SrbExDataTypeScsiCdb16;
  size_t cdb_bytes = 16;
  bool preceded = false;  // by an address and another appendix
};
constexpr Form kForms[] = {
    {SrbExDataTypeScsiCdb16, 10, false},  {SrbExDataTypeScsiCdb16, 16, true},
    {SrbExDataTypeScsiCdb32, 32, false},  {SrbExDataTypeScsiCdb32, 32, true},
    {SrbExDataTypeScsiCdbVar, 10, false}, {SrbExDataTypeScsiCdbVar, 32, false},
    {SrbExDataTypeScsiCdbVar, 32, true},
};

// READ or WRITE of one block, or TEST UNIT READY.
enum class Command : uint8_t { read, write, test };
constexpr Command kCommands[] = {Command::read, Command::write, Command::test};

std::vector<uint8_t> cdb_of(Command command, size_t bytes) {
  std::vector<uint8_t> cdb(bytes);
  if (command == Command::test) {
    return cdb;
  }
  const bool reads = command == Command::read;
  switch (bytes) {
    case 10:
      cdb[0] = reads ? scsi::kRead10 : scsi::kWrite10;
      cdb[8] = 1;
      break;
    case 16:
      cdb[0] = reads ? scsi::kRead16 : scsi::kWrite16;
      cdb[13] = 1;
      break;
    default:
      cdb[0] = 0x7f;  // variable length
      cdb[7] = static_cast<uint8_t>(bytes - 8);
      cdb[9] = reads ? 0x09 : 0x0b;
      cdb[31] = 1;
      break;
  }
  return cdb;
}

// Such a block, in memory that ends with it.
class Block {
 public:
  Block(const Form& form, Command command, Request& request, const scsi::Sense& sense)
      : offset_(place_of_cdb(form)), size_(offset_ + appendix_bytes(form)), bytes_(size_) {
    const std::vector<uint8_t> cdb = cdb_of(command, form.cdb_bytes);
    request.srb.DataTransferLength = command == Command::test ? 0 : 512;
    ExtendedBlock plain;
    extend(request.srb, plain);
    STORAGE_REQUEST_BLOCK& block = plain.block;
    block.SrbLength = static_cast<ULONG>(size_);
    block.SrbStatus = SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
    std::memcpy(bytes_.data(), &block, sizeof(block));
    ULONG offsets[2] = {static_cast<ULONG>(offset_), 0};
    if (form.preceded) {
      put(offsetof(STORAGE_REQUEST_BLOCK, AddressOffset), static_cast<ULONG>(kFirst));
      put(offsetof(STORAGE_REQUEST_BLOCK, NumSrbExData), ULONG{2});
      put(kFirst,
          STOR_ADDR_BTL8{STOR_ADDRESS_TYPE_BTL8, 0, STOR_ADDR_BTL8_ADDRESS_LENGTH, 0, 0, 0, 0});
      put(kFirst + sizeof(STOR_ADDR_BTL8), kAnotherType);
      offsets[0] = static_cast<ULONG>(kFirst + sizeof(STOR_ADDR_BTL8));
      offsets[1] = static_cast<ULONG>(offset_);
    }
    std::memcpy(bytes_.data() + offsetof(STORAGE_REQUEST_BLOCK, SrbExDataOffset), offsets,
                sizeof(offsets));
    const size_t sense_bytes = scsi::encode_fixed_sense(request.sense, sense);
    put(offset_, form.type);
    put(offset_ + 8, scsi::kCheckCondition);
    put(offset_ + 9, static_cast<UCHAR>(sense_bytes));
    const bool variable = form.type == SrbExDataTypeScsiCdbVar;
    variable ? put(offset_ + 12, static_cast<ULONG>(cdb.size()))
             : put(offset_ + 10, static_cast<UCHAR>(cdb.size()));
    put(offset_ + (variable ? 24 : 16), static_cast<PVOID>(request.sense));
    std::memcpy(bytes_.data() + offset_ + (variable ? 32 : 24), cdb.data(), cdb.size());
  }

  void set_variable_length(ULONG length) {
    put(offset_ + offsetof(SRBEX_DATA_SCSI_CDB_VAR, CdbLength), length);
  }
  // The block's own length says that so much of its end does not belong to it.
  void cut_off(size_t bytes) {
    put(offsetof(STORAGE_REQUEST_BLOCK, SrbLength), static_cast<ULONG>(size_ - bytes));
  }
  SCSI_REQUEST_BLOCK* get() { return reinterpret_cast<SCSI_REQUEST_BLOCK*>(bytes_.data()); }

 private:
  // Behind two places for offsets.
  static constexpr size_t kFirst = sizeof(STORAGE_REQUEST_BLOCK) + 8;

  static size_t place_of_cdb(const Form& form) {
    return kFirst + (form.preceded ? sizeof(STOR_ADDR_BTL8) + kAnotherBytes : 0);
  }
  static size_t appendix_bytes(const Form& form) {
    switch (form.type) {
      case SrbExDataTypeScsiCdb16:
        return offsetof(SRBEX_DATA_SCSI_CDB32, Cdb) + 16;
      case SrbExDataTypeScsiCdb32:
        return offsetof(SRBEX_DATA_SCSI_CDB32, Cdb) + 32;
      default:
        return offsetof(SRBEX_DATA_SCSI_CDB_VAR, Cdb) + (form.cdb_bytes + 7) / 8 * 8;
    }
  }
  template <typename T>
  void put(size_t at, const T& value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }

  size_t offset_;
  size_t size_;
  GuardedBytes bytes_;
};

struct Verdict {
  ULONG mask = 0;
  bool retry = false;
};

// Of the second path, which stands by.
Verdict interpret(Scene& scene, Block& block) {
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  NTSTATUS status = STATUS_IO_DEVICE_ERROR;
  BOOLEAN retry = FALSE;
  LONG interval_s = MAXLONG;
  ULONG mask = 0;
  {
    const AtIrql dispatch_level(DISPATCH_LEVEL);
    mask = dsm.DsmInterpretErrorEx(dsm.DsmContext, scene.mpio.dsm_id_of(scene.device(1)),
                                   block.get(), &status, &retry, &interval_s);
  }
  machine().settle();
  return {mask, retry != FALSE};
}

const scsi::Sense kStandsBy = scsi::make_sense(scsi::kNotReady, 0x040b);

// A port that stands by: reads and writes go elsewhere without being counted, where some path takes
// them; other commands are counted.
void read_as_one(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  for (const Form& form : kForms) {
    for (const Command command : kCommands) {
      Request request;
      Block block(form, command, request, kStandsBy);
      scene.mpio.choose_only(block.get());
      const Verdict verdict = interpret(scene, block);
      const std::string what = "type " + std::to_string(form.type) + ", " +
                               std::to_string(form.cdb_bytes) + " bytes" +
                               (form.preceded ? ", not the first" : "");
      expect(verdict.retry, what + ": is to be tried again");
      expect_equal(verdict.mask, command == Command::test ? ULONG{0} : DSM_RETRY_DONT_DECREMENT,
                   what + ": the mask");
    }
  }
  scene.unload();
}

// A length that leads out of the block: none of it is read.
void expect_unread(Scene& scene, Block& block) {
  scene.mpio.choose_only(block.get());
  const Verdict verdict = interpret(scene, block);
  expect(!verdict.retry, "what is not read is not judged");
  expect_equal(verdict.mask, ULONG{0}, "the mask");
}
void too_long(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  for (const ULONG length : {33U, 0x7fffffffU, 0xffffffe0U, 0xffffffffU}) {
    Request request;
    Block block({SrbExDataTypeScsiCdbVar, 32, false}, Command::read, request, kStandsBy);
    block.set_variable_length(length);
    expect_unread(scene, block);
  }
  for (const Form& form : kForms) {
    Request request;
    Block block(form, Command::read, request, kStandsBy);
    block.cut_off(form.type == SrbExDataTypeScsiCdbVar ? 32 : 1);
    expect_unread(scene, block);
  }
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"requests/read-as-one", read_as_one},
    {"requests/too-long", too_long},
};

}  // namespace

std::span<const Scenario> request_form_scenarios() {
  return kScenarios;
}

}  // namespace harness
