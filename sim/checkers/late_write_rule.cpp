// See late_write_rule.h.
#include "sim/checkers/late_write_rule.h"

namespace sim {

std::optional<std::string> LateWriteRule::on_sent(uint64_t path, const WireWrite& write,
                                                  uint64_t now_ns) {
  Sent& sent = sent_.try_emplace(key_of(write), Sent{++tick_}).first->second;
  ++sent.outstanding;
  sent.to_be_retried -= sent.to_be_retried != 0 ? 1 : 0;
  const uint64_t first = sent.first;
  for (const Record& record : unsettled_) {
    const bool lost_by_time =
        settle_loss_ns_ != UINT64_MAX && now_ns - record.since_ns >= settle_loss_ns_;
    if (record.write == write || !record.write.overlaps(write) || lost_by_time ||
        first < record.tick) {
      continue;
    }
    return "a new write of lba " + std::to_string(write.lba) + " +" + std::to_string(write.blocks) +
           " was sent on path " + std::to_string(path) + " while an older one of lba " +
           std::to_string(record.write.lba) + " +" + std::to_string(record.write.blocks) +
           " may still execute on path " + std::to_string(record.path);
  }
  return std::nullopt;
}

void LateWriteRule::on_answered(const WireWrite& write) {
  const auto found = sent_.find(key_of(write));
  if (found == sent_.end()) {
    return;
  }
  --found->second.outstanding;
  if (found->second.over()) {
    sent_.erase(found);
  }
}

void LateWriteRule::on_given_up(uint64_t path, const WireWrite& write, uint64_t now_ns) {
  unsettled_.push_back({path, write, now_ns, ++tick_});
  if (const auto found = sent_.find(key_of(write)); found != sent_.end()) {
    --found->second.outstanding;
    ++found->second.to_be_retried;
  }
}

void LateWriteRule::on_reinstated(uint64_t path) {
  std::erase_if(unsettled_, [path](const Record& record) { return record.path == path; });
}

}  // namespace sim
