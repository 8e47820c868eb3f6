// See stage.h.
#include "cli/demo/stage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "array/fault.h"

namespace cli::demo {

Stage::~Stage() {
  if (disk_thread_ != nullptr) {
    disk_thread_->run([this] { disk_.reset(); });
  }
  disk_thread_.reset();
  if (array_thread_ != nullptr) {
    array_thread_->run([this] {
      target_.reset();
      device_.reset();
      array_.reset();
    });
  }
}

std::string Stage::open_array(const std::string& folder, uint64_t lun_bytes) {
  backing_ = folder + "/lun0.img";
  const int fd = ::open(backing_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  const bool made = fd >= 0 && ::ftruncate(fd, static_cast<off_t>(lun_bytes)) == 0;
  const int reason = errno;
  if (fd >= 0) {
    ::close(fd);
  }
  if (!made) {
    return fmt::format("cannot create {}: {}; set TMPDIR to a folder with room", backing_,
                       std::strerror(reason));
  }
  array::Config config;
  config.luns.push_back({.file = backing_});
  io::IscsiTarget::Settings settings;
  for (unsigned port = 0; port < kPorts; ++port) {
    config.ports.push_back({.controller = port % config.controllers});
    settings.portals.push_back({"127.0.0.1", 0});
  }
  target_name_ = config.target_name;
  array_thread_ = std::make_unique<LoopThread>();
  std::string error;
  array_thread_->run([&] {
    array_ = array::Array::create(config, array_thread_->loop(), error);
    if (array_ != nullptr) {
      device_.emplace(*array_);
      target_ = io::IscsiTarget::open(array_thread_->loop(), *device_, std::move(settings), error);
    }
    for (unsigned port = 0; target_ != nullptr && port < kPorts; ++port) {
      portals_.push_back(target_->portal_text(port));
    }
  });
  return error;
}

void Stage::open_disk(const std::string& folder,
                      std::function<void(const std::string& error)> done) {
  DiskServiceConfig config;
  nbd_ = {.kind = io::nbd::Address::Kind::unix_socket, .path = folder + "/disk.sock"};
  config.nbd = nbd_;
  std::vector<std::string> urls;
  for (const std::string& portal : portals_) {
    urls.push_back(fmt::format("iscsi://{}/{}/0", portal, target_name_));
  }
  std::string error;
  if (!parse_paths(urls, "", config.paths, error)) {
    done(error);
    return;
  }
  config.lanes = default_lanes();
  disk_thread_ = std::make_unique<LoopThread>();
  disk_thread_->post([this, config, done] {
    disk_ = std::make_unique<DiskService>(disk_thread_->loop(), config);
    disk_->on_path = [this](unsigned path, mpio::PathState, mpio::PathState after,
                            const std::string& why) {
      main_loop_.post([this, path, after, why] { on_path(path, after, why); });
    };
    disk_->start(
        [this, done](const std::string& why) { main_loop_.post([done, why] { done(why); }); });
  });
}

std::string Stage::fault(const std::string& name, const std::vector<std::string>& arguments) {
  std::string error;
  array_thread_->run([&] { array::apply_fault(*array_, name, arguments, error); });
  return error;
}

void Stage::status(std::function<void(const mpio::DiskStatus& status)> answer) {
  disk_thread_->post([this, answer = std::move(answer)] {
    main_loop_.post([answer, status = disk_->disk().status()] { answer(status); });
  });
}

void Stage::take_longest(std::function<void(const mpio::Disk::Longest& longest)> answer) {
  disk_thread_->post([this, answer = std::move(answer)] {
    main_loop_.post([answer, longest = disk_->disk().take_longest()] { answer(longest); });
  });
}

void Stage::stop_disk(std::function<void()> done) {
  disk_thread_->post(
      [this, done = std::move(done)] { disk_->stop([this, done] { main_loop_.post(done); }); });
}

}  // namespace cli::demo
