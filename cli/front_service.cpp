// See front_service.h.
#include "cli/front_service.h"

#include <algorithm>
#include <utility>

#include "io/front/names.h"

namespace cli {

FrontService::FrontService(io::EventLoop& loop, FrontConfig config, Behind behind,
                           const mpio::UnsettledWrites& unsettled,
                           std::function<void(const std::string&)> log)
    : loop_(loop),
      config_(std::move(config)),
      behind_(std::move(behind)),
      unsettled_(unsettled),
      log_(std::move(log)) {
  io::front::BackEndSource& source = *this;
  io::front::FrontDevice::Settings settings;
  settings.target_name = config_.target_name;
  settings.port_count = static_cast<unsigned>(config_.portals.size());
  settings.log = log_;
  device_ = std::make_unique<io::front::FrontDevice>(std::move(settings), loop_, source);
}

std::string FrontService::open() {
  io::IscsiTarget::Settings settings;
  settings.portals = config_.portals;
  settings.chap = config_.chap;
  settings.chap_mutual = config_.chap_mutual;
  settings.log = log_;
  std::string error;
  target_ = io::IscsiTarget::open(loop_, *device_, std::move(settings), error);
  return target_ != nullptr ? "" : "--iscsi: " + error;
}

void FrontService::stop(std::function<void()> done) {
  target_.reset();
  device_->stop(std::move(done));
}

std::vector<std::string> FrontService::urls() const {
  std::vector<std::string> urls;
  for (unsigned port = 0; port < config_.portals.size(); ++port) {
    urls.push_back("iscsi://" + target_->portal_text(port) + "/" + config_.target_name + "/0");
  }
  return urls;
}

std::unique_ptr<io::front::BackEnd> FrontService::make(const io::iscsi::InitiatorPort& initiator,
                                                       unsigned front_port) {
  const Who who{initiator, front_port, member_for(initiator, front_port)};
  DiskBackEnd::Surroundings around;
  around.settings = [this, who] { return settings_for(who); };
  around.log = [log = log_, name = initiator.name](const std::string& text) {
    log("for " + name + ": " + text);
  };
  around.on_settled = behind_.on_settled;
  around.gone = [this](DiskBackEnd& back_end) { back_ends_.erase(&back_end); };
  auto made = std::make_unique<DiskBackEnd>(loop_, std::move(around));
  back_ends_.emplace(made.get(), who);
  return made;
}

// A number that is kept while there is something of it: the next nexus of the same two ends has to
// know what this one leaves unsettled.
unsigned FrontService::member_for(const io::iscsi::InitiatorPort& initiator, unsigned front_port) {
  const auto is_it = [&](const Who& who) {
    return who.initiator == initiator && who.front_port == front_port;
  };
  std::erase_if(members_, [&](const Who& who) {
    return !is_it(who) && !unsettled_.any_of_member(who.member) &&
           std::none_of(back_ends_.begin(), back_ends_.end(),
                        [&](const auto& back_end) { return back_end.second.member == who.member; });
  });
  const auto found = std::find_if(members_.begin(), members_.end(), is_it);
  if (found != members_.end()) {
    return found->member;
  }
  members_.push_back({initiator, front_port, ++last_member_});
  return last_member_;
}

DiskBackEnd::Settings FrontService::settings_for(const Who& who) {
  DiskBackEnd::Settings settings = behind_.settings();
  settings.disk.member = who.member;
  for (DiskBackEnd::Path& path : settings.paths) {
    path = for_nexus(who, std::move(path));
  }
  return settings;
}

DiskBackEnd::Path FrontService::for_nexus(const Who& who, DiskBackEnd::Path path) {
  const std::string portal = io::to_text({path.config.host, path.config.port});
  path.config.initiator_name = io::front::back_end_name(who.initiator.name);
  path.config.isid =
      io::front::back_end_isid(who.initiator, who.front_port, portal, path.config.target);
  return path;
}

void FrontService::follow(const DiskBackEnd::Administered& administered) {
  for (const auto& [back_end, who] : back_ends_) {
    back_end->follow(administered);
  }
}

void FrontService::add_path(const DiskBackEnd::Path& path) {
  for (const auto& [back_end, who] : back_ends_) {
    back_end->add_path(for_nexus(who, path));
  }
}

void FrontService::remove_path(unsigned number) {
  for (const auto& [back_end, who] : back_ends_) {
    back_end->remove_path(number);
  }
}

void FrontService::look_again() {
  for (const auto& [back_end, who] : back_ends_) {
    back_end->look_again();
  }
}

}  // namespace cli
