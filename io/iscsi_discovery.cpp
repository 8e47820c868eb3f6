// See iscsi_discovery.h. What a target says is printed and pasted by people: names and portals that
// hold anything odd are left out.
#include "io/iscsi_discovery.h"

#include <sys/epoll.h>

#include <utility>

#include "base/assert.h"
#include "io/iscsi_url.h"

namespace io {

IscsiDiscovery::IscsiDiscovery(EventLoop& loop, IscsiPathConfig portal)
    : loop_(loop), portal_(std::move(portal)), login_(loop, portal_, SessionKind::discovery) {
  portal_.target.clear();
}

void IscsiDiscovery::start(uint32_t deadline_ms, Done done) {
  BASE_ASSERT(done_ == nullptr);
  done_ = std::move(done);
  deadline_ms_ = deadline_ms;
  found_ = {};
  loop_.arm_after(deadline_, uint64_t{deadline_ms} * 1'000'000);
  login_.start([this](const LinkFailure& failure, std::unique_ptr<IscsiSocket> socket) {
    on_login_done(failure, std::move(socket));
  });
}

void IscsiDiscovery::cancel() {
  login_.cancel();
  close();
  done_ = nullptr;
}

void IscsiDiscovery::on_login_done(const LinkFailure& failure,
                                   std::unique_ptr<IscsiSocket> socket) {
  if (socket == nullptr) {
    finish(failure);
    return;
  }
  socket_ = std::move(socket);
  loop_.watch(socket_->fd(), EPOLLIN, [this](uint32_t events) { on_socket(events); });
  socket_->session().send_targets();
  act();
}

// TargetName begins a target, and each TargetAddress behind it is one of its portals.
void IscsiDiscovery::take_list(const iscsi::KeyList& list) {
  bool usable = false;  // the target that the portals belong to
  bool named = true;    // a portal
  const auto end_target = [&] {
    if (usable && !named) {
      found_.targets.back().portals.push_back({portal_.host, portal_.port});
    }
  };
  for (const auto& [key, value] : list) {
    if (key == "TargetName") {
      end_target();
      usable = check_target_name(value).empty();
      named = false;
      if (usable) {
        found_.targets.push_back({value, {}});
      } else {
        ++found_.ignored;
      }
    } else if (key == "TargetAddress" && usable) {
      named = true;
      DiscoveredPortal portal;
      if (parse_target_portal(value.substr(0, value.find(',')), portal.host, portal.port).empty()) {
        found_.targets.back().portals.push_back(std::move(portal));
      } else {
        ++found_.ignored;
      }
    }
  }
  end_target();
}

void IscsiDiscovery::on_socket(uint32_t events) {
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    socket_->read();
  }
  act();
}

void IscsiDiscovery::act() {
  socket_->write();
  if (socket_->session().text_done()) {
    const std::string& text = socket_->session().text();
    const auto list =
        iscsi::parse_key_list({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    if (list) {
      take_list(*list);
      finish({});
    } else {
      finish({mpio::LinkResult::protocol_error,
              "portal " + portal_text(portal_.host, portal_.port) +
                  " answers with a list of targets that cannot be read; name the target in the "
                  "path's URL yourself"});
    }
  } else if (socket_->dead()) {
    finish(socket_->why(portal_, true));
  } else {
    loop_.modify(socket_->fd(), socket_->events());
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
  if (socket_ != nullptr) {
    loop_.unwatch(socket_->fd());
    socket_->close(Farewell::orderly);
    socket_.reset();
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
