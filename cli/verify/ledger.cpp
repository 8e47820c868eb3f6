// See ledger.h for the rules.
#include "cli/verify/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace cli::verify {
namespace {

constexpr uint64_t kFileMagic = 0x3165676465646c76;  // changes when the layout does
constexpr uint64_t kMaxBlocks = uint64_t{1} << 32;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

}  // namespace

const char* name_of(Finding finding) {
  switch (finding) {
    case Finding::ok:
      return "ok";
    case Finding::lost:
      return "lost write";
    case Finding::resurrected:
      return "resurrected write";
    case Finding::torn:
      return "torn write";
    case Finding::misplaced:
      return "misplaced write";
    case Finding::corrupt:
      return "corrupt block";
  }
  return "?";
}

Ledger::Ledger(uint64_t seed, uint64_t block_count) : seed_(seed), blocks_(block_count) {}

uint64_t Ledger::begin_write(uint64_t block) {
  Block& entry = blocks_[block];
  entry.in_flight = true;
  return ++entry.issued;
}

void Ledger::end_write(uint64_t block, bool acknowledged) {
  Block& entry = blocks_[block];
  entry.in_flight = false;
  if (acknowledged) {
    entry.acknowledged = entry.issued;
  }
}

Finding Ledger::check(uint64_t block, uint64_t floor, const BlockContent& content) {
  Block& entry = blocks_[block];
  switch (content.kind) {
    // A write in flight may show half-done, and not only in whole sectors: tgtd reads and writes
    // its file in several threads, and the kernel copies page by page. Nobody promised more. At
    // rest nothing is excused.
    case BlockKind::foreign:
      return entry.issued > floor ? Finding::ok : Finding::corrupt;
    case BlockKind::torn:
      return entry.issued > floor ? Finding::ok : Finding::torn;
    case BlockKind::misplaced:
      return Finding::misplaced;
    case BlockKind::blank:
    case BlockKind::versioned:
      break;
  }
  const uint64_t version = content.kind == BlockKind::blank ? 0 : content.version;
  if (version > entry.issued) {
    return Finding::corrupt;
  }
  if (version < floor) {
    return entry.seen > version ? Finding::resurrected : Finding::lost;
  }
  entry.seen = std::max(entry.seen, version);
  return Finding::ok;
}

bool Ledger::save(const std::string& path, std::string& error) const {
  const File file(std::fopen(path.c_str(), "wb"));
  const std::array<uint64_t, 3> header = {kFileMagic, seed_, blocks_.size()};
  bool good = file != nullptr && std::fwrite(header.data(), sizeof header, 1, file.get()) == 1;
  for (size_t i = 0; good && i < blocks_.size(); ++i) {
    const std::array<uint64_t, 3> entry = {blocks_[i].acknowledged, blocks_[i].issued,
                                           blocks_[i].seen};
    good = std::fwrite(entry.data(), sizeof entry, 1, file.get()) == 1;
  }
  if (!good || std::fflush(file.get()) != 0) {
    error = fmt::format("cannot write the ledger {}: {}", path, std::strerror(errno));
    return false;
  }
  return true;
}

bool Ledger::load(const std::string& path, Ledger& ledger, std::string& error) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    error = fmt::format("cannot open the ledger {}: {}", path, std::strerror(errno));
    return false;
  }
  std::array<uint64_t, 3> header{};
  if (std::fread(header.data(), sizeof header, 1, file.get()) != 1 || header[0] != kFileMagic ||
      header[2] > kMaxBlocks) {
    error = fmt::format("{} is not a ledger of verify-blocks (--ledger of an earlier run)", path);
    return false;
  }
  ledger.seed_ = header[1];
  ledger.blocks_.clear();
  for (uint64_t i = 0; i < header[2]; ++i) {
    std::array<uint64_t, 3> entry{};
    if (std::fread(entry.data(), sizeof entry, 1, file.get()) != 1) {
      error =
          fmt::format("the ledger {} ends at block {} of {}; the run that wrote it was cut short",
                      path, i, header[2]);
      return false;
    }
    ledger.blocks_.push_back({entry[0], entry[1], entry[2], false});
  }
  return true;
}

}  // namespace cli::verify
