// The embedded array behind an iSCSI target.
#pragma once

#include "array/array.h"
#include "io/iscsi/device.h"

namespace io::iscsi {

class ArrayDevice final : public TargetDevice, private array::PortObserver {
 public:
  // The array outlives it; nobody else may observe its ports.
  explicit ArrayDevice(array::Array& array) : array_(array) {}

  // TargetDevice
  const std::string& name() const override { return array_.config().target_name; }
  unsigned port_count() const override;
  PortService port_service(unsigned port) const override;
  bool port_listed(unsigned port) const override { return array_.port_enabled(port); }
  void observe_ports(iscsi::PortObserver* observer) override;
  std::unique_ptr<Nexus> login(unsigned port, const InitiatorPort& initiator,
                               NexusOwner& owner) override;
  bool has_lun(uint64_t lun) const override { return array_.find_lun(lun) != nullptr; }
  uint32_t block_bytes(uint64_t lun) const override { return array_.find_lun(lun)->block_bytes(); }

 private:
  void on_port_state(unsigned port, array::PortState) override { observer_->on_port_service(port); }

  array::Array& array_;
  iscsi::PortObserver* observer_ = nullptr;
};

}  // namespace io::iscsi
