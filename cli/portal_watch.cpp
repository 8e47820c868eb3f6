// See portal_watch.h.
#include "cli/portal_watch.h"

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "io/iscsi_url.h"
#include "io/resolver.h"

namespace cli {
namespace {

constexpr uint32_t kDeadlineMs = 5'000;
using base::kNsPerMs;
// The ISID's lane: none that a disk uses, for a login with a disk's ISID would end its session.
constexpr uint32_t kLane = 0xfffffffe;

io::IscsiPathConfig for_discovery(io::IscsiPathConfig portal) {
  const std::string initiator = portal.initiator_name;
  io::set_initiator(portal, initiator, kLane);
  return portal;
}

}  // namespace

PortalWatch::PortalWatch(io::EventLoop& loop, io::IscsiPathConfig asked, uint32_t interval_ms,
                         OnPortals on_portals, OnNews on_news)
    : loop_(loop),
      asked_(std::move(asked)),
      interval_ms_(interval_ms),
      on_portals_(std::move(on_portals)),
      on_news_(std::move(on_news)),
      discovery_(loop, for_discovery(asked_)) {}

void PortalWatch::start() {
  discovery_.start(kDeadlineMs, [this](const io::Discovery& answer) { on_answer(answer); });
}

std::string PortalWatch::problem_of(const io::Discovery& discovery,
                                    const io::DiscoveredTarget* target) const {
  const std::string portal = io::portal_text(asked_.host, asked_.port);
  if (discovery.failure.result != mpio::LinkResult::ok) {
    return "discovery: " + discovery.failure.detail;
  }
  if (target == nullptr) {
    return "discovery: " + portal + " does not know the target " + asked_.target +
           "; `dsmkit discover " + portal + "` lists those it knows";
  }
  return {};
}

void PortalWatch::on_answer(const io::Discovery& discovery) {
  loop_.arm_after(timer_, interval_ms_ * kNsPerMs);
  const auto found = std::find_if(
      discovery.targets.begin(), discovery.targets.end(),
      [this](const io::DiscoveredTarget& target) { return target.name == asked_.target; });
  const io::DiscoveredTarget* target = found == discovery.targets.end() ? nullptr : &*found;
  const std::string problem = problem_of(discovery, target);
  if (problem != last_problem_ && !problem.empty()) {
    on_news_(problem + "; the paths stay as they are");
  }
  last_problem_ = problem;
  if (!problem.empty()) {
    return;
  }
  std::vector<io::IscsiPathConfig> paths;
  for (const io::DiscoveredPortal& portal : target->portals) {
    io::IscsiPathConfig path = asked_;
    path.host = portal.host;
    path.port = portal.port;
    paths.push_back(std::move(path));
  }
  on_portals_(paths);
}

}  // namespace cli
