// Which targets does a portal know, and through which portals? (SendTargets, RFC 7143 appendix C)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "io/event_loop.h"
#include "io/iscsi/text_keys.h"
#include "io/iscsi_login.h"
#include "io/iscsi_path_config.h"

namespace io {

struct DiscoveredPortal {
  std::string host;  // as the target gave it, without brackets
  uint16_t port = 3260;
  friend bool operator==(const DiscoveredPortal&, const DiscoveredPortal&) = default;
};

struct DiscoveredTarget {
  std::string name;
  // In the target's order. A target that names none is reached where it was asked for.
  std::vector<DiscoveredPortal> portals;
};

struct Discovery {
  LinkFailure failure;  // LinkResult::ok when the list came
  std::vector<DiscoveredTarget> targets;
  unsigned ignored = 0;  // entries that were neither a target name nor a portal that makes sense
};

class IscsiDiscovery {
 public:
  using Done = std::function<void(const Discovery& discovery)>;

  // Of `portal` host, port, initiator_name, isid and the CHAP names and secrets are used.
  IscsiDiscovery(EventLoop& loop, IscsiPathConfig portal);
  ~IscsiDiscovery() { cancel(); }
  IscsiDiscovery(const IscsiDiscovery&) = delete;
  IscsiDiscovery& operator=(const IscsiDiscovery&) = delete;

  // Only when none is going on. `done` never runs from inside; it runs once, at the latest after
  // `deadline_ms`, and may destroy this object.
  void start(uint32_t deadline_ms, Done done);
  // Gives up at once; `done` is not called.
  void cancel();

 private:
  void on_login_done(const LinkFailure& failure, std::unique_ptr<IscsiSocket> socket);
  void on_socket(uint32_t events);
  void act();
  void on_deadline();
  void take_list(const iscsi::KeyList& list);
  void close();
  void finish(LinkFailure failure);

  EventLoop& loop_;
  IscsiPathConfig portal_;
  uint32_t deadline_ms_ = 0;
  Done done_;
  IscsiLogin login_;
  std::unique_ptr<IscsiSocket> socket_;
  Discovery found_;
  base::MemberTimer<&IscsiDiscovery::on_deadline> deadline_{*this};
};

}  // namespace io
