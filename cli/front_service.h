// The iSCSI target of `dsmkit disk --iscsi`: portals, the front, and a back end for each of its
// nexuses.
//
// Threads: that of the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
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
  io::iscsi::ChapAccount chap;         // what initiators must know to log in; empty: nothing
  io::iscsi::ChapAccount chap_mutual;  // with what the target proves itself to those that ask
};

class FrontService final : private io::front::BackEndSource {
 public:
  struct Behind {
    // Asked when a back end begins: how things are then. The paths have the names of the disk's own
    // sessions; those of the back end's are made here.
    std::function<DiskBackEnd::Settings()> settings;
    std::function<uint32_t()> block_bytes;
    std::function<void()> on_settled;  // see mpio::DiskObserver: of any back end
  };
  // `unsettled`: of the disk and all back ends. It and the loop outlive this.
  FrontService(io::EventLoop& loop, FrontConfig config, Behind behind,
               const mpio::UnsettledWrites& unsettled, std::function<void(const std::string&)> log);

  // "" or why not.
  std::string open();
  // Ends all sessions, here and at the back.
  void stop(std::function<void()> done);
  // For all back ends that there are.
  void follow(const DiskBackEnd::Administered& administered);
  void add_path(const DiskBackEnd::Path& path);
  void remove_path(unsigned number);
  void look_again();
  // "iscsi://127.0.0.1:3260/IQN/0", one for each portal.
  std::vector<std::string> urls() const;

 private:
  // io::front::BackEndSource
  std::unique_ptr<io::front::BackEnd> make(const io::iscsi::InitiatorPort& initiator,
                                           unsigned front_port) override;
  uint32_t block_bytes() const override { return behind_.block_bytes(); }

  // A nexus of the front; the same one again when it logs in anew.
  struct Who {
    io::iscsi::InitiatorPort initiator;
    unsigned front_port = 0;
    unsigned member = 0;  // see mpio::DiskConfig
  };
  static DiskBackEnd::Path for_nexus(const Who& who, DiskBackEnd::Path path);
  unsigned member_for(const io::iscsi::InitiatorPort& initiator, unsigned front_port);
  DiskBackEnd::Settings settings_for(const Who& who);

  io::EventLoop& loop_;
  FrontConfig config_;
  Behind behind_;
  const mpio::UnsettledWrites& unsettled_;
  std::function<void(const std::string&)> log_;
  std::map<DiskBackEnd*, Who> back_ends_;
  // Those that have lost writes of unknown fate, too, though they are gone. 0 is the disk itself.
  std::vector<Who> members_;
  unsigned last_member_ = 0;
  std::unique_ptr<io::front::FrontDevice> device_;
  std::unique_ptr<io::IscsiTarget> target_;
};

}  // namespace cli
