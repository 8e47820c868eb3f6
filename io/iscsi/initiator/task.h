// One SCSI command of the initiator while the target has it, and the table in which its tag finds
// it again.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "io/iscsi/initiator/parameters.h"
#include "io/iscsi/initiator/slice_run.h"
#include "io/iscsi/pdu.h"
#include "mpio/transport.h"

namespace io::iscsi::initiator {

// Data-Out PDUs that belong together: unsolicited ones, or the answer to one R2T.
struct DataSequence {
  uint32_t transfer_tag = kNoTag;
  uint32_t at = 0;   // offset of the next PDU
  uint32_t end = 0;  // behind the last one
  uint32_t data_sn = 0;
};

struct Task {
  mpio::TransportCommand* command = nullptr;  // null: free
  uint32_t tag = 0;
  uint32_t command_sn = 0;
  bool sent = false;         // all of the command's PDU; no answer can be honest before that
  bool sending = false;      // in the session's list of those with data to send
  uint32_t queued_pdus = 0;  // of data, not sent yet
  SliceCursor cursor;        // data goes from front to back, in both directions
  uint32_t received_bytes = 0;
  uint32_t data_sn = 0;      // of the next Data-In
  uint32_t asked_bytes = 0;  // of a write: sent, or promised to whoever asked for it
  uint32_t r2t_sn = 0;       // of the next R2T
  uint32_t next_sending = 0;
  // Those to send, in order; a ring. One more than there are R2Ts, for unsolicited data.
  std::array<DataSequence, kMaxOutstandingR2t + 1> sequences;
  uint8_t first_sequence = 0;
  uint8_t sequence_count = 0;

  DataSequence& sequence(unsigned number) {
    return sequences[(first_sequence + number) % sequences.size()];
  }
  unsigned outstanding_r2t() {
    const bool unsolicited = sequence_count != 0 && sequence(0).transfer_tag == kNoTag;
    return sequence_count - (unsolicited ? 1U : 0U);
  }
};

// A tag is the place in the table, and how often the place has been used: that an answer is late or
// made up shows.
class TaskTable {
 public:
  // Tags from this place on are not a task's.
  static constexpr uint32_t kMostTasks = 0xff00;
  static constexpr uint32_t kPlaceBits = 16;

  bool full() const { return free_.empty() && tasks_.size() == kMostTasks; }
  size_t count() const { return count_; }
  Task& at(uint32_t place) { return tasks_[place]; }
  static uint32_t place_of(const Task& task) { return task.tag & 0xffff; }

  // Only when not full.
  Task& acquire(mpio::TransportCommand& command) {
    if (free_.empty()) {
      const auto place = static_cast<uint32_t>(tasks_.size());
      tasks_.emplace_back().tag = place;
      free_.reserve(tasks_.size());  // give_back() allocates nothing
      free_.push_back(place);
    }
    Task& task = tasks_[free_.back()];
    free_.pop_back();
    const uint32_t tag = task.tag + (1U << kPlaceBits);
    task = {};
    task.tag = tag;
    task.command = &command;
    ++count_;
    return task;
  }
  // No tag finds it any more. Its place stays taken until give_back().
  void retire(Task& task) {
    task.command = nullptr;
    --count_;
  }
  void give_back(Task& task) { free_.push_back(place_of(task)); }
  // Null when no task has this tag now.
  Task* find(uint32_t tag) {
    const uint32_t place = tag & 0xffff;
    if (place >= tasks_.size()) {
      return nullptr;
    }
    Task& task = tasks_[place];
    return task.tag == tag && task.command != nullptr ? &task : nullptr;
  }
  template <typename Visit>
  void for_each(Visit visit) {
    for (Task& task : tasks_) {
      if (task.command != nullptr) {
        visit(task);
      }
    }
  }

 private:
  std::deque<Task> tasks_;  // stay where they are
  std::vector<uint32_t> free_;
  size_t count_ = 0;
};

}  // namespace io::iscsi::initiator
