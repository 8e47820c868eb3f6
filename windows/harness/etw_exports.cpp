// The functions of event tracing that the driver imports.
#include "windows/harness/etw.h"
#include "windows/harness/machine.h"

#define HIGHEST_IRQL(level) harness::machine().require_at_most(level, __func__)

extern "C" {

NTSTATUS NTAPI EtwRegister(const GUID* provider, PETWENABLECALLBACK callback, PVOID context,
                           REGHANDLE* handle) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  return harness::etw().add(*provider, callback, context, *handle);
}

NTSTATUS NTAPI EtwUnregister(REGHANDLE handle) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  harness::etw().remove(handle);
  return STATUS_SUCCESS;
}

// At any IRQL; what it is given must not be paged out, which nothing of this driver is.
NTSTATUS NTAPI EtwWrite(REGHANDLE handle, const EVENT_DESCRIPTOR* event, const GUID*, ULONG count,
                        EVENT_DATA_DESCRIPTOR* data) {
  std::vector<std::string> parts;
  std::vector<UCHAR> types;
  for (ULONG i = 0; i < count; ++i) {
    parts.emplace_back(reinterpret_cast<const char*>(data[i].Ptr), data[i].Size);
    types.push_back(static_cast<UCHAR>(data[i].Reserved));
  }
  harness::etw().write(handle, *event, parts, types);
  return STATUS_SUCCESS;
}
}
