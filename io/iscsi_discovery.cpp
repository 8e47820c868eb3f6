// See iscsi_discovery.h. What a target says is printed and pasted by people: names and portals that
// hold anything odd are left out.
#include "io/iscsi_discovery.h"

extern "C" {
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
}
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "io/iscsi_url.h"

namespace io {

IscsiDiscovery::IscsiDiscovery(EventLoop& loop, IscsiPathConfig portal)
    : loop_(loop),
      portal_(std::move(portal)),
      login_(loop, portal_, IscsiLogin::Session::discovery) {
  portal_.target.clear();
}

void IscsiDiscovery::start(uint32_t deadline_ms, Done done) {
  BASE_ASSERT(done_ == nullptr);
  done_ = std::move(done);
  deadline_ms_ = deadline_ms;
  found_ = {};
  loop_.arm_after(deadline_, uint64_t{deadline_ms} * 1'000'000);
  login_.start([this](const LinkFailure& failure, iscsi_context* context) {
    on_login_done(failure, context);
  });
}

void IscsiDiscovery::cancel() {
  login_.cancel();
  close();
  done_ = nullptr;
}

void IscsiDiscovery::on_login_done(const LinkFailure& failure, iscsi_context* context) {
  if (context == nullptr) {
    finish(failure);
    return;
  }
  context_ = context;
  socket_error_ = 0;
  answered_ = dead_ = list_refused_ = false;
  fd_ = iscsi_get_fd(context_);
  loop_.watch(fd_, EPOLLIN, [this](uint32_t events) { on_socket(events); });
  dead_ = iscsi_discovery_async(context_, note_list, this) != 0;
  service(POLLOUT);
  act_on_notes();
}

void IscsiDiscovery::note_list(iscsi_context*, int status, void* list, void* self) {
  auto& discovery = *static_cast<IscsiDiscovery*>(self);
  if (status == SCSI_STATUS_GOOD) {
    discovery.answered_ = true;
    discovery.take_list(static_cast<const iscsi_discovery_address*>(list));
  } else if (status == SCSI_STATUS_ERROR) {
    discovery.list_refused_ = true;
  }
}

void IscsiDiscovery::take_list(const iscsi_discovery_address* list) {
  for (const iscsi_discovery_address* at = list; at != nullptr; at = at->next) {
    DiscoveredTarget target;
    target.name = at->target_name != nullptr ? at->target_name : "";
    if (!check_target_name(target.name).empty()) {
      ++found_.ignored;
      continue;
    }
    bool named = false;
    for (const iscsi_target_portal* entry = at->portals; entry != nullptr; entry = entry->next) {
      named = true;
      const std::string_view text = entry->portal != nullptr ? entry->portal : "";
      DiscoveredPortal portal;
      if (parse_target_portal(text.substr(0, text.find(',')), portal.host, portal.port).empty()) {
        target.portals.push_back(std::move(portal));
      } else {
        ++found_.ignored;
      }
    }
    if (!named) {
      target.portals.push_back({portal_.host, portal_.port});
    }
    std::reverse(target.portals.begin(), target.portals.end());  // libiscsi turns the order round
    found_.targets.push_back(std::move(target));
  }
  std::reverse(found_.targets.begin(), found_.targets.end());
}

void IscsiDiscovery::on_socket(uint32_t events) {
  if ((events & EPOLLERR) != 0) {
    socket_error_ = take_socket_error(fd_);
  }
  const bool readable = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
  service((readable ? POLLIN : 0) | ((events & EPOLLOUT) != 0 ? POLLOUT : 0));
  act_on_notes();
}

void IscsiDiscovery::service(int events) {
  if (!dead_ && iscsi_service(context_, events) < 0) {
    dead_ = true;
  }
}

void IscsiDiscovery::act_on_notes() {
  if (answered_) {
    finish({});
  } else if (list_refused_) {
    finish(
        {mpio::LinkResult::protocol_error, "portal " + portal_text(portal_.host, portal_.port) +
                                               " answers with a list of targets that cannot be "
                                               "read; name the target in the path's URL yourself"});
  } else if (dead_) {
    finish(why_iscsi_died(context_, portal_, true, socket_error_));
  } else {
    loop_.modify(fd_, static_cast<uint32_t>(iscsi_which_events(context_)));
  }
}

void IscsiDiscovery::on_deadline() {
  finish({mpio::LinkResult::timed_out, "portal " + portal_text(portal_.host, portal_.port) +
                                           " does not answer within " +
                                           std::to_string(deadline_ms_) +
                                           " ms; check the address, and that the target is alive"});
}

void IscsiDiscovery::close() {
  loop_.cancel(deadline_);
  if (context_ != nullptr) {
    loop_.unwatch(fd_);
    fd_ = -1;
    close_iscsi_context(std::exchange(context_, nullptr), Farewell::orderly);
  }
}

void IscsiDiscovery::finish(LinkFailure failure) {
  login_.cancel();
  close();
  found_.failure = std::move(failure);
  const Discovery found = std::exchange(found_, {});
  const Done done = std::exchange(done_, nullptr);
  done(found);
}

}  // namespace io
