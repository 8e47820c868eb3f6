// PERSISTENT RESERVE OUT of a client: an operation of the DSM over all paths.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "mpio/disk.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace mpio {
namespace {

// What the client hears when the target has said nothing for it. BUSY asks it to come again.
void answer(ScsiRequest& request, const dsm::OperationResult& result) {
  if (result.status.ok()) {
    const dsm::TargetAnswer& said = result.answer;
    request.scsi_status = said.scsi_status;
    if (said.scsi_status == scsi::kCheckCondition) {
      request.sense_bytes = static_cast<uint16_t>(scsi::encode_fixed_sense(
          request.sense, {.key = said.sense_key, .asc = said.asc, .ascq = said.ascq}));
    }
  } else if (result.status.code() == base::Code::conflict) {
    request.scsi_status = scsi::kBusy;
  } else {
    request.error = EIO;
  }
}

}  // namespace

void Disk::on_reserve_out(ScsiRequest& request, const dsm::ReserveRequest& wanted,
                          std::vector<uint8_t> parameter_list) {
  const dsm::Lun* lun = shared_.dsm.lun();
  if (lun == nullptr || lanes_.size() != 1) {
    request.error = lun == nullptr ? EIO : EOPNOTSUPP;
    answered_.push_back(&request);
    control_.defer(answered_timer_);
    return;
  }
  dsm::Operation operation{.kind = dsm::OperationKind::reserve_out, .lun = lun->id};
  operation.reserve = wanted;
  reserving_.push_back({shared_.dsm.next_operation(), &request});
  shared_.dsm.start(operation, std::move(parameter_list));
}

void Disk::on_reserved(const dsm::OperationResult& result) {
  const auto found = std::find_if(reserving_.begin(), reserving_.end(),
                                  [&](const Reserving& one) { return one.operation == result.id; });
  if (found == reserving_.end()) {
    return;
  }
  ScsiRequest& request = *found->request;
  reserving_.erase(found);
  answer(request, result);
  if (result.status.ok() && result.answer.scsi_status == scsi::kGood && result.path != 0) {
    lanes_.front()->reserved_through(result.path - 1, request.cdb);
  }
  answered_.push_back(&request);
  control_.defer(answered_timer_);
}

void Disk::on_answered_time() {
  for (ScsiRequest* request : std::exchange(answered_, {})) {
    request->done(*request);
  }
}

void Disk::fail_reservations() {
  control_.cancel(answered_timer_);
  for (const Reserving& one : std::exchange(reserving_, {})) {
    one.request->error = EIO;
    answered_.push_back(one.request);
  }
  on_answered_time();
}

}  // namespace mpio
