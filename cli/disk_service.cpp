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

bool parse_paths(const std::vector<std::string>& urls, const std::string& initiator_name,
                 std::vector<io::IscsiPathConfig>& paths, std::string& error) {
  if (urls.size() > mpio::Disk::kMaxPaths) {
    error = fmt::format("{} paths are given; a disk has at most {}", urls.size(),
                        mpio::Disk::kMaxPaths);
    return false;
  }
  for (const std::string& url : urls) {
    io::IscsiUrl parsed = io::parse_iscsi_url(url);
    if (!parsed.error.empty()) {
      error = fmt::format("--path {}: {}", paths.size() + 1, parsed.error);
      return false;
    }
    io::add_credentials_from_environment(parsed.path);
    const std::string name = initiator_name.empty() ? io::default_initiator_name() : initiator_name;
    io::set_initiator(parsed.path, name, 0);
    const auto same = std::find_if(paths.begin(), paths.end(), [&](const auto& other) {
      return other.host == parsed.path.host && other.port == parsed.path.port &&
             other.target == parsed.path.target && other.lun == parsed.path.lun;
    });
    if (same != paths.end()) {
      error = fmt::format(
          "portal {} of target {} is given twice; two paths through one port are one path, so give "
          "another portal or leave it out",
          io::portal_text(parsed.path.host, parsed.path.port), parsed.path.target);
      return false;
    }
    paths.push_back(std::move(parsed.path));
  }
  return true;
}

DiskService::DiskService(io::EventLoop& loop, DiskServiceConfig config)
    : loop_(loop), config_(std::move(config)) {
  std::vector<mpio::LaneSetup> lanes;
  for (unsigned lane = 0; lane < config_.lanes; ++lane) {
    if (lane != 0) {
      other_lanes_.push_back(std::make_unique<io::LoopThread>());
    }
    mpio::LaneSetup& setup = lanes.emplace_back();
    setup.loop = &loop_of(lane);
    for (io::IscsiPathConfig path : config_.paths) {
      io::set_initiator(path, path.initiator_name, lane);
      transports_.push_back(std::make_unique<io::IscsiTransport>(loop_of(lane), path));
      setup.transports.push_back(transports_.back().get());
    }
  }
  mpio::DiskObserver& observer = *this;
  disk_ = std::make_unique<mpio::Disk>(config_.disk, lanes, &observer);
}

// What lives on the other loops is taken down from here once their threads have ended.
DiskService::~DiskService() {
  for (const auto& lane : other_lanes_) {
    lane->join();
  }
  server_.reset();
  disk_.reset();
  transports_.clear();
}

io::EventLoop& DiskService::loop_of(unsigned lane) {
  return lane == 0 ? loop_ : other_lanes_[lane - 1]->loop();
}

void DiskService::start(std::function<void(const std::string& error)> done) {
  disk_->start(config_.start_timeout_ms, [this, done](const std::string& error) {
    done(error.empty() ? open_server() : error);
  });
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
  auto opened = io::nbd::Server::open(lanes, config_.nbd, std::move(server));
  server_ = std::move(opened.server);
  return opened.error;
}

void DiskService::stop(std::function<void()> done) {
  const auto stop_disk = [this, done] {
    server_.reset();
    disk_->stop(config_.drain_ms, done);
  };
  if (server_ != nullptr) {
    server_->stop(stop_disk);
  } else {
    stop_disk();
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
