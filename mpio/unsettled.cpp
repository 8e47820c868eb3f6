// See unsettled.h.
#include "mpio/unsettled.h"

#include <algorithm>

namespace mpio {

std::vector<UnsettledWrite> UnsettledWrites::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

bool UnsettledWrites::any_of_path(unsigned path) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(records_.begin(), records_.end(),
                     [path](const UnsettledWrite& record) { return record.session.path == path; });
}

bool UnsettledWrites::any_of_member(unsigned member) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(records_.begin(), records_.end(), [member](const UnsettledWrite& record) {
    return record.session.member == member;
  });
}

void UnsettledWrites::add(UnsettledWrite write) {
  const std::lock_guard lock(mutex_);
  write.epoch = epoch_.fetch_add(1, std::memory_order_acq_rel) + 1;
  records_.push_back(write);
  count_.store(records_.size(), std::memory_order_release);
}

void UnsettledWrites::settle(SessionId session, uint64_t login) {
  const std::lock_guard lock(mutex_);
  std::erase_if(records_, [=](const UnsettledWrite& record) {
    return record.session == session && record.login < login &&
           record.settled_by == SettledBy::login;
  });
  count_.store(records_.size(), std::memory_order_release);
}

void UnsettledWrites::end_held(SessionId session, bool answered, SettledBy then, uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const auto was_held = [session](const UnsettledWrite& record) {
    return record.session == session && record.settled_by == SettledBy::end;
  };
  if (answered) {
    std::erase_if(records_, was_held);
  }
  for (UnsettledWrite& record : records_) {
    if (was_held(record)) {
      record.settled_by = then;
      record.since_ns = now_ns;
    }
  }
  count_.store(records_.size(), std::memory_order_release);
}

void UnsettledWrites::leave(unsigned member) {
  const std::lock_guard lock(mutex_);
  for (UnsettledWrite& record : records_) {
    if (record.session.member == member) {
      record.login = 0;
      record.request = 0;
    }
  }
}

size_t UnsettledWrites::expire(uint64_t now_ns, uint64_t age_ns) {
  const std::lock_guard lock(mutex_);
  const size_t expired = std::erase_if(records_, [=](const UnsettledWrite& record) {
    return record.settled_by != SettledBy::end && now_ns >= record.since_ns + age_ns;
  });
  count_.store(records_.size(), std::memory_order_release);
  return expired;
}

uint64_t UnsettledWrites::next_expiry_ns(uint64_t age_ns) const {
  const std::lock_guard lock(mutex_);
  uint64_t first = UINT64_MAX;
  for (const UnsettledWrite& record : records_) {
    if (record.settled_by != SettledBy::end) {
      first = std::min(first, record.since_ns + age_ns);
    }
  }
  return first;
}

template <typename Which>
bool UnsettledWrites::is_in_the_way(uint64_t request, uint64_t first_sent, uint64_t lba,
                                    uint64_t blocks, Which which) const {
  if (empty()) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  return std::any_of(records_.begin(), records_.end(), [=](const UnsettledWrite& record) {
    const bool overlaps = record.lba < lba + blocks && lba < record.lba + record.blocks;
    const bool concurrent = first_sent != 0 && first_sent < record.epoch;
    return overlaps && record.request != request && !concurrent && which(record);
  });
}

bool UnsettledWrites::must_wait(uint64_t request, uint64_t first_sent, uint64_t lba,
                                uint64_t blocks) const {
  return is_in_the_way(request, first_sent, lba, blocks,
                       [](const UnsettledWrite&) { return true; });
}

bool UnsettledWrites::waits_for_held(uint64_t request, uint64_t first_sent, uint64_t lba,
                                     uint64_t blocks) const {
  return is_in_the_way(request, first_sent, lba, blocks, [](const UnsettledWrite& record) {
    return record.settled_by == SettledBy::end;
  });
}

}  // namespace mpio
