// Wine's kernel lacks some functions, and pretends others. As soon as mydsm.sys is mapped, before
// it runs, its import slots of these get functions of the stand-in. The file stays as it is.
#include <cstring>

#include "windows/wine/stand_in.h"

namespace stand_in {
namespace {

ULONGLONG NTAPI unbiased_interrupt_time() {
  return KeQueryInterruptTime();
}

ULONGLONG NTAPI precise_interrupt_time(ULONGLONG* performance_counter) {
  return *performance_counter = KeQueryInterruptTime();
}

// Wine says success and gives no file. The driver only takes references of what it gets.
NTSTATUS NTAPI device_object_pointer(UNICODE_STRING*, ULONG, FILE_OBJECT** file,
                                     DEVICE_OBJECT** device) {
  ObfReferenceObject(the_control);
  *file = reinterpret_cast<FILE_OBJECT*>(the_control);
  *device = the_control;
  return STATUS_SUCCESS;
}

// Wine says that the call is queued and never makes it. With a timer that is due it makes it, on
// another thread.
BOOLEAN NTAPI queue_dpc(KDPC* dpc, PVOID, PVOID) {
  constexpr size_t kDpcs = 16;
  static constinit KDPC* known[kDpcs] = {};
  static constinit KTIMER timers[kDpcs] = {};
  for (size_t i = 0; i < kDpcs; ++i) {
    if (known[i] == nullptr) {
      KeInitializeTimer(&timers[i]);
      known[i] = dpc;
    }
    if (known[i] == dpc) {
      return KeSetTimer(&timers[i], LARGE_INTEGER{.QuadPart = -1}, dpc) == FALSE ? TRUE : FALSE;
    }
  }
  return FALSE;
}

// Wine has no event tracing: nobody listens, which the driver gets along with.
NTSTATUS NTAPI refuse_tracing(const GUID*, PVOID, PVOID, ULONGLONG*) {
  return STATUS_NOT_SUPPORTED;
}

struct Gap {
  const char* name;
  PVOID function;
};
const Gap kGaps[] = {
    {"EtwRegister", reinterpret_cast<PVOID>(refuse_tracing)},
    {"IoGetDeviceObjectPointer", reinterpret_cast<PVOID>(device_object_pointer)},
    {"KeInsertQueueDpc", reinterpret_cast<PVOID>(queue_dpc)},
    {"KeQueryInterruptTimePrecise", reinterpret_cast<PVOID>(precise_interrupt_time)},
    {"KeQueryUnbiasedInterruptTime", reinterpret_cast<PVOID>(unbiased_interrupt_time)},
};

struct ImportDescriptor {
  ULONG names;
  ULONG time;
  ULONG forwarders;
  ULONG library;
  ULONG slots;
};

bool same(const char* one, const char* other) {
  while (*one != 0 && *one == *other) {
    ++one;
    ++other;
  }
  return *one == *other;
}

void put(PVOID* slot, PVOID function) {
  PVOID page = slot;
  SIZE_T bytes = sizeof(*slot);
  ULONG before = 0;
  const HANDLE this_process = reinterpret_cast<HANDLE>(~ULONG_PTR{0});
  if (NT_SUCCESS(ZwProtectVirtualMemory(this_process, &page, &bytes, PAGE_READWRITE, &before))) {
    *slot = function;
    ZwProtectVirtualMemory(this_process, &page, &bytes, before, &before);
  }
}

template <typename T>
T* at(UCHAR* image, ULONG offset) {
  return reinterpret_cast<T*>(image + offset);
}

void fill(UCHAR* image) {
  constexpr ULONG kHeaderOffset = 60;
  constexpr ULONG kImportDirectory = 24 + 112 + 8;
  const ULONG header = *at<ULONG>(image, kHeaderOffset);
  const ULONG imports = *at<ULONG>(image, header + kImportDirectory);
  for (auto* entry = at<ImportDescriptor>(image, imports); entry->library != 0; ++entry) {
    const ULONGLONG* names = at<ULONGLONG>(image, entry->names);
    PVOID* slots = at<PVOID>(image, entry->slots);
    for (size_t i = 0; names[i] != 0; ++i) {
      const char* const name = at<char>(image, static_cast<ULONG>(names[i]) + sizeof(USHORT));
      for (const Gap& gap : kGaps) {
        if (same(name, gap.name)) {
          put(&slots[i], gap.function);
        }
      }
    }
  }
}

void NTAPI on_image(UNICODE_STRING* name, HANDLE, IMAGE_INFO* image) {
  constexpr WCHAR kName[] = KERNEL_TEXT("mydsm.sys");
  constexpr size_t kBytes = sizeof(kName) - sizeof(WCHAR);
  const auto* const end = reinterpret_cast<const UCHAR*>(name->Buffer) + name->Length;
  if (name->Length >= kBytes && std::memcmp(end - kBytes, kName, kBytes) == 0) {
    fill(static_cast<UCHAR*>(image->ImageBase));
  }
}

}  // namespace

bool fill_gaps() {
  return NT_SUCCESS(PsSetLoadImageNotifyRoutine(on_image));
}

void stop_filling_gaps() {
  PsRemoveLoadImageNotifyRoutine(on_image);
}

}  // namespace stand_in
