// Where the kernel comes in, and where it goes out.
#include "windows/driver/driver.h"
#include "windows/driver/pool.h"
#include "windows/driver/registry.h"
#include "windows/driver/settings/options.h"
#include "windows/driver/vendor.h"

namespace {

void NTAPI driver_unload(DRIVER_OBJECT*) {
  driver::deregister_from_mpio(driver::AtPassive::promised());
}

// One for each processor. A few more where there are few: whoever interrupts a thread that is in a
// lane is to find another one free.
unsigned lanes_of_this_machine() {
  constexpr ULONG kLeast = 4;
  const ULONG processors = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
  return processors < kLeast ? kLeast : processors < dsm::kMaxLanes ? processors : dsm::kMaxLanes;
}

}  // namespace

extern "C" NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT* object, UNICODE_STRING* registry_path) {
  constexpr driver::AtPassive here = driver::AtPassive::promised();
  driver::Driver* const made =
      driver::allocate<driver::Driver>(driver::kDriverTag, lanes_of_this_machine());
  if (made == nullptr) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  made->object = object;
  made->service_key_bytes = registry_path->Length;
  made->engine.start_trace(here);
  if (!driver::make_parameters_key(*registry_path, made->parameters.name)) {
    driver::destroy(here, *made);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  made->parameters.engine = &made->engine;
  driver::vendor::configure(made->engine.config());
  driver::read_options(here, made->parameters, made->engine.config());
  // From the moment of registration on MPIO may call everything.
  const NTSTATUS status = driver::register_with_mpio(here, *made);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  object->DriverUnload = driver_unload;
  return STATUS_SUCCESS;
}
