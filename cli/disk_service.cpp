// See disk_service.h.
#include "cli/disk_service.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>

#include "io/iscsi_url.h"
#include "io/resolver.h"

namespace cli {

unsigned default_lanes() {
  constexpr int kMost = 4;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  return static_cast<unsigned>(std::clamp(known ? CPU_COUNT(&allowed) : 1, 1, kMost));
}

std::vector<mpio::Transport*> DiskService::ServicePath::links() const {
  std::vector<mpio::Transport*> links;
  for (const auto& transport : transports) {
    links.push_back(transport.get());
  }
  return links;
}

DiskService::DiskService(io::EventLoop& loop, DiskServiceConfig config)
    : loop_(loop), config_(std::move(config)) {
  config_.disk.unsettled = std::make_shared<mpio::UnsettledWrites>();
  std::vector<mpio::LaneSetup> lanes(config_.lanes);
  for (unsigned lane = 0; lane < config_.lanes; ++lane) {
    if (lane != 0) {
      other_lanes_.push_back(std::make_unique<io::LoopThread>());
    }
    lanes[lane].loop = &loop_of(lane);
    sg_drivers_.push_back(std::make_unique<io::sg::KernelDriver>(loop_of(lane)));
  }
  for (const DiskPath& path : config_.paths) {
    paths_.push_back(make_path(path, nullptr));
    paths_.back()->number = static_cast<unsigned>(paths_.size() - 1);
    lanes.front().ports.push_back(ports_of(path));
    for (unsigned lane = 0; lane < config_.lanes; ++lane) {
      lanes[lane].transports.push_back(paths_.back()->transports[lane].get());
    }
  }
  mpio::DiskObserver& observer = *this;
  disk_ = std::make_unique<mpio::Disk>(config_.disk, lanes, &observer);
  watches_.reserve(config_.discover.size());  // their callbacks point here
  for (const io::IscsiPathConfig& asked : config_.discover) {
    auto& watch = watches_.emplace_back();
    watch = std::make_unique<PortalWatch>(
        loop_, asked, config_.discover_interval_ms,
        [this, &watch = watches_.back()](const auto& portals) { on_portals(*watch, portals); },
        [this](const std::string& text) { on_note(text); });
  }
}

// What lives on the other loops is taken down from here once their threads have ended.
DiskService::~DiskService() {
  watches_.clear();
  for (const auto& lane : other_lanes_) {
    lane->join();
  }
  front_.reset();
  server_.reset();
  disk_.reset();
  paths_.clear();
}

io::EventLoop& DiskService::loop_of(unsigned lane) {
  return lane == 0 ? loop_ : other_lanes_[lane - 1]->loop();
}

// --- paths that come and go
// ---------------------------------------------------------------------------

std::shared_ptr<mpio::Transport> DiskService::make_transport(const DiskPath& path, unsigned lane) {
  if (const auto* sg = std::get_if<SgPath>(&path)) {
    return std::make_shared<io::sg::Transport>(loop_of(lane), *sg_drivers_[lane], sg->node);
  }
  io::IscsiPathConfig of_lane = std::get<io::IscsiPathConfig>(path);
  io::set_initiator(of_lane, of_lane.initiator_name, lane);
  return std::make_shared<io::IscsiTransport>(loop_of(lane), of_lane);
}

std::unique_ptr<DiskService::ServicePath> DiskService::make_path(const DiskPath& config,
                                                                 const void* watch) {
  auto path = std::make_unique<ServicePath>();
  path->config = config;
  path->watch = watch;
  for (unsigned lane = 0; lane < config_.lanes; ++lane) {
    path->transports.push_back(make_transport(config, lane));
  }
  return path;
}

bool DiskService::ServicePath::is(const io::IscsiPathConfig& portal) const {
  const auto* iscsi = std::get_if<io::IscsiPathConfig>(&config);
  return iscsi != nullptr && same_path(*iscsi, portal);
}

void DiskService::on_portals(const PortalWatch& watch,
                             const std::vector<io::IscsiPathConfig>& portals) {
  for (const io::IscsiPathConfig& portal : portals) {
    const bool known = std::any_of(paths_.begin(), paths_.end(),
                                   [&portal](const auto& path) { return path->is(portal); });
    if (!known) {
      const std::string why = take_in(portal, &watch);
      on_note("discovery: " + io::portal_text(portal.host, portal.port) +
              (why.empty() ? " is a new path" : " is left out: " + why));
    }
  }
  for (const auto& path : paths_) {
    const bool listed = std::any_of(portals.begin(), portals.end(),
                                    [&path](const auto& portal) { return path->is(portal); });
    // A portal that will not come back cannot settle its lost writes either; but it may.
    if (path->watch == &watch && !path->leaving && !listed &&
        !disk_->has_unsettled_writes(path->number)) {
      const auto& portal = std::get<io::IscsiPathConfig>(path->config);  // nothing else is found
      on_note("discovery: " + io::portal_text(portal.host, portal.port) +
              " is not listed any more; the path is taken out");
      take_out(*path, [] {});
    }
  }
}

// "" or why not.
std::string DiskService::take_in(const DiskPath& config, const void* watch) {
  std::unique_ptr<ServicePath> path = make_path(config, watch);
  path->number = disk_->add_path(path->links(), ports_of(config));
  if (path->number == mpio::Disk::kNoPath) {
    return "the disk has as many paths as it can";
  }
  paths_.push_back(std::move(path));
  if (front_ != nullptr) {
    front_->add_path(back_end_path(*paths_.back()));
  }
  return {};
}

void DiskService::take_out(ServicePath& path, std::function<void()> gone) {
  path.leaving = true;
  if (front_ != nullptr) {
    front_->remove_path(path.number);
  }
  disk_->remove_path(path.number, [this, &path, gone = std::move(gone)] {
    retire(path);
    gone();
  });
}

// Each transport dies on its own loop.
void DiskService::retire(ServicePath& path) {
  for (unsigned lane = 0; lane < config_.lanes; ++lane) {
    loop_of(lane).post([kept = std::move(path.transports[lane])]() mutable { kept.reset(); });
  }
  std::erase_if(paths_, [&path](const auto& each) { return each.get() == &path; });
}

std::string DiskService::add_path(const std::string& text) {
  DiskPath config;
  std::string error;
  if (!parse_path(text, config_.initiator_name, config, error)) {
    return error;
  }
  if (front_ != nullptr && std::holds_alternative<SgPath>(config)) {
    return std::string(kNoNexusThroughSg) + "; add an iscsi:// path";
  }
  for (const auto& path : paths_) {
    if (same_path(path->config, config)) {
      return path->leaving ? "this path is being taken out; add it when it is gone"
                           : "the disk has this path already";
    }
  }
  return take_in(config, nullptr);
}

std::string DiskService::remove_path(unsigned number, bool force, std::function<void()> gone) {
  const auto at = std::find_if(paths_.begin(), paths_.end(), [number](const auto& path) {
    return path->number == number && !path->leaving;
  });
  if (at == paths_.end()) {
    return "it is being taken out already";
  }
  if ((*at)->watch != nullptr) {
    return "--discover has found this path and would find it again; `dsmkit path fail` takes it "
           "out of use";
  }
  if (!force && !disk_->others_in_use(number)) {
    return "it is the last path that can be used; without it all I/O would stop (--force does it "
           "all the same)";
  }
  if (!force && disk_->has_unsettled_writes(number)) {
    return "a write that was lost on it may still execute, which a new login would settle; try "
           "again later (--force does it all the same)";
  }
  take_out(**at, std::move(gone));
  return {};
}

void DiskService::start(std::function<void(const std::string& error)> done) {
  disk_->start(config_.start_timeout_ms, [this, done](const std::string& error) {
    std::string why = error;
    if (why.empty() && config_.nbd) {
      why = open_server();
    }
    if (why.empty() && !config_.front.portals.empty()) {
      why = open_front();
    }
    done(why);
  });
  for (const auto& watch : watches_) {
    watch->start();
  }
}

std::string DiskService::open_server() {
  io::nbd::ServerConfig server;
  server.exported.name = config_.export_name;
  server.exported.description = disk_->status().identity;
  // Every connection is served by this one disk, and a flush is one of the whole LUN.
  server.exported.multi_conn = true;
  server.drain_deadline_ms = config_.drain_ms;
  server.log = [this](const std::string& text) { on_note("NBD: " + text); };
  std::vector<io::nbd::ServingLane> lanes;
  for (unsigned lane = 0; lane < config_.lanes; ++lane) {
    lanes.push_back({&loop_of(lane), &disk_->lane(lane)});
  }
  auto opened = io::nbd::Server::open(lanes, *config_.nbd, std::move(server));
  server_ = std::move(opened.server);
  return opened.error;
}

std::string DiskService::open_front() {
  FrontService::Behind behind;
  behind.settings = [this] { return back_end_settings(); };
  behind.block_bytes = [this] { return disk_->geometry().logical_block_bytes; };
  behind.on_settled = [this] {
    disk_->look_again();
    on_settled();
  };
  front_ = std::make_unique<FrontService>(
      loop_, config_.front, std::move(behind), *config_.disk.unsettled,
      [this](const std::string& text) { on_note("iSCSI target: " + text); });
  return front_->open();
}

DiskBackEnd::Administered DiskService::administered() const {
  return {disk_->settings(), disk_->run_settings(), disk_->failed_paths()};
}

DiskBackEnd::Settings DiskService::back_end_settings() const {
  DiskBackEnd::Settings settings;
  settings.disk = config_.disk;
  settings.disk.trace = {};  // a trace is of one disk
  settings.administered = administered();
  settings.start_timeout_ms = config_.start_timeout_ms;
  settings.drain_ms = config_.drain_ms;
  for (const auto& path : paths_) {
    if (!path->leaving) {
      settings.paths.push_back(back_end_path(*path));
    }
  }
  return settings;
}

DiskBackEnd::Path DiskService::back_end_path(const ServicePath& path) {
  // With a target in front every path is one over iSCSI: the option's check.
  return {path.number, std::get<io::IscsiPathConfig>(path.config), ports_of(path.config)};
}

void DiskService::on_administered() {
  if (front_ != nullptr) {
    front_->follow(administered());
  }
}

void DiskService::on_settled() {
  if (front_ != nullptr) {
    front_->look_again();
  }
}

std::vector<std::string> DiskService::urls() const {
  std::vector<std::string> urls = front_ != nullptr ? front_->urls() : std::vector<std::string>();
  if (server_ != nullptr) {
    urls.insert(urls.begin(), server_->address().uri());
  }
  return urls;
}

void DiskService::stop(std::function<void()> done) {
  watches_.clear();
  const auto stop_disk = [this, done] {
    server_.reset();
    disk_->stop(config_.drain_ms, done);
  };
  const auto stop_server = [this, stop_disk] {
    if (server_ != nullptr) {
      server_->stop(stop_disk);
    } else {
      stop_disk();
    }
  };
  if (front_ != nullptr) {
    front_->stop(stop_server);
  } else {
    stop_server();
  }
}

void DiskService::on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                                const std::string& why) {
  if (on_path) {
    on_path(path, before, after, why);
  }
}

void DiskService::on_note(const std::string& text) {
  if (on_news) {
    on_news(text);
  }
}

}  // namespace cli
