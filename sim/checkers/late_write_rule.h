// The late-write rule, judged from the wire and without believing the disk's own records: a command
// that changes blocks and was given up unanswered may still execute at its target until a later
// login on the same path has reinstated its session. Until then no *newer* command that changes one
// of its blocks may be sent on any path. Its identical retry may, and so may a command that was
// first sent before it was given up (the client had both in flight at once and has no claim to an
// order).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sim {

// A command that changes blocks, as far as the rule cares.
struct WireWrite {
  uint64_t lba = 0;
  uint64_t blocks = 0;
  uint64_t content = 0;  // equal for a retry, different for other data
  bool operator==(const WireWrite&) const = default;
  bool overlaps(const WireWrite& other) const {
    return lba < other.lba + other.blocks && other.lba < lba + blocks;
  }
};

class LateWriteRule {
 public:
  // `settle_loss_ns`: the disk's configured time after which a record counts as settled by loss;
  // UINT64_MAX: never.
  explicit LateWriteRule(uint64_t settle_loss_ns) : settle_loss_ns_(settle_loss_ns) {}

  // What is wrong with sending it, if anything.
  std::optional<std::string> on_sent(uint64_t path, const WireWrite& write, uint64_t now_ns);
  // The target executed it and said so.
  void on_answered(const WireWrite& write);
  // Handed back without an answer.
  void on_given_up(uint64_t path, const WireWrite& write, uint64_t now_ns);
  // A login on the path succeeded: the target has ended the session before it.
  void on_reinstated(uint64_t path);

  size_t unsettled() const { return unsettled_.size(); }

 private:
  struct Record {
    uint64_t path;
    WireWrite write;
    uint64_t since_ns;
    uint64_t tick;
  };
  using Key = std::pair<uint64_t, std::pair<uint64_t, uint64_t>>;
  static Key key_of(const WireWrite& write) { return {write.content, {write.lba, write.blocks}}; }

  uint64_t settle_loss_ns_;
  std::vector<Record> unsettled_;
  // Commands of one content and range that are not answered yet: a client may well send the same
  // thing twice.
  struct Sent {
    uint64_t first = 0;  // tick
    uint32_t outstanding = 0;
    uint32_t to_be_retried = 0;  // given up; the next send of it is no new command
    bool over() const { return outstanding == 0 && to_be_retried == 0; }
  };
  std::map<Key, Sent> sent_;
  uint64_t tick_ = 0;
};

}  // namespace sim
