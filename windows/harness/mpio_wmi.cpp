// See mpio.h: administration. A program's request names a class; MPIO finds it in the DSM's lists.
#include <algorithm>
#include <cstring>
#include <string>

#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"
#include "windows/harness/pageable.h"

namespace harness {
namespace {

constexpr uint8_t kCanary = 0xfb;
constexpr uint8_t kOld = 0xcb;  // what stood in the buffer before
constexpr size_t kCanaryBytes = 32;

// A buffer of the request, between canaries. `bytes` may be less than what is read from it by
// mistake.
class Buffer {
 public:
  Buffer(size_t room, base::Bytes in)
      : room_(room),
        bytes_("WMI's buffer", std::vector<uint8_t>(room + 2 * kCanaryBytes, kCanary)) {
    std::fill_n(data(), room, kOld);
    std::copy(in.begin(), in.end(), data());
  }
  uint8_t* data() { return bytes_.data() + kCanaryBytes; }
  void check(const char* by) {
    for (size_t i = 0; i < kCanaryBytes; ++i) {
      if (bytes_.data()[i] != kCanary || data()[room_ + i] != kCanary) {
        fail(std::string(by) + ": writes outside its buffer of " + std::to_string(room_) +
             " bytes");
      }
    }
  }

 private:
  size_t room_;
  PageableBytes bytes_;
};

bool same(const GUID& a, const GUID& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

void check_level(const char* name) {
  if (machine().irql() != PASSIVE_LEVEL || machine().locks_held() != 0 ||
      machine().critical_regions != 0) {
    fail(std::string(name) + " came back at another IRQL, with a spin lock or in a region");
  }
}

}  // namespace

// The disk's devices for a call that may wait: a list of its own, and none of them is removed
// meanwhile.
class Mpio::AskedDevices {
 public:
  AskedDevices(Mpio& mpio, bool global) : mpio_(mpio) {
    if (!global) {
      mpio.ids(mpio.opened);
      ids_ = mpio.ids_;
    }
    note(+1);
  }
  ~AskedDevices() {
    note(-1);
    machine().announce();
  }
  AskedDevices(const AskedDevices&) = delete;
  AskedDevices& operator=(const AskedDevices&) = delete;

  DSM_IDS* ids() { return ids_.empty() ? nullptr : reinterpret_cast<DSM_IDS*>(ids_.data()); }

 private:
  void note(int change) {
    for (Entry& entry : mpio_.entries_) {
      const auto found =
          std::find(ids_.begin(), ids_.end(), reinterpret_cast<uint64_t>(entry.dsm_id));
      entry.asked += found != ids_.end() ? static_cast<unsigned>(change) : 0;
    }
  }

  Mpio& mpio_;
  std::vector<uint64_t> ids_;
};

void Mpio::check_wmi(const DSM_WMILIB_CONTEXT& wmi, const char16_t* resource) const {
  if (wmi.GuidCount == 0 || wmi.GuidList == nullptr || wmi.QueryWmiDataBlockEx == nullptr) {
    fail("WMI is registered without classes");
  }
  for (ULONG i = 0; i < wmi.GuidCount; ++i) {
    if (wmi.GuidList[i].InstanceCount != 1 || wmi.GuidList[i].Flags != 0) {
      fail("a class of WMI must have one instance and no flags");
    }
  }
  if (text_of(wmi.MofResourceName) != resource) {
    fail("the resource with the MOF has another name");
  }
  if (folded(text_of(wmi.RegistryPath)).find(u"\\SERVICES\\") == std::u16string::npos) {
    fail("WMI's registry path is not the service's key");
  }
  for (const auto entry : {reinterpret_cast<const void*>(wmi.QueryWmiDataBlockEx),
                           reinterpret_cast<const void*>(wmi.SetWmiDataBlockEx),
                           reinterpret_cast<const void*>(wmi.ExecuteWmiMethodEx)}) {
    if (entry != nullptr && image_ != nullptr && !image_->contains_code(entry)) {
      fail("a function for WMI is not in the driver's code");
    }
  }
}

Mpio::ClassPlace Mpio::place_of(const GUID& guid) const {
  for (const bool global : {false, true}) {
    const DSM_WMILIB_CONTEXT& wmi = global ? dsm_.DsmWmiGlobalInfo : dsm_.DsmWmiInfo;
    for (ULONG i = 0; i < wmi.GuidCount; ++i) {
      if (same(*wmi.GuidList[i].Guid, guid)) {
        return {&wmi, global, i};
      }
    }
  }
  fail("no class with this GUID is registered");
}

Mpio::Reply Mpio::query(const GUID& guid, size_t room) {
  const ClassPlace place = place_of(guid);
  return query_at(place.global, place.index, room);
}

Mpio::Reply Mpio::query_at(bool global, ULONG index, size_t room, ULONG instance) {
  const DSM_WMILIB_CONTEXT& wmi = global ? dsm_.DsmWmiGlobalInfo : dsm_.DsmWmiInfo;
  Buffer buffer(room, {});
  ULONG instance_length = 0;
  ULONG bytes = 0xdead;
  Reply reply;
  AskedDevices devices(*this, global);
  reply.status =
      wmi.QueryWmiDataBlockEx(dsm_.DsmContext, devices.ids(), nullptr, index, instance, 1,
                              &instance_length, static_cast<ULONG>(room), buffer.data(), &bytes);
  check_level("QueryWmiDataBlock");
  buffer.check("QueryWmiDataBlock");
  reply.bytes = bytes;
  if (NT_SUCCESS(reply.status)) {
    if (bytes > room || instance_length != bytes) {
      fail("QueryWmiDataBlock: the lengths of its answer contradict each other");
    }
    reply.data.assign(buffer.data(), buffer.data() + bytes);
  } else if (std::any_of(buffer.data(), buffer.data() + room,
                         [](uint8_t byte) { return byte != kOld; })) {
    fail("QueryWmiDataBlock: writes into the buffer of a request that it refuses");
  }
  return reply;
}

void Mpio::begin_change() {
  if (failing_allocation != 0) {
    machine().pool.fail_at(machine().pool.allocations() + failing_allocation);
  }
}

void Mpio::end_change() {
  allocation_failed = machine().pool.has_failed();
  machine().pool.fail_at(0);
}

NTSTATUS Mpio::set(const GUID& guid, base::Bytes in) {
  const ClassPlace place = place_of(guid);
  return set_at(place.global, place.index, in);
}

NTSTATUS Mpio::set_at(bool global, ULONG index, base::Bytes in) {
  const DSM_WMILIB_CONTEXT& wmi = global ? dsm_.DsmWmiGlobalInfo : dsm_.DsmWmiInfo;
  Buffer buffer(in.size(), in);
  if (sabotage.swallows_settings && ++changes_ % 3 == 0) {
    return STATUS_SUCCESS;
  }
  AskedDevices devices(*this, global);
  begin_change();
  const NTSTATUS status = wmi.SetWmiDataBlockEx(dsm_.DsmContext, devices.ids(), nullptr, index, 0,
                                                static_cast<ULONG>(in.size()), buffer.data());
  end_change();
  check_level("SetWmiDataBlock");
  buffer.check("SetWmiDataBlock");
  return status;
}

Mpio::Reply Mpio::execute(const GUID& guid, ULONG method, base::Bytes in, size_t room) {
  const ClassPlace place = place_of(guid);
  Buffer buffer(std::max(in.size(), room), in);
  auto bytes = static_cast<ULONG>(room);
  Reply reply;
  if (sabotage.swallows_settings && ++changes_ % 3 == 0) {
    reply.bytes = static_cast<ULONG>(room);
    reply.data.assign(room, 0);
    return reply;
  }
  AskedDevices devices(*this, /*global=*/false);
  begin_change();
  reply.status =
      place.wmi->ExecuteWmiMethodEx(dsm_.DsmContext, devices.ids(), nullptr, place.index, 0, method,
                                    static_cast<ULONG>(in.size()), &bytes, buffer.data());
  end_change();
  check_level("ExecuteWmiMethod");
  buffer.check("ExecuteWmiMethod");
  reply.bytes = bytes;
  if (NT_SUCCESS(reply.status)) {
    if (bytes > room) {
      fail("ExecuteWmiMethod: there is more in its answer than its buffer takes");
    }
    reply.data.assign(buffer.data(), buffer.data() + bytes);
  }
  return reply;
}

}  // namespace harness
