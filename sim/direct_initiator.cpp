// See direct_initiator.h.
#include "sim/direct_initiator.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "scsi/opcodes.h"

namespace sim {
namespace {

constexpr unsigned kTries = 8;  // a new session has unit attentions to hear

}  // namespace

DirectInitiator::~DirectInitiator() {
  clock_.cancel(timer_);
  if (session_.nexus != nullptr) {
    array_.drop(*session_.nexus);
  }
}

bool DirectInitiator::log_in() {
  for (unsigned port = 0; session_.nexus == nullptr && port < array_.config().ports.size();
       ++port) {
    session_.nexus = array_.login(port, {kName, {0x80, 0, 0, 0, 0, 1}}, session_);
  }
  return session_.nexus != nullptr;
}

void DirectInitiator::submit(mpio::ScsiRequest& request) {
  request.error = EIO;
  request.scsi_status = scsi::kGood;
  if (log_in()) {
    execute(request);
  }
  ended_.push_back(&request);
  clock_.arm_after(timer_, kMillisecond);
}

void DirectInitiator::execute(mpio::ScsiRequest& request) {
  std::vector<uint8_t> data;
  for (const mpio::IoSlice& slice : request.slices) {
    data.insert(data.end(), slice.data, slice.data + slice.size_bytes);
  }
  array::Task task;
  task.nexus = session_.nexus;
  task.cdb = request.cdb;
  task.data_out = data;
  task.done = [](array::Task&) {};
  for (unsigned attempt = 0; attempt < kTries; ++attempt) {
    array_.submit(task);  // at once: nobody holds tasks here
    observer_.on_executed({host_, session_.nexus->port, task.cdb, task.data_out, task.status});
    if (task.status != scsi::kCheckCondition) {
      break;
    }
  }
  request.error = 0;
  request.scsi_status = task.status;
}

void DirectInitiator::answer() {
  for (mpio::ScsiRequest* request : std::exchange(ended_, {})) {
    request->done(*request);
  }
}

}  // namespace sim
