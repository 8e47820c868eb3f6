// One SCSI command at the target: the device's task, and the transfer of its data.
#pragma once

#include <cstdint>
#include <vector>

#include "io/iscsi/device.h"
#include "io/iscsi/pdu.h"

namespace io::iscsi {

class Connection;

struct Command {
  Task task;
  Connection* connection = nullptr;
  uint32_t tag = 0;  // Initiator Task Tag
  bool read = false;
  bool write = false;
  bool immediate = false;         // not counted in the command window
  bool submitted = false;         // the device has it; before that it waits for data
  uint32_t expected_bytes = 0;    // Expected Data Transfer Length
  std::vector<uint8_t> data_out;  // a buffer; what counts is the first received_bytes
  uint32_t received_bytes = 0;
  // The sequence of Data-Out PDUs that is under way: unsolicited, or the answer to the R2T
  // `transfer_tag`.
  bool unsolicited = false;
  bool damaged = false;   // a data digest was wrong: it ends when the sequence has
  bool has_room = false;  // counted in the connection's limit for solicited data
  uint32_t transfer_tag = kNoTag;
  uint32_t sequence_end = 0;  // offset behind its last byte
  uint32_t data_sn = 0;       // DataSN of the next PDU in it
  uint32_t r2t_count = 0;

  // Ready for another command; buffers keep their capacity.
  void reset() {
    task.aborted = task.drop_reply = task.bad_digest = false;
    task.status = task.sense_bytes = 0;
    task.data_in_bytes = task.data_in_beyond = 0;
    task.data_in.clear();
    task.data_out = {};
    read = write = immediate = submitted = unsolicited = damaged = has_room = false;
    expected_bytes = received_bytes = sequence_end = data_sn = r2t_count = 0;
    transfer_tag = kNoTag;
  }
};

}  // namespace io::iscsi
