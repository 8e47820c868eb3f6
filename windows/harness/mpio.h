// A stand-in for mpio.sys: takes a DSM's registration, calls its entry points in the order in which
// MPIO is documented to call them and at the IRQL it may call them at, and provides what a DSM
// imports. A device's LUN says of which disk it is.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "scsi/cdb.h"
#include "windows/abi/imports.h"
#include "windows/abi/pass_through.h"
#include "windows/harness/image.h"
#include "windows/harness/port_device.h"
#include "windows/harness/request_block.h"

namespace harness {

// Policies, as MPIO numbers them.
inline constexpr ULONG kFailOverOnly = 1;
inline constexpr ULONG kRoundRobin = 2;
inline constexpr ULONG kWithSubset = 3;
inline constexpr ULONG kLeastQueueDepth = 4;
inline constexpr ULONG kWeightedPaths = 5;
inline constexpr ULONG kLeastBlocks = 6;
inline constexpr ULONG kLeastServiceTime = 7;

// One client request. Its packet has a stack location for MPIO and one for the device.
struct Request {
  alignas(IRP) uint8_t packet[sizeof(IRP) + 2 * sizeof(IO_STACK_LOCATION)] = {};
  IRP* irp = reinterpret_cast<IRP*>(packet);  // not of the pool: that is the driver's
  SCSI_REQUEST_BLOCK srb{};
  unsigned disk = 0;         // that it is for
  bool extended = false;     // sent as a STORAGE_REQUEST_BLOCK
  bool categorized = false;  // neither a read nor a write
  ExtendedBlock extended_block{};
  std::vector<uint8_t> data;
  uint8_t sense[64] = {};
  DSM_COMPLETION_INFO completion{};
  bool counted = false;  // SetCompletion has been called
  bool done = false;
  NTSTATUS status = STATUS_PENDING;
  unsigned retries = 0;
  PortDevice* device = nullptr;  // that it was sent to last
  PVOID path = nullptr;
  uint64_t arrival = 0;               // of the device on that path
  uint64_t waits_since = 0;           // for some path, ns; 0: it does not
  void (*ended)(Request&) = nullptr;  // called when it is done
  void* owner = nullptr;
  base::Timer again{&Request::on_time, this};
  static void on_time(void* context);

  // The command of the request block, and its data: all of `data`.
  void set_command(const scsi::Cdb& cdb, ULONG direction);
  // As the drivers pass it on.
  SCSI_REQUEST_BLOCK* block() {
    return extended ? reinterpret_cast<SCSI_REQUEST_BLOCK*>(&extended_block) : &srb;
  }

  Request();
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
};

// How MPIO waits and tries again, as an administrator may set it.
struct Patience {
  unsigned retries = 16;            // RetryCount
  uint64_t retry_ns = 100'000'000;  // RetryInterval
  // PDORemovePeriod: so long requests wait for a path; 0: they fail at once.
  uint64_t no_path_ns = 0;
  // PathRecoveryInterval: so often a path that failed is verified; 0: only when recover() is
  // called, and a device whose path does not work at its arrival is removed again.
  uint64_t recovery_ns = 0;
  uint64_t verify_ns =
      0;  // PathVerificationPeriod: so often a path that works is verified; 0: never
};

class Mpio {
 public:
  // The control object appears under its name.
  explicit Mpio(const Image* image = nullptr);
  ~Mpio();
  Mpio(const Mpio&) = delete;
  Mpio& operator=(const Mpio&) = delete;
  // The one that the exported functions serve.
  static Mpio& here();

  MPIO_VERSION_INFO version{10, 0, 22000, 0};
  unsigned opened = 0;  // the disk that programs ask of: WMI, pass-through, MoveDevice
  // Devices that are there already, shown to the DSM while it registers.
  std::vector<PortDevice*> at_boot;
  Patience patience;
  // Planted faults.
  struct Sabotage {
    bool forgets_completions = false;  // of every 40th request
    bool forgets_resume = false;
    bool forgets_recovery = false;
    bool swallows_errors = false;    // of every 10th write that fails
    bool swallows_settings = false;  // every 3rd set or execution never reaches the DSM
  };
  Sabotage sabotage;
  bool forget_unload = false;  // deregistration does not call DsmUnload
  // So often deregistration fails before it does anything, and after it has called DsmUnload.
  unsigned refuses_deregistrations = 0;
  bool fails_after_unload = false;
  bool shows_identifiers = true;

  bool registered() const { return registered_; }
  // DsmUnload, without having been asked to.
  NTSTATUS unload_dsm();
  const DSM_INIT_DATA& dsm() const { return dsm_; }

  // The whole sequence of a device's arrival. False: the DSM did not want it.
  bool arrive(PortDevice& device);
  // InquireDriver, and that MPIO does not want it.
  bool inquire_and_refuse(PortDevice& device);
  void remove(PortDevice& device, bool orderly);
  void remove_device_only(PortDevice& device, bool orderly);  // the path stays
  void remove_path(PVOID path);
  // PathVerify, and IsPathActive when it succeeds.
  bool recover(PortDevice& device);
  bool move_to(PortDevice& device);
  NTSTATUS move_to_path(PVOID path, ULONG flags);
  size_t device_count() const { return entries_.size(); }
  // Its path carries requests, as far as MPIO knows.
  bool is_usable(const PortDevice& device) const;
  bool knows(const PortDevice& device) const;
  // Empty when no request is held and no call of the DSM is under way; else what is.
  std::string unrest() const;

  // Choose, count, send; what the DSM says about errors is followed.
  void start(Request& request);
  // The same with this command; the data are in the request.
  void send(Request& request, const scsi::Cdb& cdb, ULONG direction);
  void run(Request& request);
  void choose_only(SCSI_REQUEST_BLOCK* srb);  // LBGetPath, and then nothing
  // A command that is neither a read nor a write: CategorizeRequest says who carries it. Data out,
  // or with `data_in_bytes` room for data in.
  void command(Request& request, const scsi::Cdb& cdb, const std::vector<uint8_t>& data_out,
               size_t data_in_bytes = 0);
  // As the request's block has been set up.
  void command(Request& request);
  // A device control with a SCSI command in its buffer: CategorizeRequest names the path.
  struct PassedThrough {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    PortDevice* device = nullptr;  // that got it
    UCHAR scsi_status = 0;
  };
  PassedThrough pass_through(ULONG code, const std::vector<uint8_t>& buffer);
  // InterpretErrorEx of a request that ended so on this device.
  struct Verdict {
    ULONG mask = 0;
    bool retry = false;
    LONG interval_s = 0;
  };
  Verdict interpret(PortDevice& device, Request& request, NTSTATUS status);
  // InvalidatePath of a path without devices: the path named as successor.
  NTSTATUS invalidate(PVOID path, PVOID& successor);
  PVOID path_of(PortDevice& device) { return find(device)->path_id; }
  PVOID dsm_id_of(PortDevice& device) { return find(device)->dsm_id; }
  DSM_IDS* list_of(unsigned disk) { return ids(disk); }
  bool knows(PortDevice& device) { return find(device) != nullptr; }
  bool is_leaving(PortDevice& device) { return knows(device) && find(device)->leaving; }
  void read(Request& request, uint64_t lba, uint32_t blocks);
  void write(Request& request, uint64_t lba, uint32_t blocks, uint8_t fill);

  // Administration (mpio_wmi.cpp): what a program asks of a class, of the disk or of the DSM.
  // `room` is what its buffer takes.
  struct Reply {
    NTSTATUS status = STATUS_SUCCESS;
    ULONG bytes = 0;  // of the answer, or needed for it
    std::vector<uint8_t> data;
  };
  Reply query(const GUID& guid, size_t room);
  NTSTATUS set(const GUID& guid, base::Bytes in);
  Reply execute(const GUID& guid, ULONG method, base::Bytes in, size_t room);
  // In place of the DSM's own, for mutants.
  void replace_query(DSM_QUERY_DATABLOCK_EX by) { dsm_.DsmWmiInfo.QueryWmiDataBlockEx = by; }
  // 0, or the allocation of each set or execution that fails; and whether there was one.
  size_t failing_allocation = 0;
  bool allocation_failed = false;
  // By number, whether there is such a class or not.
  Reply query_at(bool global, ULONG index, size_t room, ULONG instance = 0);
  NTSTATUS set_at(bool global, ULONG index, base::Bytes in);

  unsigned throttles = 0;
  unsigned resumes = 0;
  unsigned invalidations = 0;
  bool forget_handled_event = false;  // the event of SrbDeviceControl cannot be set
  bool ignores_will_handle = false;   // what the DSM wants to handle itself goes down one path

  // Of the DSM's own requests, so many are answered with an error instead of being sent.
  unsigned refuses_requests = 0;
  bool forget_completions = false;  // DsmCompleteRequest does nothing

  // What the exports and the device object do.
  NTSTATUS send_own(DEVICE_OBJECT* device, IRP* irp, PVOID dsm_id);
  void end_own(PVOID dsm_id);
  NTSTATUS notify(DSM_NOTIFICATION_TYPE type, PVOID dsm_id);
  NTSTATUS control(IRP* irp);
  void* context() { return this; }

 private:
  struct Entry {
    PortDevice* device;
    PVOID dsm_id;
    PVOID path_id;
    uint64_t arrival;
    unsigned disk;
    bool usable = false;
    bool leaving = false;
    bool is_pending = false;  // RemovePending has come back
    unsigned calls = 0;       // of the DSM about it, that may wait; it is not removed meanwhile
    unsigned asked = 0;       // by administrators, the same
  };
  friend struct Request;
  class AskedDevices;

  struct ClassPlace {
    const DSM_WMILIB_CONTEXT* wmi;
    bool global;
    ULONG index;
  };

  NTSTATUS take_registration(const void* data, ULONG bytes);
  void check_wmi(const DSM_WMILIB_CONTEXT& wmi, const char16_t* resource) const;
  ClassPlace place_of(const GUID& guid) const;
  void begin_change();
  void end_change();
  Entry* find(const PortDevice& device);
  Entry* find_path(PVOID path_id, unsigned disk);
  bool leads_anywhere(PVOID path_id) const;
  PVOID inquire(PortDevice& device);
  bool activate(PortDevice& device);
  bool path_verify(const Entry& entry);
  void dispatch(Request& request);
  void on_request_done(Request& request);
  PVOID path_for(Request& request);
  PVOID categorized_path_for(Request& request);
  void let_dsm_handle(Request& request);
  void again(Request& request, uint64_t delay_ns);
  void finish(Request& request, NTSTATUS status);
  void on_fatal(Request& request);
  void fail_paths();
  void wait_for_path(Request& request);
  bool has_waited_enough(const Request& request) const;
  bool has_usable_path() const;
  void note_paths();
  void look_at_failed_paths();
  void try_waiting();
  void fail_path(PVOID path);
  void verify_all();
  void verify(PortDevice& device, uint64_t arrival);
  void dispatch_all(std::deque<Request*>& held);
  DSM_IDS* ids(unsigned disk);
  static NTSTATUS NTAPI on_lower_done(DEVICE_OBJECT* device, IRP* irp, PVOID context);

  const Image* image_;
  DSM_INIT_DATA dsm_{};
  bool registered_ = false;
  std::set<unsigned> throttled_;  // disks
  Entry going_{};                 // that RemoveDevice is being called for
  uint64_t arrivals_ = 0;
  uint64_t completions_ = 0;
  uint64_t failures_ = 0;
  unsigned changes_ = 0;
  std::vector<Entry> entries_;
  std::vector<uint64_t> ids_;
  std::deque<Request*> held_;     // by the DSM's wish, or until a failed path has been dealt with
  std::deque<Request*> waiting_;  // for a path
  std::deque<PVOID> failed_paths_;
  bool failing_paths_ = false;       // a thread is at it
  bool resumes_at_passive_ = false;  // what was held is taken up on a thread that may wait
  uint64_t no_path_since_ns_ = 0;
  base::MemberTimer<&Mpio::look_at_failed_paths> recovery_timer_{*this};
  base::MemberTimer<&Mpio::try_waiting> waiting_timer_{*this};
  std::map<PVOID, unsigned> own_requests_;  // taken and not ended, of each device
  base::MemberTimer<&Mpio::verify_all> verify_timer_{*this};
  DRIVER_OBJECT driver_{};
  DEVICE_OBJECT control_{};
};

}  // namespace harness
