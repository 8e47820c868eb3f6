// Writes whose fate is unknown. A command that changes blocks and was given up without an answer
// may still be executed by its target, however late: bytes that a frozen target or a healed network
// still holds. Its identical retry may go elsewhere at once. A newer command that changes one of
// the same blocks must wait until the record is settled: by a new login of the same initiator port
// to the same target port, which ends the old session's tasks first (RFC 7143 6.3.5), or by a
// configured time. A write that this machine still holds is settled by neither: its end is waited
// for. See docs/late-writes.md.
//
// Several disks of one process may lead to the same LUN (the I_T nexuses of the front have one
// each). They share the records, each as another member, so that no client of any of them overtakes
// what another one has lost.
//
// Threads: any; all lanes of a disk share one. While there is no record, looking costs one load and
// no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "mpio/transport.h"

namespace mpio {

// One session of the disk: each lane has one of its own down every path, and each is an I_T nexus.
struct SessionId {
  unsigned path = 0;
  unsigned lane = 0;
  unsigned member = 0;
  bool operator==(const SessionId&) const = default;
};

struct UnsettledWrite {
  SessionId session;
  uint64_t login = 0;    // the how-manieth login of the session carried it
  uint64_t request = 0;  // its number, of all members; 0: nobody's any more
  uint64_t lba = 0;
  uint64_t blocks = 0;
  uint64_t since_ns = 0;
  uint64_t epoch = 0;
  SettledBy settled_by = SettledBy::login;
};

class UnsettledWrites {
 public:
  bool empty() const { return count_.load(std::memory_order_acquire) == 0; }
  size_t size() const { return count_.load(std::memory_order_acquire); }
  std::vector<UnsettledWrite> records() const;

  // Does a record of any session of this path remain? Members number their paths alike.
  bool any_of_path(unsigned path) const;
  bool any_of_member(unsigned member) const;

  // A moment in the order of things, never 0. Take it before must_wait() and hand it in as
  // `first_sent` from then on.
  uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  // `write.epoch` is filled in here.
  void add(UnsettledWrite write);
  // The session's `login`-th login has succeeded: what earlier ones carried is dead, as far as a
  // login says anything.
  void settle(SessionId session, uint64_t login);
  // Of the session's writes this machine holds none any more: those are settled (`answered`), or
  // `then` settles them, and their time counts from now.
  void end_held(SessionId session, bool answered, SettledBy then, uint64_t now_ns);
  // The member's disk has ended. Who is this member next, with the same initiator ports, settles
  // what is left with the first login, and has no claim to overtake it.
  void leave(unsigned member);
  // Records older than `age_ns` count as dead; returns how many.
  size_t expire(uint64_t now_ns, uint64_t age_ns);
  // When expire() has something to do next; UINT64_MAX: never, as far as is known.
  uint64_t next_expiry_ns(uint64_t age_ns) const;

  // Must a command that changes these blocks wait? Not for records of its own request, nor for
  // those made after it was first sent (`first_sent`, 0: not yet): then the client had both in
  // flight at once.
  bool must_wait(uint64_t request, uint64_t first_sent, uint64_t lba, uint64_t blocks) const;
  // One that must: for a write that this machine holds, so that nobody can say how long?
  bool waits_for_held(uint64_t request, uint64_t first_sent, uint64_t lba, uint64_t blocks) const;

 private:
  template <typename Which>
  bool is_in_the_way(uint64_t request, uint64_t first_sent, uint64_t lba, uint64_t blocks,
                     Which which) const;

  mutable std::mutex mutex_;
  std::vector<UnsettledWrite> records_;
  std::atomic<size_t> count_{0};
  std::atomic<uint64_t> epoch_{1};  // steps with each record
};

}  // namespace mpio
