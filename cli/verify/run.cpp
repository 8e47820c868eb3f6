// The verifying load; see run.h.
#include "cli/verify/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cli::verify {
namespace {

constexpr size_t kDamageKept = 16;
constexpr int kExtentTries = 8;

void record_damage(RunReport& report, const DamageRecord& damage) {
  ++report.damaged_blocks;
  if (report.damage.size() < kDamageKept) {
    report.damage.push_back(damage);
  }
}

}  // namespace

struct Run::Request {
  Run* run = nullptr;
  mpio::BlockRequest block_request;
  std::vector<uint8_t> buffer;
  mpio::IoSlice slice;
  uint64_t first_block = 0;
  uint32_t blocks = 0;
  bool write = false;
  uint64_t issued_ns = 0;
  std::vector<uint64_t> floors;
};

Run::Run(const RunOptions& options, Ledger& ledger, base::Scheduler& scheduler,
         std::vector<mpio::BlockDevice*> devices)
    : options_(options),
      ledger_(ledger),
      scheduler_(scheduler),
      devices_(std::move(devices)),
      prng_(ledger.seed()) {
  const uint64_t extent = std::min<uint64_t>(options_.max_extent_blocks, ledger_.block_count());
  options_.max_extent_blocks = static_cast<uint32_t>(extent);
  for (uint32_t i = 0; i < options_.queue_depth; ++i) {
    auto request = std::make_unique<Request>();
    request->run = this;
    request->buffer.resize(size_t{options_.max_extent_blocks} * options_.block_bytes);
    request->floors.resize(options_.max_extent_blocks);
    idle_.push_back(request.get());
    requests_.push_back(std::move(request));
  }
}

Run::~Run() = default;

void Run::start(std::function<void()> finished) {
  finished_ = std::move(finished);
  mode_ = Mode::load;
  stopping_ = false;
  pump();
}

void Run::stop() {
  stopping_ = true;
  pump();
}

void Run::read_back(std::function<void()> finished) {
  finished_ = std::move(finished);
  mode_ = Mode::read_back;
  stopping_ = false;
  read_back_next_ = 0;
  pump();
}

void Run::pump() {
  if (pumping_ || mode_ == Mode::idle) {
    return;
  }
  pumping_ = true;
  while (!idle_.empty() && !stopping_) {
    Request& request = *idle_.back();
    if (!next_extent(request)) {
      break;
    }
    idle_.pop_back();
    launch(request);
  }
  pumping_ = false;
  const bool exhausted = mode_ == Mode::read_back && read_back_next_ == ledger_.block_count();
  if (in_flight_ == 0 && (stopping_ || exhausted)) {
    mode_ = Mode::idle;
    // The callback may start the next phase, which sets finished_ anew.
    const auto finished = std::exchange(finished_, nullptr);
    finished();
  }
}

// Chooses what the request does. False when the read-back has handed out its last block.
bool Run::next_extent(Request& request) {
  const uint64_t total = ledger_.block_count();
  if (mode_ == Mode::read_back) {
    request.write = false;
    request.first_block = read_back_next_;
    request.blocks = static_cast<uint32_t>(
        std::min<uint64_t>(options_.max_extent_blocks, total - read_back_next_));
    read_back_next_ += request.blocks;
    return request.blocks != 0;
  }
  request.write = prng_.below(100) < options_.write_percent;
  for (int attempt = 0; attempt < kExtentTries; ++attempt) {
    const bool hot = prng_.below(100) < options_.hot_percent;
    const uint64_t range = hot ? std::max<uint64_t>(total / 8, 1) : total;
    request.first_block = prng_.below(range);
    const uint64_t room =
        std::min<uint64_t>(options_.max_extent_blocks, total - request.first_block);
    request.blocks = static_cast<uint32_t>(1 + prng_.below(room));
    bool busy = false;
    for (uint32_t i = 0; i < request.blocks; ++i) {
      busy = busy || ledger_.write_in_flight(request.first_block + i);
    }
    if (!request.write || !busy) {
      return true;
    }
  }
  request.write = false;  // everything hot is being written: read it meanwhile
  return true;
}

void Run::launch(Request& request) {
  const size_t bytes = size_t{request.blocks} * options_.block_bytes;
  for (uint32_t i = 0; i < request.blocks; ++i) {
    const uint64_t block = request.first_block + i;
    if (request.write) {
      const std::span<uint8_t> target(request.buffer.data() + size_t{i} * options_.block_bytes,
                                      options_.block_bytes);
      fill_block(target, ledger_.seed(), block, ledger_.begin_write(block));
    } else {
      request.floors[i] = ledger_.floor_version(block);
    }
  }
  request.slice = {request.buffer.data(), bytes};
  mpio::BlockRequest& io = request.block_request;
  io = {};
  io.op = request.write ? mpio::BlockOp::write : mpio::BlockOp::read;
  io.offset_bytes = options_.first_byte + request.first_block * options_.block_bytes;
  io.length_bytes = bytes;
  io.fua = request.write && prng_.below(16) == 0;
  io.slices = {&request.slice, 1};
  io.done = &Run::on_done;
  io.owner = &request;
  request.issued_ns = scheduler_.now_ns();
  ++in_flight_;
  ++report_.requests;
  if (options_.operation_limit != 0 && report_.requests >= options_.operation_limit &&
      mode_ == Mode::load) {
    stopping_ = true;
  }
  mpio::BlockDevice& device = *devices_[next_device_];
  next_device_ = (next_device_ + 1) % devices_.size();
  device.submit(io);
}

void Run::on_done(mpio::BlockRequest& block_request) {
  auto& request = *static_cast<Request*>(block_request.owner);
  request.run->finish(request);
}

void Run::finish(Request& request) {
  const int error = request.block_request.error;
  if (error != 0) {
    ++report_.io_errors;
    report_.first_error = report_.first_error == 0 ? error : report_.first_error;
  }
  if (request.write) {
    for (uint32_t i = 0; i < request.blocks; ++i) {
      ledger_.end_write(request.first_block + i, error == 0);
    }
    report_.blocks_written += error == 0 ? request.blocks : 0;
  } else if (error == 0) {
    judge(request);
  }
  if (on_request) {
    on_request({request.write, request.issued_ns, scheduler_.now_ns(), error});
  }
  --in_flight_;
  idle_.push_back(&request);
  pump();
}

void Run::judge(Request& request) {
  for (uint32_t i = 0; i < request.blocks; ++i) {
    const uint64_t block = request.first_block + i;
    const std::span<const uint8_t> bytes(request.buffer.data() + size_t{i} * options_.block_bytes,
                                         options_.block_bytes);
    note(block, request.floors[i], read_block(bytes, ledger_.seed(), block));
  }
}

void Run::note(uint64_t block, uint64_t floor, const BlockContent& content) {
  ++report_.blocks_verified;
  const Finding finding = ledger_.check(block, floor, content);
  if (finding != Finding::ok) {
    record_damage(report_, {block, finding, content, floor});
  }
}

bool check_file(const std::string& path, const RunOptions& options, Ledger& ledger,
                RunReport& report, std::string& error) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    error = fmt::format("cannot open the backing file {}: {}", path, std::strerror(errno));
    return false;
  }
  std::vector<uint8_t> buffer(options.block_bytes);
  bool good = true;
  for (uint64_t block = 0; good && block < ledger.block_count(); ++block) {
    const uint64_t at = options.first_byte + block * options.block_bytes;
    const ssize_t got = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got != static_cast<ssize_t>(buffer.size())) {
      error = fmt::format("{}: cannot read {} bytes at offset {}: {}", path, buffer.size(), at,
                          got < 0 ? std::strerror(errno) : "the file is shorter than that");
      good = false;
      break;
    }
    ++report.blocks_verified;
    const uint64_t floor = ledger.floor_version(block);
    const BlockContent content = read_block(buffer, ledger.seed(), block);
    const Finding finding = ledger.check(block, floor, content);
    if (finding != Finding::ok) {
      record_damage(report, {block, finding, content, floor});
    }
  }
  close(fd);
  return good;
}

}  // namespace cli::verify
