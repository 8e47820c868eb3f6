// See iscsi_target.h.
#include "io/iscsi_target.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace io {
namespace {

constexpr uint64_t kRetryNs = 100'000'000;
constexpr int kAcceptsPerTurn = 16;

IscsiLink::Flow flow_of(const iscsi::PortService& service) {
  return {.reads = service.reads, .sends = service.sends};
}

}  // namespace

IscsiTarget::IscsiTarget(EventLoop& loop, iscsi::TargetDevice& device, Settings settings)
    : loop_(loop),
      device_(device),
      settings_(std::move(settings)),
      target_{.device = device,
              .name = device.name(),
              .portals = {},
              .chap = settings_.chap,
              .chap_mutual = settings_.chap_mutual,
              .log = settings_.log,
              .connections = {}} {}

std::unique_ptr<IscsiTarget> IscsiTarget::open(EventLoop& loop, iscsi::TargetDevice& device,
                                               Settings settings, std::string& error) {
  BASE_ASSERT(settings.portals.size() == device.port_count());
  std::unique_ptr<IscsiTarget> target(new IscsiTarget(loop, device, std::move(settings)));
  for (unsigned port = 0; port < target->settings_.portals.size(); ++port) {
    const auto address = ListenAddress::resolve(target->settings_.portals[port], error);
    if (!address) {
      return nullptr;
    }
    target->listeners_.push_back(std::make_unique<Listener>(*target, port, *address));
    Listener& listener = *target->listeners_.back();
    if (!target->open_listener(listener, error)) {
      return nullptr;
    }
    const bool everywhere = listener.address.is_wildcard();
    target->target_.portals.push_back(
        {everywhere ? "" : listener.address.host(), listener.address.port()});
    target->watch(listener);
  }
  device.observe_ports(target.get());
  return target;
}

IscsiTarget::~IscsiTarget() {
  device_.observe_ports(nullptr);
  for (const auto& listener : listeners_) {
    close(*listener);
  }
  links_.clear();
  loop_.cancel(reap_timer_);
}

size_t IscsiTarget::connection_count() const {
  return static_cast<size_t>(std::count_if(links_.begin(), links_.end(),
                                           [](const auto& link) { return !link->closed(); }));
}

size_t IscsiTarget::digest_count(bool iscsi::Digests::*kind) const {
  return static_cast<size_t>(std::count_if(links_.begin(), links_.end(), [kind](const auto& link) {
    return link->logged_in() && link->connection().digests().*kind;
  }));
}

void IscsiTarget::on_reap() {
  links_.remove_if([](const auto& link) { return link->closed(); });
}

// ---- listeners
// ----------------------------------------------------------------------------------------

bool IscsiTarget::open_listener(Listener& listener, std::string& error) {
  listener.fd = listener.address.listen(error);
  return listener.fd >= 0;
}

void IscsiTarget::watch(Listener& listener) {
  if (listener.fd >= 0 && !listener.watched) {
    listener.watched = true;
    loop_.watch(listener.fd, EPOLLIN, [this, &listener](uint32_t) { accept_some(listener); });
  }
}

void IscsiTarget::unwatch(Listener& listener) {
  if (listener.watched) {
    listener.watched = false;
    loop_.unwatch(listener.fd);
  }
}

void IscsiTarget::close(Listener& listener) {
  loop_.cancel(listener.retry_timer);
  unwatch(listener);
  if (listener.fd >= 0) {
    ::close(listener.fd);
    listener.fd = -1;
  }
}

// The portal could not be opened again, or no descriptor was left to accept with.
void IscsiTarget::retry(Listener& listener) {
  std::string error;
  if (listener.fd < 0 && !open_listener(listener, error)) {
    loop_.arm_after(listener.retry_timer, kRetryNs);
  } else if (device_.port_service(listener.port).reads) {
    watch(listener);
  }
}

void IscsiTarget::on_port_service(unsigned port) {
  Listener& listener = *listeners_[port];
  const iscsi::PortService service = device_.port_service(port);
  if (!service.open) {
    close(listener);
  } else if (listener.fd < 0) {
    std::string error;
    if (!open_listener(listener, error)) {
      settings_.log(error);
      loop_.arm_after(listener.retry_timer, kRetryNs);
    }
  }
  service.open&& service.reads ? watch(listener) : unwatch(listener);
  for (const auto& link : links_) {
    if (link->port() != port) {
      continue;
    }
    service.open ? link->set_flow(flow_of(service)) : link->reset();
  }
}

// ---- connections
// ----------------------------------------------------------------------------------------

void IscsiTarget::accept_some(Listener& listener) {
  for (int turn = 0; turn < kAcceptsPerTurn; ++turn) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int fd = accept4(listener.fd, reinterpret_cast<sockaddr*>(&address), &length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        settings_.log("cannot accept on " + listener.address.text() + ": " + std::strerror(errno));
        unwatch(listener);
        loop_.arm_after(listener.retry_timer, kRetryNs);
      }
      return;
    }
    if (!make_room()) {
      ::close(fd);
      continue;
    }
    iscsi::Connection::Ends ends;
    ends.peer = to_text(numeric_portal(reinterpret_cast<const sockaddr*>(&address), length));
    length = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    ends.local_host = numeric_portal(reinterpret_cast<const sockaddr*>(&address), length).host;
    links_.push_back(std::make_unique<IscsiLink>(
        loop_, fd, target_, listener.port, std::move(ends), settings_.timeouts,
        flow_of(device_.port_service(listener.port)), *this));
  }
}

// Strangers that fill the table lose their own place, not that of those at work.
bool IscsiTarget::make_room() {
  if (connection_count() < settings_.max_connections) {
    return true;
  }
  const auto stranger = std::find_if(links_.begin(), links_.end(), [](const auto& link) {
    return !link->closed() && !link->logged_in();
  });
  if (stranger == links_.end()) {
    settings_.log("a connection was refused: " + std::to_string(settings_.max_connections) +
                  " are logged in already");
    return false;
  }
  (*stranger)->fail("it had not logged in, and its place was needed");
  return true;
}

}  // namespace io
