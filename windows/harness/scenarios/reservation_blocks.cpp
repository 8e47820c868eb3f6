// PERSISTENT RESERVE OUT: where its parameter list and its sense data are, and what is said of
// request blocks that cannot be right.
#include "scsi/opcodes.h"
#include "windows/harness/guarded_bytes.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

constexpr Wish kRegister{.service_action_key = kOurKey};

// The request's data are locked pages of its sender, and begin `before` bytes into them; the
// addresses mean nothing here.
class LockedData {
 public:
  LockedData(Request& request, size_t before, bool can_be_mapped = true) : request_(request) {
    pages_.resize(before);
    pages_.insert(pages_.end(), request.data.begin(), request.data.end());
    auto* const theirs = reinterpret_cast<uint8_t*>(0x7770123);
    describe(list_, theirs, static_cast<ULONG>(pages_.size()));
    machine().locked_pages[&list_] = can_be_mapped ? pages_.data() : nullptr;
    request.irp->MdlAddress = &list_;
    request.srb.DataBuffer = theirs + before;
  }
  ~LockedData() {
    request_.irp->MdlAddress = nullptr;
    machine().locked_pages.erase(&list_);
  }
  LockedData(const LockedData&) = delete;
  LockedData& operator=(const LockedData&) = delete;

  MDL& list() { return list_; }

 private:
  Request& request_;
  std::vector<uint8_t> pages_;
  MDL list_{};
};

void prepare(Request& request, const scsi::Cdb& cdb, const std::vector<uint8_t>& list) {
  request.data = list;
  request.set_command(cdb, SRB_FLAGS_DATA_OUT);
}

void run(Cluster& cluster) {
  cluster.scene.mpio.command(cluster.request);
  cluster.scene.mpio.run(cluster.request);
}

void locked_pages(const std::string& driver) {
  Cluster cluster(driver, 2);
  for (const bool extended : {false, true}) {
    for (const size_t before : {size_t{0}, size_t{100}}) {
      cluster.request.extended = extended;
      prepare(cluster.request, cdb_of(kRegister), list_of(kRegister));
      const LockedData locked(cluster.request, before);
      run(cluster);
      expect_text(cluster.said(), "GOOD", "REGISTER with its list in locked pages");
      expect_equal(cluster.count(kOurKey), 2U, "keys registered");
      const Wish unregister{.key = kOurKey};
      prepare(cluster.request, cdb_of(unregister), list_of(unregister));
      LockedData mapped(cluster.request, before);
      MmGetSystemAddressForMdlSafe(&mapped.list(), NormalPagePriority | MdlMappingNoExecute);
      run(cluster);
      expect_text(cluster.said(), "GOOD", "and in pages that are mapped already");
      expect_equal(cluster.count(kOurKey), 0U, "keys registered");
    }
  }
  cluster.scene.unload();
}

// Nothing of these reaches the target, and nothing is read where nothing is.
void wrong_lists(const std::string& driver) {
  Cluster cluster(driver, 2);
  Request& request = cluster.request;
  const unsigned before = cluster.scene.device(0).requests();
  const auto refused = [&](const std::string& what, const std::string& answer, NTSTATUS status) {
    run(cluster);
    expect_text(cluster.said(), answer, what);
    expect_equal(request.status, status, "the status of " + what);
    expect_equal(cluster.scene.device(0).requests(), before, "commands to the target: " + what);
  };
  for (const bool extended : {false, true}) {
    request.extended = extended;
    for (size_t bytes = 0; bytes < scsi::kReserveOutBytes; ++bytes) {
      GuardedBytes list(bytes);
      scsi::Cdb cdb = cdb_of(kRegister);
      base::store_be32(&cdb.bytes[5], static_cast<uint32_t>(bytes));
      prepare(request, cdb, std::vector<uint8_t>(bytes));
      request.srb.DataBuffer = list.data();
      refused("a list of " + std::to_string(bytes) + " bytes", "5/1a/00", STATUS_IO_DEVICE_ERROR);
      prepare(request, cdb_of(kRegister), std::vector<uint8_t>(bytes));
      request.srb.DataBuffer = list.data();
      refused("a buffer that is shorter than the list", "SRB status 06", STATUS_INVALID_PARAMETER);
    }
    prepare(request, cdb_of(kRegister), list_of(kRegister));
    request.srb.DataBuffer = nullptr;
    refused("no buffer", "SRB status 06", STATUS_INVALID_PARAMETER);
    prepare(request, cdb_of(kRegister), list_of(kRegister));
    request.srb.CdbLength = 9;
    refused("a CDB of 9 bytes", "5/24/00", STATUS_IO_DEVICE_ERROR);
  }
  expect_equal(cluster.keys().size(), 0U, "keys registered");
  // One whose contents are wrong is the target's to refuse.
  Wish move = kRegister;
  move.action = scsi::ReserveOutAction::register_and_move;
  prepare(request, cdb_of(move), std::vector<uint8_t>(scsi::kReserveOutBytes));
  request.data.back() = 200;  // bytes of TransportID that are not there
  run(cluster);
  expect(cluster.said().starts_with("5/"), "REGISTER AND MOVE without its TransportID");
  cluster.scene.unload();
}

void wrong_pages(const std::string& driver) {
  Cluster cluster(driver, 2);
  Request& request = cluster.request;
  const unsigned before = cluster.scene.device(0).requests();
  const auto refused = [&](const std::string& what, const std::string& answer) {
    run(cluster);
    expect_text(cluster.said(), answer, what);
    expect_equal(cluster.scene.device(0).requests(), before, "commands to the target: " + what);
  };
  for (const ULONG bytes : {0U, 1U, 23U}) {
    prepare(request, cdb_of(kRegister), list_of(kRegister));
    LockedData locked(request, 0);
    locked.list().ByteCount = bytes;
    refused("locked pages that are too few", "SRB status 06");
  }
  for (const ptrdiff_t off : {-1, 1, 1 << 20}) {
    prepare(request, cdb_of(kRegister), list_of(kRegister));
    const LockedData locked(request, 0);
    request.srb.DataBuffer = static_cast<uint8_t*>(request.srb.DataBuffer) + off;
    refused("a buffer that leaves the locked pages", "SRB status 06");
  }
  prepare(request, cdb_of(kRegister), list_of(kRegister));
  const LockedData locked(request, 0, false);
  refused("pages that cannot be mapped", "SRB status 30");
  expect_equal(cluster.keys().size(), 0U, "keys registered");
  cluster.scene.unload();
}

// What is behind the list is nobody's.
void longer_buffer(const std::string& driver) {
  Cluster cluster(driver, 2);
  std::vector<uint8_t> list = list_of(kRegister);
  list.resize(512, 0xee);
  prepare(cluster.request, cdb_of(kRegister), list);
  run(cluster);
  expect_text(cluster.said(), "GOOD", "REGISTER");
  expect_equal(cluster.request.irp->IoStatus.Information, scsi::kReserveOutBytes, "Information");
  expect_equal(cluster.count(kOurKey), 2U, "keys registered");
  cluster.scene.unload();
}

// Sense data are cut to the buffer there is, and left out where none are wanted.
void sense_buffers(const std::string& driver) {
  Cluster cluster(driver, 2);
  Request& request = cluster.request;
  const auto refuse = [&](uint8_t sense_bytes, ULONG flags) {
    prepare(request, cdb_of(kRegister), list_of(kRegister));
    request.srb.SrbFlags |= flags;
    request.srb.SenseInfoBufferLength = sense_bytes;
    std::fill(std::begin(request.sense), std::end(request.sense), uint8_t{0xee});
    cluster.scene.device(0).answer_next(scsi::kPersistentReserveOut, 1, scsi::kCheckCondition,
                                        scsi::make_sense(scsi::kIllegalRequest, 0x5504));
    run(cluster);
    const RequestFields answer = fields_of(*request.block());
    expect_equal(SRB_STATUS(*answer.srb_status), SRB_STATUS_ERROR, "SRB status");
    expect_equal(*answer.scsi_status, scsi::kCheckCondition, "SCSI status");
    return (*answer.srb_status & SRB_STATUS_AUTOSENSE_VALID) != 0;
  };
  for (const bool extended : {false, true}) {
    request.extended = extended;
    expect(refuse(18, 0), "18 bytes of sense data");
    expect_text(cluster.said(), "5/55/04", "its sense data");
    expect_equal(request.sense[18], 0xee, "the byte behind");
    expect(refuse(8, 0), "8 bytes of sense data");
    expect_equal(request.sense[2], scsi::kIllegalRequest, "the key in 8 bytes");
    expect_equal(request.sense[8], 0xee, "the byte behind");
    expect(!refuse(0, 0), "no room for sense data");
    expect(!refuse(18, SRB_FLAGS_DISABLE_AUTOSENSE), "no sense data are wanted");
    expect_equal(request.sense[0], 0xee, "the sense buffer");
  }
  cluster.scene.unload();
}

// What MPIO never sends there.
void not_the_dsms(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  for (const bool has_block : {false, true}) {
    Request request;
    request.set_command(scsi::make_test_unit_ready(), 0);
    DSM_IDS none{0, {nullptr}};
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    const NTSTATUS status = dsm.DsmSrbDeviceControl(dsm.DsmContext, &none, request.irp,
                                                    has_block ? request.block() : nullptr, &event);
    expect(!NT_SUCCESS(status) && request.irp->IoStatus.Status == status,
           "nothing of a device is handled without one");
    expect(event.Header.SignalState != 0, "the event is set");
    expect_equal(request.srb.SrbStatus, has_block ? SRB_STATUS_NO_DEVICE : SRB_STATUS_PENDING,
                 "SRB status");
  }
  Request request;
  request.set_command(scsi::make_test_unit_ready(), 0);
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  DSM_IDS one{1, {scene.mpio.dsm_id_of(scene.device(0))}};
  expect_equal(dsm.DsmSrbDeviceControl(dsm.DsmContext, &one, request.irp, request.block(), &event),
               STATUS_INVALID_DEVICE_REQUEST, "TEST UNIT READY");
  expect_equal(request.srb.SrbStatus, SRB_STATUS_INVALID_REQUEST, "its SRB status");
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  expect_equal(dsm.DsmBroadcastSrb(dsm.DsmContext, &one, request.irp, request.block(), &event),
               STATUS_INVALID_DEVICE_REQUEST, "BroadcastSrb");
  expect(event.Header.SignalState != 0, "the event is set");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"reservation-blocks/locked-pages", locked_pages},
    {"reservation-blocks/wrong-lists", wrong_lists},
    {"reservation-blocks/wrong-pages", wrong_pages},
    {"reservation-blocks/longer-buffer", longer_buffer},
    {"reservation-blocks/sense-buffers", sense_buffers},
    {"reservation-blocks/not-the-dsms", not_the_dsms},
};

}  // namespace

std::span<const Scenario> reservation_block_scenarios() {
  return kScenarios;
}

}  // namespace harness
