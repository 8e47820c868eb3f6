// The verifier's memory: which version of each block the disk acknowledged, and which versions it
// was asked to write since. From these follows what a read may return; anything else is a lost or a
// resurrected write.
//
// Rules. Versions of a block grow with each write issued. At most one write of a block is in flight
// (the caller sees to it), so the order of versions is the order in which the disk got them. A
// write that failed may have happened or not: until a newer one is acknowledged both outcomes are
// fine; after it, neither may show again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/verify/pattern.h"

namespace cli::verify {

enum class Finding : uint8_t {
  ok,
  lost,         // older than what the disk acknowledged, and never seen newer
  resurrected,  // older than what an earlier read had already shown
  torn,
  misplaced,
  corrupt,
};
const char* name_of(Finding finding);

class Ledger {
 public:
  Ledger(uint64_t seed, uint64_t block_count);

  uint64_t seed() const { return seed_; }
  uint64_t block_count() const { return blocks_.size(); }
  bool write_in_flight(uint64_t block) const { return blocks_[block].in_flight; }

  // A write of `block` begins; returns the version to write.
  uint64_t begin_write(uint64_t block);
  // It ended: acknowledged, or with an error (unknown outcome).
  void end_write(uint64_t block, bool acknowledged);

  // What a read that begins now must at least show; hand it to check().
  // It is the newest version acknowledged, or shown by an earlier read: a block never goes back.
  uint64_t floor_version(uint64_t block) const {
    return std::max(blocks_[block].acknowledged, blocks_[block].seen);
  }
  // Judges what the read returned. A version above `floor` is fine when it was issued.
  Finding check(uint64_t block, uint64_t floor, const BlockContent& content);

  // Writes the ledger as a file, and reads it back, so that a later run can check the same disk
  // again. On failure the result is false and `error` says what and where.
  bool save(const std::string& path, std::string& error) const;
  static bool load(const std::string& path, Ledger& ledger, std::string& error);

 private:
  struct Block {
    uint64_t acknowledged = 0;
    uint64_t issued = 0;
    uint64_t seen = 0;
    bool in_flight = false;
  };

  uint64_t seed_;
  std::vector<Block> blocks_;
};

}  // namespace cli::verify
