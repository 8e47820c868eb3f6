// The fields of a SCSI request block, of the old form or the extended one, as pointers into it:
// what a port driver reads and writes.
#pragma once

#include "windows/abi/imports.h"

namespace harness {

struct RequestFields {
  UCHAR* srb_status = nullptr;
  UCHAR* scsi_status = nullptr;
  ULONG* data_bytes = nullptr;
  ULONG flags = 0;
  ULONG limit_s = 0;
  void* data = nullptr;
  const UCHAR* cdb = nullptr;
  UCHAR cdb_bytes = 0;
  UCHAR* sense = nullptr;
  UCHAR sense_bytes = 0;
};

// An extended block with room for a CDB of 16 bytes.
struct ExtendedBlock {
  STORAGE_REQUEST_BLOCK block;
  SRBEX_DATA_SCSI_CDB32 cdb;
};

// Ends the process when it is no SCSI command.
RequestFields fields_of(SCSI_REQUEST_BLOCK& srb);
// The extended form of `srb`.
void extend(const SCSI_REQUEST_BLOCK& srb, ExtendedBlock& out);

}  // namespace harness
