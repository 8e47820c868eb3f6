// What one nexus of the front has under way: its tasks, and the back-end nexuses they go to. It
// outlives the front nexus until the last request that the array may still execute has ended, so
// that a nexus that follows it finds nothing of it there.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "io/front/answers.h"
#include "io/front/back_end.h"

namespace io::front {

class NexusWork;

class NexusWorkOwner {
 public:
  // The back end cannot serve: the front nexus has to end. Not from inside a call.
  virtual void on_work_failed(NexusWork& work, const std::string& why) = 0;
  // Abandoned, and nothing is left. Not to be destroyed from inside.
  virtual void on_work_finished(NexusWork& work) = 0;

 protected:
  ~NexusWorkOwner() = default;
};

class NexusWork {
 public:
  // `attention`: the unit attention that the first command gets.
  NexusWork(std::unique_ptr<BackEnd> back_end, Place place, uint16_t attention,
            NexusWorkOwner& owner);
  // Ends the back-end nexuses at once.
  ~NexusWork();
  NexusWork(const NexusWork&) = delete;
  NexusWork& operator=(const NexusWork&) = delete;

  // Logs in at the back; tasks wait until that is done.
  void start();
  bool started() const { return phase_ != Phase::fresh; }
  bool abandoned() const { return abandoned_; }

  void submit(iscsi::Task& task);
  // ABORT TASK and ABORT TASK SET wait for what the array has already, which is answered; a reset
  // is a LOGICAL UNIT RESET at the array, down one path.
  void manage(scsi::TaskFunction function, uint64_t lun, uint64_t tag,
              std::function<void(scsi::FunctionResponse)> done);
  // The front nexus has ended: all tasks come back aborted. What the array may have goes on.
  void abandon();

 private:
  enum class Phase : uint8_t { fresh, starting, serving, failed, stopping, finished };
  using Respond = std::function<void(scsi::FunctionResponse)>;

  struct Pending {
    NexusWork* work = nullptr;
    iscsi::Task* task = nullptr;  // null: aborted, nobody waits for it
    bool sent = false;
    mpio::ScsiRequest request;
    mpio::IoSlice slice;
    std::vector<uint8_t> data;  // in; or out, of a task that has been aborted
  };
  struct Waiter {
    std::vector<const Pending*> open;
    Respond respond;
  };

  void on_started(const std::string& error);
  void send(Pending& pending);
  void finish(Pending& pending);
  void abort(Pending& pending);
  void drop(const Pending& pending);
  void wait_for(std::vector<const Pending*> open, Respond respond);
  void forget(const Pending& pending);
  void stop_when_idle();
  uint32_t beyond(const scsi::Cdb& cdb, const mpio::ScsiRequest& request) const;

  std::unique_ptr<BackEnd> back_end_;
  Place place_;
  uint16_t attention_;
  NexusWorkOwner& owner_;
  Phase phase_ = Phase::fresh;
  bool abandoned_ = false;
  std::list<Pending> pending_;  // addresses stay
  std::list<Waiter> waiters_;
};

}  // namespace io::front
