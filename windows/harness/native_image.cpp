// See image.h: the driver as this program's own code, compiled for Linux, so that the sanitizers
// see into it. There is no file.
#include "windows/harness/image.h"

extern "C" NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT* object, UNICODE_STRING* registry_path);

// A scenario ends with _exit(): a report must end it before.
extern "C" const char* __tsan_default_options() {
  return "halt_on_error=1";
}

namespace harness {

const bool Image::kIsFile = false;

Image::Image(const std::string&, const Exports&) : entry_(DriverEntry) {}
Image::~Image() = default;

std::string Image::function_at(const void*) const {
  return "";
}

const Image* Image::last() {
  return nullptr;
}

bool Image::contains_code(const void* address) const {
  return address != nullptr;
}

}  // namespace harness
