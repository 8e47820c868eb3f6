// See front_service.h.
#include "cli/front_service.h"

#include <utility>

#include "io/front/names.h"

namespace cli {

FrontService::FrontService(io::EventLoop& loop, FrontConfig config, Behind behind,
                           std::function<void(const std::string&)> log)
    : loop_(loop), config_(std::move(config)), behind_(std::move(behind)), log_(std::move(log)) {
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
  DiskBackEnd::Settings settings = behind_.settings;
  settings.paths = behind_.paths();
  for (io::IscsiPathConfig& path : settings.paths) {
    const std::string portal = io::to_text({path.host, path.port});
    path.initiator_name = io::front::back_end_name(initiator.name);
    path.isid = io::front::back_end_isid(initiator, front_port, portal, path.target);
  }
  settings.log = [log = log_, name = initiator.name](const std::string& text) {
    log("for " + name + ": " + text);
  };
  return std::make_unique<DiskBackEnd>(loop_, std::move(settings));
}

}  // namespace cli
