// See fake_node.h.
#include "io/sg/testing/fake_node.h"

#include <linux/fs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/assert.h"

namespace io::sg::testing {
namespace {

constexpr uint16_t kNoConnect = 0x01;
constexpr uint16_t kTimeOut = 0x03;
constexpr uint16_t kFailFast = 0x0f;
constexpr unsigned kMajor = 21;

}  // namespace

class FakeNode final : public Node {
 public:
  FakeNode(FakeKernel& kernel, base::Scheduler& scheduler, FakeDevice& device)
      : kernel_(kernel), scheduler_(scheduler), device_(device) {
    ++kernel_.open_nodes;
    device_.open_.push_back(this);
  }
  ~FakeNode() override {
    scheduler_.cancel(ready_);
    --kernel_.open_nodes;
    device_.closed(*this);
  }

  int submit(const sg_io_hdr& header) override { return device_.submit(*this, header); }
  int reap(sg_io_hdr& header) override { return device_.reap(*this, header); }
  int control(unsigned long request, void* argument) override {
    auto& value = *static_cast<int*>(argument);
    switch (request) {
      case SG_GET_VERSION_NUM:
        value = device_.version;
        return device_.version == 0 ? ENOTTY : 0;
      case SG_GET_SCSI_ID: {
        sg_scsi_id& id = *static_cast<sg_scsi_id*>(argument);
        id.host_no = static_cast<int>(device_.number_);
        id.scsi_type = device_.type;
        return 0;
      }
      case SG_SET_FORCE_PACK_ID:
        by_pack_id = value != 0;
        return 0;
      case SG_SET_COMMAND_Q:
        return 0;
      case SG_GET_SG_TABLESIZE:
        value = 256;
        return 0;
      case BLKSECTGET:
        value = device_.max_bytes;
        return 0;
      default:
        return EINVAL;
    }
  }
  std::string device_number() const override {
    return std::to_string(kMajor) + ":" + std::to_string(device_.number_);
  }
  void watch(std::function<void(bool gone)> handler) override {
    handler_ = std::move(handler);
    look();
  }
  void unwatch() override {
    handler_ = nullptr;
    scheduler_.cancel(ready_);
  }

  // Level-triggered, as epoll is by default.
  void look() {
    if (handler_ && (!device_.present_ || device_.can_reap(*this))) {
      scheduler_.defer(ready_);
    }
  }

  bool by_pack_id = false;

 private:
  void on_ready() {
    const auto handler = handler_;
    const auto alive = std::weak_ptr<const bool>(alive_);
    if (handler && (!device_.present_ || device_.can_reap(*this))) {
      handler(!device_.present_);
    }
    if (!alive.expired()) {
      look();
    }
  }

  FakeKernel& kernel_;
  base::Scheduler& scheduler_;
  FakeDevice& device_;
  std::function<void(bool gone)> handler_;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
  base::MemberTimer<&FakeNode::on_ready> ready_{*this};
};

// --- the kernel
// ------------------------------------------------------------------------------------------

FakeKernel::FakeKernel(base::Scheduler& scheduler, array::Array& array, std::string sysfs)
    : scheduler_(scheduler), array_(array), sysfs_(std::move(sysfs)) {}

FakeKernel::~FakeKernel() {
  BASE_ASSERT(open_nodes == 0);
}

std::unique_ptr<Node> FakeKernel::open(const std::string& path, int& error) {
  const auto found = nodes_.find(path);
  error = found == nodes_.end() ? ENOENT : open_error;
  return error != 0 ? nullptr : std::make_unique<FakeNode>(*this, scheduler_, *found->second);
}

FakeDevice& FakeKernel::add(const std::string& node, unsigned port, uint64_t lun) {
  devices_.push_back(std::make_unique<FakeDevice>(*this, next_number_++, port, lun));
  nodes_[node] = devices_.back().get();
  return *devices_.back();
}

void FakeKernel::remove(const std::string& node) {
  FakeDevice& device = *nodes_.at(node);
  nodes_.erase(node);
  device.go();
}

// --- a device
// --------------------------------------------------------------------------------------------

FakeDevice::FakeDevice(FakeKernel& kernel, unsigned number, unsigned port, uint64_t lun)
    : kernel_(kernel), number_(number), port_(port), lun_(lun) {
  nexus_ = kernel_.array_.login(port, {"fake-kernel", {0, 0, 0, 0, 0, 1}}, *this);
  make_sysfs();
}

FakeDevice::~FakeDevice() {
  if (nexus_ != nullptr) {
    kernel_.array_.drop(*std::exchange(nexus_, nullptr));
  }
  commands_.clear();
}

FakeDevice::Command::~Command() {
  device.kernel_.scheduler_.cancel(timer);
}

void FakeDevice::make_sysfs() {
  namespace fs = std::filesystem;
  const std::string number = std::to_string(number_);
  const fs::path sysfs = kernel_.sysfs_;
  folder_ = sysfs /
            ("devices/adapter-7/host" + number + "/target" + number + ":0:0/" + number + ":0:0:0");
  fs::create_directories(folder_);
  const fs::path node = sysfs / ("dev/char/" + std::to_string(kMajor) + ":" + number);
  fs::create_directories(node);
  fs::create_directory_symlink(folder_, node / "device");
  set_state("running");
}

void FakeDevice::set_state(const std::string& state) {
  std::ofstream(folder_ + "/state") << state << "\n";
}

int FakeDevice::submit(FakeNode& node, const sg_io_hdr& header) {
  if (!present_) {
    return ENODEV;
  }
  if (!submit_errors.empty()) {
    const int error = submit_errors.front();
    submit_errors.pop_front();
    if (error != 0) {
      return error;
    }
  }
  const auto outstanding = static_cast<unsigned>(
      std::count_if(commands_.begin(), commands_.end(),
                    [&node](const auto& command) { return command->node == &node; }));
  if (outstanding >= SG_MAX_QUEUE) {
    return EDOM;
  }
  if (header.interface_id != 'S' || header.cmd_len < 6 || header.cmd_len > 16 ||
      header.dxfer_len > static_cast<unsigned>(max_bytes)) {
    return EINVAL;
  }
  commands_.push_back(std::make_unique<Command>(*this));
  Command& command = *commands_.back();
  command.node = &node;
  command.header = header;
  if (header.iovec_count != 0) {
    const auto* pieces = static_cast<const sg_iovec*>(header.dxferp);
    command.vector.assign(pieces, pieces + header.iovec_count);
  } else if (header.dxfer_len != 0) {
    command.vector.push_back({header.dxferp, header.dxfer_len});
  }
  if (header.dxfer_direction == SG_DXFER_TO_DEV) {
    for (const sg_iovec& piece : command.vector) {
      const auto* from = static_cast<const uint8_t*>(piece.iov_base);
      command.data.insert(command.data.end(), from, from + piece.iov_len);
    }
  }
  command.task.cdb.length = header.cmd_len;
  std::copy_n(header.cmdp, header.cmd_len, command.task.cdb.bytes.begin());
  ++submitted;
  most_outstanding = std::max(most_outstanding, outstanding + 1);
  longest_bytes = std::max(longest_bytes, header.dxfer_len);
  last_timeout_ms = header.timeout;
  last_flags = header.flags;
  if (!blocked_) {
    send(command);
  }
  return 0;
}

// The time limit counts from here.
void FakeDevice::send(Command& command) {
  command.next = Command::Next::send;
  command.deadline_ns = kernel_.scheduler_.now_ns() + command.header.timeout * uint64_t{1'000'000};
  kernel_.scheduler_.arm_after(command.timer, latency_ns);
}

void FakeDevice::Command::on_time() {
  base::Scheduler& scheduler = device.kernel_.scheduler_;
  switch (next) {
    case Next::send:
      sent = true;
      next = Next::time_out;
      scheduler.arm(timer, deadline_ns);
      if (device.nexus_ == nullptr) {
        device.end(*this, kNoConnect);
        return;
      }
      task.nexus = device.nexus_;
      task.lun = device.lun_ << 48;
      task.tag = device.next_tag_++;
      task.data_out = data;
      task.owner = this;
      task.done = [](array::Task& done) {
        auto& command = *static_cast<Command*>(done.owner);
        command.at_array = false;
        // An answer that is lost, or comes after its command has been given up.
        if (done.aborted || done.drop_reply || command.ended) {
          command.device.erase_if_over(command);
          return;
        }
        command.next = Next::answer;
        command.device.kernel_.scheduler_.arm_after(command.timer, command.device.latency_ns);
      };
      at_array = true;
      device.kernel_.array_.submit(task);
      return;
    case Next::answer:
      device.answered(*this);
      return;
    case Next::time_out:
      device.time_out(*this);
      return;
  }
}

void FakeDevice::answered(Command& command) {
  const array::Task& task = command.task;
  sg_io_hdr& header = command.header;
  header.status = task.status;
  header.masked_status = static_cast<unsigned char>(task.status >> 1);
  if (header.dxfer_direction == SG_DXFER_FROM_DEV) {
    command.data = task.data_in;
    header.resid = static_cast<int>(header.dxfer_len) - static_cast<int>(task.data_in.size());
  }
  std::copy_n(task.sense.begin(), task.sense_bytes, command.sense.begin());
  header.sb_len_wr = std::min(header.mx_sb_len, task.sense_bytes);
  end(command, 0);
}

void FakeDevice::time_out(Command& command) {
  switch (recovery) {
    case Recovery::aborts:
      command.in_recovery = true;
      if (nexus_ != nullptr) {
        kernel_.array_.manage(*nexus_, array::TaskFunction::abort_task, lun_ << 48,
                              command.task.tag);
      }
      end(command, kTimeOut);
      return;
    case Recovery::fails:
      set_state("offline");
      end(command, kTimeOut);
      return;
    case Recovery::hangs:
      command.in_recovery = true;
      return;
  }
}

void FakeDevice::end_recovery() {
  recovery = Recovery::aborts;
  for (const auto& command : commands_) {
    if (command->in_recovery && !command->ended) {
      kernel_.scheduler_.defer(command->timer);
    }
  }
}

void FakeDevice::end(Command& command, uint16_t host_status) {
  command.header.host_status = host_status;
  command.ended = true;
  kernel_.scheduler_.cancel(command.timer);
  if (command.node != nullptr) {
    command.node->look();
  } else {
    erase_if_over(command);
  }
}

// The kernel has forgotten it, or nobody will ask; and the target has not got it any more.
void FakeDevice::erase_if_over(const Command& command) {
  if (command.ended && command.node == nullptr && !command.at_array) {
    commands_.remove_if([&command](const auto& each) { return each.get() == &command; });
  }
}

bool FakeDevice::can_reap(const FakeNode& node) const {
  return std::any_of(commands_.begin(), commands_.end(), [&node](const auto& command) {
    return command->ended && command->node == &node;
  });
}

int FakeDevice::reap(FakeNode& node, sg_io_hdr& header) {
  const bool version3 = header.dxfer_direction < 0;
  const int wanted = node.by_pack_id && version3 ? header.pack_id : kAnyPackId;
  const auto found = std::find_if(commands_.begin(), commands_.end(), [&](const auto& command) {
    return command->ended && command->node == &node &&
           (wanted == kAnyPackId || command->header.pack_id == wanted);
  });
  if (found == commands_.end()) {
    return EAGAIN;
  }
  Command& command = **found;
  if (command.header.dxfer_direction == SG_DXFER_FROM_DEV) {
    size_t at = 0;
    for (const sg_iovec& piece : command.vector) {
      const size_t size = std::min(piece.iov_len, command.data.size() - at);
      std::copy_n(command.data.begin() + static_cast<std::ptrdiff_t>(at), size,
                  static_cast<uint8_t*>(piece.iov_base));
      at += size;
    }
  }
  std::copy_n(command.sense.begin(), command.header.sb_len_wr, command.header.sbp);
  header = command.header;
  if (!garbage.empty()) {
    header = garbage.front();
    garbage.pop_front();
  }
  command.node = nullptr;
  erase_if_over(command);
  return 0;
}

void FakeDevice::closed(FakeNode& node) {
  open_.remove(&node);
  for (auto at = commands_.begin(); at != commands_.end();) {
    Command& command = **at++;
    if (command.node == &node) {
      command.node = nullptr;
      erase_if_over(command);
    }
  }
}

// --- faults
// ----------------------------------------------------------------------------------------------

void FakeDevice::block() {
  blocked_ = true;
  set_state("blocked");
}

void FakeDevice::unblock() {
  blocked_ = false;
  set_state("running");
  for (const auto& command : commands_) {
    if (!command->sent && !command->ended && !command->timer.armed()) {
      send(*command);
    }
  }
}

void FakeDevice::give_up_blocked() {
  set_state("transport-offline");
  for (auto at = commands_.begin(); at != commands_.end();) {
    Command& command = **at++;
    if (!command.sent && !command.ended) {
      end(command, kFailFast);
    }
  }
}

void FakeDevice::go() {
  present_ = false;
  std::filesystem::remove(folder_ + "/state");
  for (auto at = commands_.begin(); at != commands_.end();) {
    Command& command = **at++;
    if (!command.ended) {
      end(command, kNoConnect);
    }
  }
  if (nexus_ != nullptr) {
    kernel_.array_.drop(*std::exchange(nexus_, nullptr));
  }
  for (FakeNode* node : open_) {
    node->look();
  }
}

}  // namespace io::sg::testing
