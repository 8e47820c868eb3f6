// See raw_session.h.
#include "bench/raw_session.h"

#include <poll.h>

extern "C" {
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
}

#include "io/resolver.h"

namespace bench {

struct RawSession::Read {
  RawSession* session = nullptr;
  std::vector<uint8_t> data;
  scsi_iovec slice{};
};

RawSession::RawSession(const io::IscsiPathConfig& path, ReadShape shape)
    : context_(iscsi_create_context(path.initiator_name.c_str())), lun_(path.lun), shape_(shape) {
  iscsi_set_targetname(context_, path.target.c_str());
  iscsi_set_session_type(context_, ISCSI_SESSION_NORMAL);
  iscsi_set_header_digest(context_, ISCSI_HEADER_DIGEST_NONE_CRC32C);  // as the disk offers
  if (iscsi_full_connect_sync(context_, io::portal_text(path.host, path.port).c_str(), lun_) != 0) {
    give_up("the raw session does not log in", iscsi_get_error(context_));
  }
  scsi_task* task = iscsi_readcapacity16_sync(context_, lun_);
  auto* capacity = task != nullptr && task->status == SCSI_STATUS_GOOD
                       ? static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(task))
                       : nullptr;
  if (capacity == nullptr) {
    give_up("the raw session cannot read the capacity", iscsi_get_error(context_));
  }
  block_bytes_ = capacity->block_length;
  places_ = (capacity->returned_lba + 1) * block_bytes_ / shape_.bytes;
  scsi_free_scsi_task(task);
  for (unsigned i = 0; i < shape_.depth; ++i) {
    Read& read = *reads_.emplace_back(std::make_unique<Read>());
    read.session = this;
    read.data.resize(shape_.bytes);
    read.slice = {read.data.data(), read.data.size()};
  }
}

RawSession::~RawSession() {
  iscsi_logout_sync(context_);
  iscsi_destroy_context(context_);
}

void RawSession::submit(Read& read) {
  --to_submit_;
  const uint64_t lba = prng_.below(places_) * (shape_.bytes / block_bytes_);
  if (iscsi_read16_iov_task(context_, lun_, lba, shape_.bytes, static_cast<int>(block_bytes_), 0, 0,
                            0, 0, 0, on_read, &read, &read.slice, 1) == nullptr) {
    give_up("a raw read was not sent", iscsi_get_error(context_));
  }
}

void RawSession::on_read(iscsi_context* context, int status, void* task, void* read) {
  auto& done = *static_cast<Read*>(read);
  if (status != SCSI_STATUS_GOOD) {
    give_up("a raw read failed", iscsi_get_error(context));
  }
  scsi_free_scsi_task(static_cast<scsi_task*>(task));
  --done.session->to_finish_;
  if (done.session->to_submit_ != 0) {
    done.session->submit(done);
  }
}

void RawSession::service(int events) {
  if (iscsi_service(context_, events) < 0) {
    give_up("the raw session died", iscsi_get_error(context_));
  }
}

void RawSession::run(uint64_t reads) {
  to_submit_ = to_finish_ = reads;
  for (size_t i = 0; i < reads_.size() && to_submit_ != 0; ++i) {
    submit(*reads_[i]);
  }
  while (to_finish_ != 0) {
    // What can be sent is sent without asking the kernel first.
    if ((iscsi_which_events(context_) & POLLOUT) != 0) {
      service(POLLOUT);
    }
    pollfd wait{iscsi_get_fd(context_), static_cast<short>(iscsi_which_events(context_)), 0};
    if (poll(&wait, 1, -1) == 1) {
      service(wait.revents);
    }
  }
}

}  // namespace bench
