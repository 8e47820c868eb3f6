// See request_block.h.
#include "windows/harness/request_block.h"

#include <algorithm>

#include "windows/harness/machine.h"

namespace harness {

RequestFields fields_of(SCSI_REQUEST_BLOCK& srb) {
  RequestFields fields;
  fields.srb_status = &srb.SrbStatus;
  if (srb.Function == SRB_FUNCTION_EXECUTE_SCSI && srb.Length == sizeof(srb)) {
    fields.scsi_status = &srb.ScsiStatus;
    fields.data_bytes = &srb.DataTransferLength;
    fields.flags = srb.SrbFlags;
    fields.limit_s = srb.TimeOutValue;
    fields.data = srb.DataBuffer;
    fields.cdb = srb.Cdb;
    fields.cdb_bytes = srb.CdbLength;
    fields.sense = static_cast<UCHAR*>(srb.SenseInfoBuffer);
    fields.sense_bytes = srb.SenseInfoBufferLength;
    return fields;
  }
  auto& extended = reinterpret_cast<ExtendedBlock&>(srb);
  if (srb.Function != SRB_FUNCTION_STORAGE_REQUEST_BLOCK ||
      extended.block.Signature != SRB_SIGNATURE ||
      extended.block.SrbFunction != SRB_FUNCTION_EXECUTE_SCSI) {
    fail("the port driver got a request block that it does not know");
  }
  fields.scsi_status = &extended.cdb.ScsiStatus;
  fields.data_bytes = &extended.block.DataTransferLength;
  fields.flags = extended.block.SrbFlags;
  fields.limit_s = extended.block.TimeOutValue;
  fields.data = extended.block.DataBuffer;
  fields.cdb = extended.cdb.Cdb;
  fields.cdb_bytes = extended.cdb.CdbLength;
  fields.sense = static_cast<UCHAR*>(extended.cdb.SenseInfoBuffer);
  fields.sense_bytes = extended.cdb.SenseInfoBufferLength;
  return fields;
}

void extend(const SCSI_REQUEST_BLOCK& srb, ExtendedBlock& out) {
  out = {};
  STORAGE_REQUEST_BLOCK& block = out.block;
  block.Length = sizeof(block);
  block.Function = SRB_FUNCTION_STORAGE_REQUEST_BLOCK;
  block.Signature = SRB_SIGNATURE;
  block.Version = 1;
  block.SrbLength = sizeof(out);
  block.SrbFunction = SRB_FUNCTION_EXECUTE_SCSI;
  block.SrbFlags = srb.SrbFlags;
  block.TimeOutValue = srb.TimeOutValue;
  block.NumSrbExData = 1;
  block.SrbExDataOffset[0] = offsetof(ExtendedBlock, cdb);
  block.DataTransferLength = srb.DataTransferLength;
  block.DataBuffer = srb.DataBuffer;
  block.OriginalRequest = srb.OriginalRequest;
  out.cdb.Type = SrbExDataTypeScsiCdb16;
  constexpr ULONG kAfterLength = 8;
  out.cdb.Length = offsetof(SRBEX_DATA_SCSI_CDB32, Cdb) + sizeof(srb.Cdb) - kAfterLength;
  out.cdb.CdbLength = srb.CdbLength;
  out.cdb.SenseInfoBuffer = srb.SenseInfoBuffer;
  out.cdb.SenseInfoBufferLength = srb.SenseInfoBufferLength;
  std::copy(std::begin(srb.Cdb), std::end(srb.Cdb), out.cdb.Cdb);
}

}  // namespace harness
