// The iSCSI target of `dsmkit disk --iscsi`: portals, the front, and a back end for each of its
// nexuses.
//
// Threads: that of the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/disk_back_end.h"
#include "io/event_loop.h"
#include "io/front/front.h"
#include "io/iscsi_target.h"
#include "io/portal.h"

namespace cli {

struct FrontConfig {
  std::vector<io::Portal> portals;  // none: no target
  std::string target_name = "iqn.2026-11.dev.dsmkit:disk";
};

class FrontService final : private io::front::BackEndSource {
 public:
  struct Behind {
    // Asked at each login at the front: the paths of that time, and the size of a block.
    std::function<std::vector<io::IscsiPathConfig>()> paths;
    std::function<uint32_t()> block_bytes;
    // For every back end; `paths` and `log` are filled in here.
    DiskBackEnd::Settings settings;
  };
  FrontService(io::EventLoop& loop, FrontConfig config, Behind behind,
               std::function<void(const std::string&)> log);

  // "" or why not.
  std::string open();
  // Ends all sessions, here and at the back.
  void stop(std::function<void()> done);
  // "iscsi://127.0.0.1:3260/IQN/0", one for each portal.
  std::vector<std::string> urls() const;

 private:
  // io::front::BackEndSource
  std::unique_ptr<io::front::BackEnd> make(const io::iscsi::InitiatorPort& initiator,
                                           unsigned front_port) override;
  uint32_t block_bytes() const override { return behind_.block_bytes(); }

  io::EventLoop& loop_;
  FrontConfig config_;
  Behind behind_;
  std::function<void(const std::string&)> log_;
  std::unique_ptr<io::front::FrontDevice> device_;
  std::unique_ptr<io::IscsiTarget> target_;
};

}  // namespace cli
