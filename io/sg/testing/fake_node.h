// For tests: a kernel with sg nodes whose devices are ports of the embedded array. It keeps to the
// driver's rules: SG_MAX_QUEUE commands per open node, data to the target copied by write(), data
// from the target copied by read() to where the header of then said, pack ids, a hang-up when the
// device goes, commands that outlive the node they came through, a time limit after which error
// recovery aborts - or fails and takes the device offline. /sys is a folder of the test.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "array/array.h"
#include "base/scheduler.h"
#include "io/sg/node.h"

namespace io::sg::testing {

class FakeDevice;

class FakeKernel final : public Driver {
 public:
  // `sysfs`: an empty folder.
  FakeKernel(base::Scheduler& scheduler, array::Array& array, std::string sysfs);
  ~FakeKernel();

  std::unique_ptr<Node> open(const std::string& path, int& error) override;

  // A device that appears: LUN `lun` behind the array's port, under this node.
  FakeDevice& add(const std::string& node, unsigned port, uint64_t lun = 0);
  // It goes: nodes that are open hang up, what is under way ends with DID_NO_CONNECT.
  void remove(const std::string& node);

  // Another name of a node.
  void link(const std::string& name, const std::string& node) { nodes_[name] = nodes_.at(node); }

  const std::string& sysfs() const { return sysfs_; }
  int open_error = 0;  // of every open() that would succeed
  unsigned open_nodes = 0;

 private:
  friend class FakeDevice;

  base::Scheduler& scheduler_;
  array::Array& array_;
  std::string sysfs_;
  unsigned next_number_ = 0;
  std::map<std::string, FakeDevice*> nodes_;
  std::vector<std::unique_ptr<FakeDevice>> devices_;  // also those that have gone
};

class FakeNode;

class FakeDevice final : private array::NexusOwner {
 public:
  FakeDevice(FakeKernel& kernel, unsigned number, unsigned port, uint64_t lun);
  ~FakeDevice();

  // Where its attributes are: "state", and those of its host and port.
  const std::string& folder() const { return folder_; }
  void set_state(const std::string& state);

  // --- what goes wrong
  // The port is away: commands wait in the kernel, unsent, until it is back or given up.
  void block();
  void unblock();
  void give_up_blocked();  // DID_TRANSPORT_FAILFAST
  // What error recovery does with a command that has exceeded its time limit.
  enum class Recovery : uint8_t {
    aborts,  // the target confirms
    fails,   // nothing helps: the device is taken offline, the target keeps the command
    hangs,   // it does not come to an end
  };
  Recovery recovery = Recovery::aborts;
  void end_recovery();  // of `hangs`: as `aborts`
  // Errors of the next writes, in order; 0: that one goes well.
  std::deque<int> submit_errors;
  // What the next ended command looks like instead, to read().
  std::deque<sg_io_hdr> garbage;
  int type = 0;
  int version = 30'536;
  int max_bytes = 512 * 1024;
  uint64_t latency_ns = 50'000;

  // --- what happened
  unsigned submitted = 0;
  unsigned most_outstanding = 0;  // of one open node
  uint32_t longest_bytes = 0;
  unsigned last_timeout_ms = 0;
  unsigned last_flags = 0;
  unsigned in_kernel() const { return static_cast<unsigned>(commands_.size()); }

 private:
  friend class FakeKernel;
  friend class FakeNode;
  struct Command {
    explicit Command(FakeDevice& owner) : device(owner) {}
    ~Command();
    void on_time();
    FakeDevice& device;
    FakeNode* node = nullptr;  // null: closed
    sg_io_hdr header{};
    std::vector<sg_iovec> vector;
    std::vector<uint8_t> data;  // the kernel's copy
    std::array<uint8_t, 96> sense{};
    array::Task task;
    bool sent = false;      // the target has got it ...
    bool at_array = false;  // ... and may still execute it
    bool ended = false;     // waits for read()
    bool in_recovery = false;
    enum class Next : uint8_t { send, answer, time_out } next = Next::send;
    uint64_t deadline_ns = 0;
    base::MemberTimer<&Command::on_time> timer{*this};
  };
  using Commands = std::list<std::unique_ptr<Command>>;

  int submit(FakeNode& node, const sg_io_hdr& header);
  int reap(FakeNode& node, sg_io_hdr& header);
  void closed(FakeNode& node);
  void send(Command& command);
  void answered(Command& command);
  void time_out(Command& command);
  void end(Command& command, uint16_t host_status);
  void erase_if_over(const Command& command);
  void go();
  bool can_reap(const FakeNode& node) const;
  void on_nexus_ended(array::NexusEnd) override { nexus_ = nullptr; }
  void make_sysfs();

  FakeKernel& kernel_;
  unsigned number_;
  unsigned port_;
  uint64_t lun_;
  std::string folder_;
  array::Nexus* nexus_ = nullptr;
  bool present_ = true;
  bool blocked_ = false;
  Commands commands_;
  std::list<FakeNode*> open_;
  uint64_t next_tag_ = 1;
};

}  // namespace io::sg::testing
