// A multipath disk as an iSCSI target. Each I_T nexus of the front has back-end nexuses of its own,
// so that reservations, unit attentions and resets keep their owners (docs/disk.md says what is
// hidden and what the front answers itself).
//
// Threads: one event loop.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/scheduler.h"
#include "io/front/nexus.h"
#include "io/iscsi/device.h"

namespace io::front {

class FrontDevice final : public iscsi::TargetDevice, private NexusWorkOwner {
 public:
  struct Settings {
    std::string target_name;  // IQN
    unsigned port_count = 1;
    size_t max_nexuses = 64;  // those that are ending count; beyond that logins are refused
    std::function<void(const std::string&)> log = [](const std::string&) {};
  };
  // Scheduler and source outlive it; nexuses end before it.
  FrontDevice(Settings settings, base::Scheduler& scheduler, BackEndSource& source);
  ~FrontDevice();
  FrontDevice(const FrontDevice&) = delete;
  FrontDevice& operator=(const FrontDevice&) = delete;

  // No new nexuses; `done` when those that there were have ended, here and at the back. Whoever
  // calls this ends them.
  void stop(std::function<void()> done);

  // iscsi::TargetDevice
  const std::string& name() const override { return settings_.target_name; }
  unsigned port_count() const override { return settings_.port_count; }
  iscsi::PortService port_service(unsigned) const override { return {}; }
  bool port_listed(unsigned) const override { return true; }
  void observe_ports(iscsi::PortObserver*) override {}  // they never change
  std::unique_ptr<iscsi::Nexus> login(unsigned port, const iscsi::InitiatorPort& initiator,
                                      iscsi::NexusOwner& owner) override;
  bool has_lun(uint64_t lun) const override;
  uint32_t block_bytes(uint64_t) const override { return source_.block_bytes(); }

 private:
  class FrontNexus;
  struct Entry {
    unsigned port = 0;
    iscsi::InitiatorPort initiator;
    iscsi::NexusOwner* owner = nullptr;  // null: abandoned
    std::unique_ptr<NexusWork> work;
    bool failed = false;
    bool finished = false;
  };

  void on_work_failed(NexusWork& work, const std::string& why) override;
  void on_work_finished(NexusWork& work) override;
  std::optional<NexusName> find_nexus(std::string_view name, const Isid& isid) const override;
  bool unit_is_being_released() const override;
  Entry& entry_of(const NexusWork& work);
  void abandon(Entry& entry);
  void on_reap();
  void start_those_in_turn();

  Settings settings_;
  base::Scheduler& scheduler_;
  BackEndSource& source_;
  std::list<Entry> entries_;  // oldest first
  std::function<void()> stopped_;
  bool stopping_ = false;
  base::MemberTimer<&FrontDevice::on_reap> reap_timer_{*this};
};

}  // namespace io::front
