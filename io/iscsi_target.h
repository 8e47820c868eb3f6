// A target device on real TCP portals: one listener per port of it, one IscsiLink per connection.
//
// It follows the ports of the device: one that is not open has no listener, and its connections are
// reset; where it does not read it does not accept either (the kernel still completes handshakes);
// where it does not send everything stays open.
//
// Threads: that of the event loop.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/iscsi/target.h"
#include "io/iscsi_link.h"
#include "io/portal.h"

namespace io {

class IscsiTarget final : private iscsi::PortObserver, public IscsiLink::Owner {
 public:
  struct Settings {
    std::vector<Portal> portals;  // index = port; as many as the device has
    iscsi::ChapAccount chap;
    iscsi::ChapAccount chap_mutual;
    IscsiTimeouts timeouts;
    size_t max_connections = 512;  // then the oldest that has not logged in makes room
    std::function<void(const std::string&)> log = [](const std::string&) {};
  };

  // Null when a portal cannot be listened on; `error` names it. Device and loop outlive the target.
  static std::unique_ptr<IscsiTarget> open(EventLoop& loop, iscsi::TargetDevice& device,
                                           Settings settings, std::string& error);
  ~IscsiTarget();
  IscsiTarget(const IscsiTarget&) = delete;
  IscsiTarget& operator=(const IscsiTarget&) = delete;

  // "127.0.0.1:3260"; with the real port where 0 was asked for.
  std::string portal_text(unsigned port) const { return listeners_[port]->address.text(); }
  size_t connection_count() const;
  // Connections that have agreed on header or data digests.
  size_t digest_count(bool iscsi::Digests::*kind) const;

 private:
  struct Listener {
    Listener(IscsiTarget& owner, unsigned number, ListenAddress where)
        : target(owner), port(number), address(where) {}
    void on_retry() { target.retry(*this); }

    IscsiTarget& target;
    unsigned port;
    ListenAddress address;
    int fd = -1;
    bool watched = false;
    base::MemberTimer<&Listener::on_retry> retry_timer{*this};
  };

  IscsiTarget(EventLoop& loop, iscsi::TargetDevice& device, Settings settings);

  void on_port_service(unsigned port) override;
  void on_link_closed() override { loop_.defer(reap_timer_); }
  void on_reap();

  bool open_listener(Listener& listener, std::string& error);
  void watch(Listener& listener);
  void unwatch(Listener& listener);
  void close(Listener& listener);
  void retry(Listener& listener);
  void accept_some(Listener& listener);
  bool make_room();

  EventLoop& loop_;
  iscsi::TargetDevice& device_;
  Settings settings_;
  iscsi::Target target_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::list<std::unique_ptr<IscsiLink>> links_;  // oldest first
  base::MemberTimer<&IscsiTarget::on_reap> reap_timer_{*this};
};

}  // namespace io
