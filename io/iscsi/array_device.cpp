// See array_device.h.
#include "io/iscsi/array_device.h"

#include <algorithm>
#include <utility>

namespace io::iscsi {
namespace {

// One at the array. Its tasks are the array's own; each stands for one of the connection's.
class ArrayNexus final : public Nexus, private array::NexusOwner {
 public:
  ArrayNexus(array::Array& array, iscsi::NexusOwner& owner) : array_(array), owner_(owner) {}
  ~ArrayNexus() override {
    if (nexus_ != nullptr) {
      array_.drop(*nexus_);
    }
  }
  bool login(unsigned port, const InitiatorPort& initiator) {
    nexus_ = array_.login(port, {initiator.name, initiator.isid}, *this);
    return nexus_ != nullptr;
  }

  // Nexus
  void submit(Task& task) override;
  void manage(scsi::TaskFunction function, uint64_t lun, uint64_t tag,
              std::function<void(scsi::FunctionResponse)> done) override {
    done(array_.manage(*nexus_, function, lun, tag));
  }

 private:
  struct AtArray {
    array::Task task;
    Task* asked = nullptr;
    ArrayNexus* nexus = nullptr;
  };

  // array::NexusOwner
  void on_nexus_ended(array::NexusEnd) override {
    nexus_ = nullptr;
    owner_.on_nexus_ended();  // destroys this
  }

  AtArray& take();
  void finish(AtArray& executed);

  array::Array& array_;
  iscsi::NexusOwner& owner_;
  array::Nexus* nexus_ = nullptr;
  std::vector<std::unique_ptr<AtArray>> tasks_;  // all there have ever been at one time
  std::vector<AtArray*> spare_;
};

ArrayNexus::AtArray& ArrayNexus::take() {
  if (spare_.empty()) {
    AtArray& made = *tasks_.emplace_back(std::make_unique<AtArray>());
    made.nexus = this;
    made.task.owner = &made;
    made.task.done = [](array::Task& task) {
      auto& executed = *static_cast<AtArray*>(task.owner);
      executed.nexus->finish(executed);
    };
    return made;
  }
  AtArray& taken = *spare_.back();
  spare_.pop_back();
  return taken;
}

void ArrayNexus::submit(Task& task) {
  AtArray& at_array = take();
  at_array.asked = &task;
  at_array.task.nexus = nexus_;
  at_array.task.lun = task.lun;
  at_array.task.cdb = task.cdb;
  at_array.task.tag = task.tag;
  at_array.task.data_out = task.data_out;
  at_array.task.data_in = std::move(task.data_in);
  at_array.task.aborted = at_array.task.drop_reply = at_array.task.bad_digest = false;
  array_.submit(at_array.task);
}

void ArrayNexus::finish(AtArray& executed) {
  Task& task = *executed.asked;
  const array::Task& from = executed.task;
  task.aborted = from.aborted;
  task.drop_reply = from.drop_reply;
  task.bad_digest = from.bad_digest;
  task.status = from.status;
  task.data_in = std::move(executed.task.data_in);
  task.sense_bytes = from.sense_bytes;
  std::copy_n(from.sense.begin(), from.sense_bytes, task.sense.begin());
  spare_.push_back(&executed);
  task.done(task);  // perhaps destroys this
}

}  // namespace

unsigned ArrayDevice::port_count() const {
  return static_cast<unsigned>(array_.config().ports.size());
}

// A port that is frozen takes no new connections either; the kernel still completes handshakes.
PortService ArrayDevice::port_service(unsigned port) const {
  const array::PortState state = array_.port_state(port);
  const bool up = state == array::PortState::up;
  return {.open = state != array::PortState::down,
          .reads = up || state == array::PortState::mute,
          .sends = up || state == array::PortState::deaf};
}

void ArrayDevice::observe_ports(iscsi::PortObserver* observer) {
  observer_ = observer;
  for (unsigned port = 0; port < port_count(); ++port) {
    array_.observe_port(port, observer != nullptr ? this : nullptr);
  }
}

std::unique_ptr<Nexus> ArrayDevice::login(unsigned port, const InitiatorPort& initiator,
                                          NexusOwner& owner) {
  auto nexus = std::make_unique<ArrayNexus>(array_, owner);
  return nexus->login(port, initiator) ? std::move(nexus) : nullptr;
}

}  // namespace io::iscsi
