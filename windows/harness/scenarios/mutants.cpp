// Something is broken on purpose; what is said about it must name it. Otherwise nothing that the
// other scenarios show would mean anything.
#include "windows/driver/pool.h"
#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

void irql(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  const AtIrql dispatch(DISPATCH_LEVEL);
  PVOID dsm_id = nullptr;
  scene.mpio.dsm().DsmInquireDriver(scene.mpio.dsm().DsmContext, scene.device(0).object(), nullptr,
                                    nullptr, nullptr, &dsm_id);
}

void leak(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  machine().mutations.forget_free = driver::kTextTag;
  scene.unload();
}

void unknown_import(const std::string& driver) {
  Exports exports = all_exports();
  exports.erase("ntoskrnl.exe!KeSetEvent");
  const Image image(driver, exports);
}

void recursive_lock(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  machine().mutations.forget_release = true;
  scene.arrive(1);
}

void lost_reference(const std::string& driver) {
  Scene scene(driver);
  machine().mutations.forget_reference = true;
  scene.must_load();
  scene.unload();
}

void no_image(const std::string&) {
  const Image image("/dev/null", all_exports());
}

void endless_wait(const std::string&) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
}

void overrun(const std::string&) {
  auto* const block = static_cast<uint8_t*>(ExAllocatePoolWithTag(NonPagedPoolNx, 10, 0x31474154));
  block[10] = 0;
  ExFreePoolWithTag(block, 0x31474154);
}

void wrong_tag(const std::string&) {
  ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 10, 0x31474154), 0x32474154);
}

void freed_twice(const std::string&) {
  void* const block = ExAllocatePoolWithTag(NonPagedPoolNx, 10, 0x31474154);
  ExFreePoolWithTag(block, 0x31474154);
  ExFreePoolWithTag(block, 0x31474154);
}

void wrong_release(const std::string&) {
  KSPIN_LOCK first = 0;
  KSPIN_LOCK second = 0;
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(&first);
  KeAcquireSpinLockRaiseToDpc(&second);
  KeReleaseSpinLock(&first, irql);
}

void both_orders(const std::string&) {
  KSPIN_LOCK first = 0;
  KSPIN_LOCK second = 0;
  for (const auto& [one, other] : {std::pair(&first, &second), std::pair(&second, &first)}) {
    const KIRQL irql = KeAcquireSpinLockRaiseToDpc(one);
    KeReleaseSpinLock(other, KeAcquireSpinLockRaiseToDpc(other));
    KeReleaseSpinLock(one, irql);
  }
}

void executable_pool(const std::string&) {
  constexpr auto kNonPagedPool = static_cast<POOL_TYPE>(0);
  ExAllocatePoolWithTag(kNonPagedPool, 10, 0x31474154);
}

void reservation_down_one_path(const std::string& driver) {
  Cluster cluster(driver, 3);
  cluster.scene.mpio.ignores_will_handle = true;
  cluster.must_register();
  expect_equal(cluster.count(kOurKey), 3U, "keys registered");
}

void request_not_ended(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.scene.mpio.forget_completions = true;
  cluster.must_register();
  cluster.scene.unload();
}

void request_ended_twice(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.must_register();
  cluster.scene.mpio.end_own(cluster.scene.mpio.dsm_id_of(cluster.scene.device(0)));
}

void event_not_set(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.scene.mpio.forget_handled_event = true;
  cluster.must_register();
}

HANDLE open_key(ULONG access) {
  machine().registry.make_key(u"\\Registry\\Machine\\Key");
  WCHAR text[] = u"\\Registry\\Machine\\Key";
  UNICODE_STRING name{sizeof(text) - sizeof(WCHAR), sizeof(text), text};
  OBJECT_ATTRIBUTES attributes{.Length = sizeof(attributes),
                               .RootDirectory = nullptr,
                               .ObjectName = &name,
                               .Attributes = OBJ_KERNEL_HANDLE,
                               .SecurityDescriptor = nullptr,
                               .SecurityQualityOfService = nullptr};
  HANDLE key = nullptr;
  expect_equal(ZwOpenKey(&key, access, &attributes), STATUS_SUCCESS, "ZwOpenKey");
  return key;
}

void all_rights(const std::string&) {
  open_key(0xf003f);
}

void missing_right(const std::string&) {
  WCHAR text[] = u"Value";
  UNICODE_STRING name{sizeof(text) - sizeof(WCHAR), sizeof(text), text};
  uint32_t value = 1;
  ZwSetValueKey(open_key(KEY_QUERY_VALUE), &name, 0, REG_DWORD, &value, sizeof(value));
}

void left_open(const std::string&) {
  open_key(KEY_QUERY_VALUE);
  machine().check_nothing_left();
}

void critical_region(const std::string&) {
  KeEnterCriticalRegion();
  machine().check_nothing_left();
}

// A DSM that writes one byte more than its buffer takes.
NTSTATUS NTAPI writes_too_much(PVOID, DSM_IDS*, IRP*, ULONG, ULONG, ULONG, ULONG* length,
                               ULONG available, UCHAR* buffer, ULONG* bytes, ...) {
  buffer[available] = 0;
  *length = *bytes = available;
  return STATUS_SUCCESS;
}
// One that has written before it refuses.
NTSTATUS NTAPI writes_and_refuses(PVOID, DSM_IDS*, IRP*, ULONG, ULONG, ULONG, ULONG*, ULONG,
                                  UCHAR* buffer, ULONG* bytes, ...) {
  *buffer = 0;
  *bytes = 4096;
  return STATUS_BUFFER_TOO_SMALL;
}
void query_by(const std::string& driver, DSM_QUERY_DATABLOCK_EX query) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  scene.mpio.replace_query(query);
  scene.mpio.query_at(false, 0, 16);
}
void wmi_overrun(const std::string& driver) {
  query_by(driver, writes_too_much);
}
void wmi_refusal(const std::string& driver) {
  query_by(driver, writes_and_refuses);
}

// One that fills the buffer while it holds its lock, as a DSM does that lets no change come between
// two of its fields.
NTSTATUS NTAPI answers_under_lock(PVOID, DSM_IDS*, IRP*, ULONG, ULONG, ULONG, ULONG* length,
                                  ULONG available, UCHAR* buffer, ULONG* bytes, ...) {
  static KSPIN_LOCK its_lock = 0;
  const KIRQL irql = KeAcquireSpinLockRaiseToDpc(&its_lock);
  std::memset(buffer, 0, available);
  KeReleaseSpinLock(&its_lock, irql);
  *length = *bytes = available;
  return STATUS_SUCCESS;
}
void paged_access(const std::string& driver) {
  query_by(driver, answers_under_lock);
}
// The driver's own answer, at a level that it was not written for.
DSM_QUERY_DATABLOCK_EX own_query = nullptr;
NTSTATUS NTAPI answers_at_dispatch_level(PVOID context, DSM_IDS* ids, IRP* irp, ULONG index,
                                         ULONG instance, ULONG instances, ULONG* length,
                                         ULONG available, UCHAR* buffer, ULONG* bytes, ...) {
  const AtIrql dispatch(DISPATCH_LEVEL);
  return own_query(context, ids, irp, index, instance, instances, length, available, buffer, bytes);
}
void paged_access_by_name(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  own_query = scene.mpio.dsm().DsmWmiInfo.QueryWmiDataBlockEx;
  scene.mpio.replace_query(answers_at_dispatch_level);
  Administrator(scene).policy();
}

constexpr Scenario kScenarios[] = {
    {"mutants/irql", irql, "ZwOpenKey called at IRQL 2, its highest is 0"},
    {"mutants/leak", leak, "blocks are left in the pool: 1 of tag DkTx"},
    {"mutants/unknown-import", unknown_import, "unknown import ntoskrnl.exe!KeSetEvent", 60, true},
    {"mutants/recursive-lock", recursive_lock,
     "KeAcquireSpinLockRaiseToDpc: the spin lock is taken already by this thread"},
    {"mutants/lost-reference", lost_reference,
     "ObfDereferenceObject: no reference to this object is held"},
    {"mutants/no-image", no_image, "cannot be read", 60, true},
    {"mutants/endless-wait", endless_wait, "KeWaitForSingleObject waits for ever"},
    {"mutants/overrun", overrun, "block of tag TAG1 was written beyond its 10 bytes"},
    {"mutants/wrong-tag", wrong_tag, "block of tag TAG1 freed as TAG2"},
    {"mutants/freed-twice", freed_twice, "no such block in the pool"},
    {"mutants/wrong-release", wrong_release, "releases a spin lock that is not the last one taken"},
    {"mutants/both-orders", both_orders, "two spin locks are taken in both orders"},
    {"mutants/all-rights", all_rights, "asks for rights that are not named one by one"},
    {"mutants/missing-right", missing_right, "the key was opened without the right to this"},
    {"mutants/left-open", left_open, "a handle is still open"},
    {"mutants/critical-region", critical_region, "the thread is still in a critical region"},
    {"mutants/wmi-overrun", wmi_overrun, "writes outside its buffer of 16 bytes"},
    {"mutants/wmi-refusal", wmi_refusal, "writes into the buffer of a request that it refuses"},
    {"mutants/paged-access", paged_access,
     "WMI's buffer: memory that may be paged out is touched at IRQL 2"},
    {"mutants/paged-access-by-name", paged_access_by_name, " by driver::answer_policy_v2(", 60,
     true},
    {"mutants/executable-pool", executable_pool, "memory that may be paged out or executed"},
    {"mutants/reservation-down-one-path", reservation_down_one_path,
     "keys registered: is 1, expected 3"},
    {"mutants/request-not-ended", request_not_ended,
     "DsmCompleteRequest was not called for 1 requests"},
    {"mutants/request-ended-twice", request_ended_twice,
     "DsmCompleteRequest: no request of this device is under way"},
    {"mutants/event-not-set", event_not_set, "SrbDeviceControl is over and has not set its event"},
};

}  // namespace

std::span<const Scenario> mutant_scenarios() {
  return kScenarios;
}

}  // namespace harness
