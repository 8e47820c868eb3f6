// Asks a portal again and again through which portals its target can be reached (SendTargets), so
// that a disk learns of paths that come and go.
//
// Threads: one event loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/iscsi_discovery.h"
#include "io/iscsi_path_config.h"

namespace cli {

class PortalWatch {
 public:
  // The target's portals as paths: those of `asked` (credentials, target, LUN) with other hosts and
  // ports. Not called when the portal did not answer, or does not know the target.
  using OnPortals = std::function<void(const std::vector<io::IscsiPathConfig>& paths)>;
  using OnNews = std::function<void(const std::string& text)>;

  PortalWatch(io::EventLoop& loop, io::IscsiPathConfig asked, uint32_t interval_ms,
              OnPortals on_portals, OnNews on_news);
  ~PortalWatch() { loop_.cancel(timer_); }
  PortalWatch(const PortalWatch&) = delete;
  PortalWatch& operator=(const PortalWatch&) = delete;

  // Asks now, and `interval_ms` after each answer.
  void start();

 private:
  void on_answer(const io::Discovery& discovery);
  std::string problem_of(const io::Discovery& discovery, const io::DiscoveredTarget* target) const;

  io::EventLoop& loop_;
  io::IscsiPathConfig asked_;
  uint32_t interval_ms_;
  OnPortals on_portals_;
  OnNews on_news_;
  io::IscsiDiscovery discovery_;
  std::string last_problem_;
  base::MemberTimer<&PortalWatch::start> timer_{*this};
};

}  // namespace cli
