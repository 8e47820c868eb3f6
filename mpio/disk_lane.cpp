// The lane's sessions and its life. Requests are in disk_lane_requests.cpp.
#include "mpio/disk_lane.h"

#include <bit>
#include <cerrno>

#include "base/assert.h"

namespace mpio {

DiskLane::LanePath::LanePath(unsigned path_number, Transport& transport, DiskLane& lane)
    : link(path_number, transport, lane.loop_, lane.config_, lane), probe(lane.config_) {}

DiskLane::DiskLane(unsigned number, Loop& loop, DiskShared& shared,
                   const std::vector<Transport*>& transports, const std::vector<unsigned>& paths,
                   DiskLaneOwner& owner)
    : number_(number), loop_(loop), shared_(shared), config_(shared.config), owner_(owner) {
  for (size_t i = 0; i < transports.size(); ++i) {
    paths_[paths[i]] = std::make_unique<LanePath>(paths[i], *transports[i], *this);
  }
}

DiskLane::~DiskLane() {
  phase_ = Phase::stopped;
  for_each_path([](LanePath& path) {
    path.probe.cancel();
    path.link.stop();
  });
  fail_waiting();
  deliver_finished();
  loop_.cancel(pump_timer_);
  loop_.cancel(finish_timer_);
}

// --- sessions
// -----------------------------------------------------------------------------------------

void DiskLane::start() {
  for_each_path([](LanePath& path) { path.link.start(); });
}

void DiskLane::add_path(unsigned path, Transport& transport) {
  BASE_ASSERT(paths_[path] == nullptr);
  paths_[path] = std::make_unique<LanePath>(path, transport, *this);
  paths_[path]->link.start();
}

// Commands of the disk's own (an RTPG, say) may still be under way on an idle path: such a one is
// left without a farewell.
void DiskLane::log_out(LanePath& path) {
  if (path.link.outstanding() != 0) {
    path.probe.cancel();
    path.link.stop();
    on_logged_out(path.link);
  } else {
    path.link.logout();
  }
}

void DiskLane::leave_path(unsigned path) {
  log_out(*paths_[path]);
}

void DiskLane::forget_path(unsigned path) {
  // Nobody will tell how what is still held there ends.
  shared_.unsettled.end_held({path, number_}, false, SettledBy::time, loop_.now_ns());
  paths_[path].reset();
  owner_.on_path_forgotten(number_, path);
}

void DiskLane::on_link_up(PathLink& link) {
  owner_.on_link_up(number_, link.number());
  examine(link.number());
}

void DiskLane::examine(unsigned path) {
  PathLink& link = paths_[path]->link;
  Probe& probe = paths_[path]->probe;
  if (probe.running() || !link.up()) {
    return;
  }
  probe.start(link, [this, path, login = link.logins()](const std::string& error) {
    owner_.on_probed(number_, path, login, error, paths_[path]->probe.result());
  });
}

void DiskLane::on_link_down(PathLink& link, LinkResult, std::string_view why) {
  paths_[link.number()]->probe.cancel();
  if (reserved_path_ == link.number()) {
    lose_reservation();
  }
  // The DSM first: what comes back from the dead session must not be sent there again.
  shared_.dsm.path_failed(number_, path_id(link.number()));
  owner_.on_link_down(number_, link.number(), std::string(why));
}

void DiskLane::on_login_failed(PathLink& link, LinkResult, std::string_view why) {
  owner_.on_login_failed(number_, link.number(), std::string(why));
}

void DiskLane::on_suspect(PathLink& link, bool suspect) {
  owner_.on_suspect(number_, link.number(), suspect);
}

void DiskLane::on_held_ended(PathLink& link, bool answered, SettledBy then) {
  shared_.unsettled.end_held({link.number(), number_}, answered, then, loop_.now_ns());
  owner_.on_settled(number_);
}

void DiskLane::refuse_path(unsigned path, const std::string& why) {
  paths_[path]->link.fail(LinkResult::protocol_error, why, true);
}

void DiskLane::fail_path_soon(unsigned path, const std::string& why) {
  paths_[path]->link.fail_soon(why);
}

// --- life
// ---------------------------------------------------------------------------------------------

void DiskLane::set_geometry(const Geometry& geometry, const CommandLimits& limits) {
  const bool refused = limits_.write_same_refused;
  geometry_ = geometry;
  limits_ = limits;
  block_scale_ = static_cast<uint16_t>(std::bit_width(geometry.logical_block_bytes / 512) - 1);
  limits_.write_same_refused = refused;
}

void DiskLane::drain() {
  phase_ = Phase::draining;
  check_drained();
}

void DiskLane::check_drained() {
  if (phase_ == Phase::draining && !told_drained_ && open_requests() == 0 && finished_.empty()) {
    told_drained_ = true;
    owner_.on_drained(number_);
  }
}

void DiskLane::log_out() {
  phase_ = Phase::leaving;
  loop_.cancel(pump_timer_);
  links_to_leave_ = 1;  // this loop, so that it reports at its end at the earliest
  for_each_path([this](LanePath& path) {
    ++links_to_leave_;
    log_out(path);
  });
  count_logged_out();
}

void DiskLane::on_logged_out(PathLink& link) {
  if (phase_ == Phase::leaving) {
    count_logged_out();
  } else {
    owner_.on_path_left(number_, link.number());
  }
}

void DiskLane::count_logged_out() {
  if (--links_to_leave_ == 0) {
    owner_.on_logged_out(number_);
  }
}

void DiskLane::stop() {
  phase_ = Phase::stopped;
  for_each_path([](LanePath& path) {
    path.probe.cancel();
    path.link.stop();
  });
  fail_waiting();
  deliver_finished();
  owner_.on_stopped(number_);
}

}  // namespace mpio
