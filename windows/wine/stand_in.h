// The stand-in for mpio.sys that runs under Wine: it takes the registration of mydsm.sys, shows it
// a LUN, and calls its entry points when a program asks for that through the control device.
#pragma once

#include "windows/wine/kernel.h"

namespace stand_in {

// Asked by a program with DeviceIoControl. The answer is text, a line for each thing looked at:
// `passed WHAT` or `failed WHAT`.
inline constexpr ULONG kRunContract =
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS);
// After the driver has been unloaded: was everything as it should be?
inline constexpr ULONG kAskWhetherGone =
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS);

// Lines of text in a buffer; what does not fit is left out.
class Report {
 public:
  Report(char* buffer, size_t bytes) : buffer_(buffer), capacity_(bytes) {}
  void check(bool good, const char* what) {
    add(good ? "passed " : "failed ");
    add(what);
    add("\n");
  }
  size_t size() const { return size_; }

 private:
  void add(const char* text) {
    for (; *text != 0 && size_ < capacity_; ++text) {
      buffer_[size_++] = *text;
    }
  }
  char* buffer_;
  size_t capacity_;
  size_t size_ = 0;
};

struct Registration {
  bool registered = false;
  bool was_deregistered = false;
  NTSTATUS unload_status = STATUS_UNSUCCESSFUL;
  ULONG bytes = 0;
  DSM_INIT_DATA dsm{};
};

// mpio.cpp
extern Registration the_registration;
extern DEVICE_OBJECT* the_control;
DEVICE_OBJECT* make_lun(const char* product);  // 16 characters; null: no memory
PVOID mpio_context();

// disk.cpp
ULONG answer_inquiry(const DEVICE_OBJECT& lun, const UCHAR* cdb, UCHAR* data, ULONG bytes);
NTSTATUS NTAPI on_scsi(DEVICE_OBJECT* lun, IRP* irp);

// contract.cpp: every entry point that makes sense with one LUN down one path.
void run_contract(Report& report);

// gaps.cpp: what Wine's kernel lacks is given to mydsm.sys while it is being loaded, in memory.
bool fill_gaps();
void stop_filling_gaps();

}  // namespace stand_in
