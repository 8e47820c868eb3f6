// A LUN down one path, as a port driver shows it: a device object that takes SCSI requests. What is
// behind it - the array itself, or a network with the array behind that - others decide.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "windows/abi/imports.h"

namespace harness {

class PortDevice {
 public:
  PortDevice();
  PortDevice(const PortDevice&) = delete;
  PortDevice& operator=(const PortDevice&) = delete;

  DEVICE_OBJECT* object() { return &object_; }
  // Null: not one of these.
  static PortDevice* of(DEVICE_OBJECT* object);

  virtual SCSI_ADDRESS address() const = 0;
  // PASSIVE_LEVEL. Comes back when it is done.
  virtual NTSTATUS pass_through(SCSI_PASS_THROUGH_DIRECT& request) = 0;
  // VPD page 83h as the port driver's list: bytes of a STORAGE_DEVICE_ID_DESCRIPTOR. Empty: the
  // device did not answer.
  virtual std::vector<uint8_t> identifiers() = 0;

 protected:
  ~PortDevice() = default;

  virtual void begin(IRP* irp) = 0;

  // How a request has ended at the other end of the path.
  struct Answer {
    uint8_t scsi_status = 0;
    std::span<const uint8_t> data_in;
    std::span<const uint8_t> sense;
    bool freezes_queue = false;
  };
  static void complete_with_answer(IRP* irp, const Answer& answer);
  // It has none.
  static void complete_without_answer(IRP* irp, UCHAR srb_status, NTSTATUS status);
  static void fill_pass_through(SCSI_PASS_THROUGH_DIRECT& request, const Answer& answer);
  static std::vector<uint8_t> identifier_list(std::span<const uint8_t> page_83h);

 private:
  static NTSTATUS NTAPI dispatch(DEVICE_OBJECT* device, IRP* irp);

  DRIVER_OBJECT driver_{};
  DEVICE_OBJECT object_{};
};

// The request block of a packet that has come to a port driver.
SCSI_REQUEST_BLOCK& request_block_of(IRP* irp);

}  // namespace harness
