// One SCSI command inside IscsiTransport: the caller's command, libiscsi's task, and the vector
// that both of them use.
#pragma once

extern "C" {
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
}

#include <vector>

#include "io/iscsi_transport.h"

namespace io {

struct IscsiTransport::Outstanding {
  IscsiTransport* owner = nullptr;
  mpio::TransportCommand* command = nullptr;
  scsi_task* task = nullptr;
  std::vector<scsi_iovec> vector;
  uint64_t sequence = 0;
  Outstanding* previous = nullptr;
  Outstanding* next = nullptr;
};

}  // namespace io
