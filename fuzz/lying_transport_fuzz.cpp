// The whole disk - lanes, sessions, examination, DSM, requests - over transports whose targets say
// what the input wants. Whatever they say: every request completes once and in time, the disk stops
// when it is told to, and a path carries I/O only while the identity that it showed last is the
// disk's own.
#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <vector>

#include "base/assert.h"
#include "dsm/policy.h"
#include "fuzz/lying_transport.h"
#include "mpio/disk.h"
#include "scsi/capacity.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/target_port_groups.h"
#include "scsi/vpd.h"
#include "sim/clock.h"

namespace {

using fuzz::Input;
using fuzz::LyingTransport;

constexpr uint32_t kBlockBytes = 512;
constexpr uint64_t kBlocks = 2048;
constexpr size_t kMaxRequests = 24;
constexpr size_t kMaxTransports = 24;
constexpr uint32_t kDrainMs = 1'000;
// All deadlines of the disk one after the other, and then some.
constexpr uint64_t kPatienceNs = 60 * sim::kSecond;

std::vector<uint8_t> pages_of(base::Bytes pages) {
  std::vector<uint8_t> out(64);
  out.resize(scsi::encode_vpd(out, scsi::kVpdSupportedPages, pages));
  return out;
}

std::vector<uint8_t> identification(unsigned path) {
  constexpr std::array<uint8_t, 8> kName = {0x60, 0x01, 0x40, 0x50, 1, 2, 3, 4};
  const std::array<uint8_t, 4> port = {0, 0, 0, static_cast<uint8_t>(path + 1)};
  const std::array<uint8_t, 4> group = {0, 0, 0, static_cast<uint8_t>(path % 2 + 1)};
  std::vector<uint8_t> out(128);
  scsi::DesignatorPageWriter page(out);
  page.add({.code_set = scsi::CodeSet::binary, .type = scsi::DesignatorType::naa, .bytes = kName});
  page.add({.code_set = scsi::CodeSet::binary,
            .association = scsi::Association::target_port,
            .type = scsi::DesignatorType::relative_target_port,
            .bytes = port});
  page.add({.code_set = scsi::CodeSet::binary,
            .association = scsi::Association::target_port,
            .type = scsi::DesignatorType::target_port_group,
            .bytes = group});
  out.resize(page.finish());
  return out;
}

std::vector<uint8_t> groups() {
  auto answer = std::make_unique<scsi::TargetPortGroups>();
  for (uint16_t id = 1; id <= 2; ++id) {
    scsi::TargetPortGroup group;
    group.id = id;
    group.state =
        id == 1 ? scsi::AccessState::active_optimized : scsi::AccessState::active_nonoptimized;
    group.supported_states = 0x8f;
    for (uint16_t port = id; port <= 4; port = static_cast<uint16_t>(port + 2)) {
      group.ports.push_back(port);
    }
    answer->groups.push_back(group);
  }
  std::vector<uint8_t> out(256);
  out.resize(scsi::encode_target_port_groups(out, *answer));
  return out;
}

std::vector<uint8_t> page(unsigned path, uint8_t code) {
  std::vector<uint8_t> out(128);
  switch (code) {
    case scsi::kVpdSupportedPages:
      return pages_of(std::array<uint8_t, 5>{0x00, 0x80, 0x83, 0xb0, 0xb2});
    case scsi::kVpdSerialNumber:
      out.resize(scsi::encode_vpd(out, code, std::array<uint8_t, 4>{'S', 'N', '0', '1'}));
      return out;
    case scsi::kVpdDeviceIdentification:
      return identification(path);
    case scsi::kVpdBlockLimits:
      out.resize(scsi::encode_block_limits(
          out, {.max_transfer_blocks = 64, .max_unmap_blocks = 128, .max_write_same_blocks = 256}));
      return out;
    case scsi::kVpdProvisioning:
      out.resize(scsi::encode_provisioning(
          out, {.unmap = true, .write_same16_unmap = true, .read_zeros = 1, .type = 2}));
      return out;
    default:
      return {};
  }
}

std::vector<uint8_t> honest_answer(unsigned path, const scsi::Cdb& cdb) {
  std::vector<uint8_t> out(128);
  const scsi::Capacity capacity{.last_lba = kBlocks - 1, .block_bytes = kBlockBytes, .thin = true};
  switch (cdb.opcode()) {
    case scsi::kInquiry:
      if ((cdb.bytes[1] & 1) != 0) {
        return page(path, cdb.bytes[2]);
      }
      out.resize(scsi::encode_inquiry(out, {.version = 6,
                                            .target_port_group_support = 3,
                                            .command_queuing = true,
                                            .vendor = std::string_view("FUZZ"),
                                            .product = std::string_view("LIAR"),
                                            .revision = std::string_view("0001")}));
      return out;
    case scsi::kReadCapacity10:
      out.resize(scsi::encode_capacity10(out, capacity));
      return out;
    case scsi::kServiceActionIn16:
      out.resize(scsi::encode_capacity16(out, capacity));
      return out;
    case scsi::kModeSense6:
      return {3, 0, 0, 0};
    case scsi::kMaintenanceIn:
      return groups();
    case scsi::kRead10:
    case scsi::kRead16:
      return std::vector<uint8_t>(size_t{64} * kBlockBytes, 0x5a);
    default:
      return {};
  }
}

struct Request {
  mpio::BlockRequest block;
  std::vector<uint8_t> buffer;
  mpio::IoSlice slice;
  int done = 0;
};

class Play final : private mpio::DiskObserver {
 public:
  explicit Play(Input& input) : input_(input), shape_(input.byte()) {
    const unsigned lanes = 1 + (shape_ >> 2 & 1);
    std::vector<mpio::LaneSetup> setups(lanes);
    for (unsigned lane = 0; lane < lanes; ++lane) {
      loops_.push_back(std::make_unique<sim::HostClock>(clock_, 0, lane));
      setups[lane].loop = loops_.back().get();
    }
    const unsigned paths = 1 + (shape_ & 3);
    for (unsigned path = 0; path < paths; ++path) {
      members_.push_back(new_path(path));
      for (unsigned lane = 0; lane < lanes; ++lane) {
        setups[lane].transports.push_back(members_[path][lane]);
      }
    }
    mpio::DiskConfig config;
    config.no_path_deadline_ms = config.settle_loss_ms = 3'000;
    config.command_deadline_ms = 2'000;
    config.recheck_ms = 1'000;
    config.run.policy = dsm::policies()[(shape_ >> 4) % dsm::policies().size()].id;
    mpio::DiskObserver& observer = *this;
    disk_ = std::make_unique<mpio::Disk>(config, setups, &observer);
  }

  void run() {
    disk_->start(5'000, [this](const std::string& error) {
      ++started_;
      failed_ = !error.empty();
    });
    while (!input_.empty()) {
      step(input_.byte());
    }
    // Honest from here on. What is still open ends by itself.
    const uint64_t deadline_ns = clock_.now_ns() + kPatienceNs;
    while (!all_done()) {
      BASE_ASSERT(clock_.now_ns() < deadline_ns);
      clock_.run_until(clock_.now_ns() + 100 * sim::kMillisecond);
    }
    int stopped = 0;
    disk_->stop(kDrainMs, [&stopped] { ++stopped; });
    clock_.run_until(clock_.now_ns() + 3 * sim::kSecond);
    BASE_ASSERT(stopped == 1 && all_done());
    disk_.reset();
  }

 private:
  bool all_done() const {
    return started_ == 1 && std::all_of(requests_.begin(), requests_.end(), [](const auto& each) {
             BASE_ASSERT(each->done <= 1);
             return each->done == 1;
           });
  }

  // A session of each lane.
  std::vector<LyingTransport*> new_path(unsigned port) {
    std::vector<LyingTransport*> sessions;
    for (const auto& loop : loops_) {
      transports_.push_back(std::make_unique<LyingTransport>(port % 4, (shape_ & 8) != 0, *loop,
                                                             input_, honest_answer));
      sessions.push_back(transports_.back().get());
    }
    return sessions;
  }

  void add_path(unsigned port) {
    if (transports_.size() >= kMaxTransports) {
      return;
    }
    const std::vector<LyingTransport*> sessions = new_path(port);
    const unsigned number = disk_->add_path({sessions.begin(), sessions.end()});
    BASE_ASSERT(number != mpio::Disk::kNoPath);  // there are never so many
    members_.resize(std::max<size_t>(members_.size(), number + 1));
    BASE_ASSERT(members_[number].empty());  // a number is taken until its path is gone
    members_[number] = sessions;
  }

  void remove_path(unsigned number) {
    if (members_[number].empty() || leaving_.contains(number)) {
      return;
    }
    leaving_.insert(number);
    disk_->remove_path(number, [this, number] {
      BASE_ASSERT(leaving_.erase(number) == 1);
      members_[number].clear();
    });
  }

  void administrate(unsigned what) {
    if (started_ == 0) {
      return;
    }
    switch (what % 3) {
      case 0:
        disk_->set_policy(dsm::policies()[input_.below(dsm::policies().size())].id,
                          [](const std::string&) {});
        break;
      case 1:
        add_path(what / 3);
        break;
      default:
        remove_path(static_cast<unsigned>(input_.below(members_.size())));
    }
  }

  void step(uint8_t what) {
    switch (what % 8) {
      case 0:
        clock_.run_until(clock_.now_ns() + input_.byte() * sim::kMillisecond);
        break;
      case 1:
        clock_.run_until(clock_.now_ns() + input_.byte() * 100 * sim::kMillisecond);
        break;
      case 2:
        transports_[input_.below(transports_.size())]->lose();
        break;
      case 3:
        administrate(what >> 3);
        break;
      default:
        submit(what >> 3);
        clock_.run_until(clock_.now_ns() + sim::kMillisecond);
    }
  }

  void submit(unsigned what) {
    if (started_ == 0 || failed_ || requests_.size() == kMaxRequests) {
      return;
    }
    const mpio::Geometry& geometry = disk_->geometry();
    Request& request = *requests_.emplace_back(std::make_unique<Request>());
    request.block.op = static_cast<mpio::BlockOp>(what % 5);
    request.block.offset_bytes = uint64_t{input_.byte()} * geometry.logical_block_bytes;
    if (request.block.op != mpio::BlockOp::flush) {
      request.block.length_bytes = (1 + input_.below(80)) * uint64_t{geometry.logical_block_bytes};
    }
    if (request.block.length_bytes > (1U << 20)) {
      request.block.length_bytes = 0;  // blocks that a liar made huge: an empty request is refused
    }
    if (request.block.op == mpio::BlockOp::read || request.block.op == mpio::BlockOp::write) {
      request.buffer.resize(request.block.length_bytes);
      request.slice = {request.buffer.data(), request.buffer.size()};
      request.block.slices = {&request.slice, 1};
    }
    request.block.owner = &request;
    request.block.done = [](mpio::BlockRequest& block) {
      ++static_cast<Request*>(block.owner)->done;
    };
    disk_->lane(what % disk_->lane_count()).submit(request.block);
  }

  // A path begins to carry I/O: is it the disk, down every session of the path?
  void on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string&) override {
    if (after != mpio::PathState::up || before == mpio::PathState::suspect) {
      return;
    }
    const std::string identity = disk_->status().identity;
    for (const LyingTransport* session : members_[path]) {
      if (!session->has_said_all()) {
        continue;  // lost, and the news is on its way; or examined once more
      }
      const LyingTransport::Identification& said = session->said();
      auto claim = std::make_unique<dsm::ClaimResult>();
      dsm::claim(said.inquiry, said.identification, said.serial_number, {}, *claim);
      BASE_ASSERT(claim->claimed() && mpio::text_of(claim->identity) == identity);
    }
  }
  void on_note(const std::string& text) override { BASE_ASSERT(!text.empty()); }

  Input& input_;
  uint8_t shape_;
  sim::Clock clock_;
  std::vector<std::unique_ptr<sim::HostClock>> loops_;
  std::vector<std::unique_ptr<LyingTransport>> transports_;
  std::vector<std::vector<LyingTransport*>> members_;  // by number of the path; empty: none
  std::set<unsigned> leaving_;
  std::vector<std::unique_ptr<Request>> requests_;
  std::unique_ptr<mpio::Disk> disk_;
  int started_ = 0;
  bool failed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  Play play(input);
  play.run();
  return 0;
}
