// What one nexus of the front has under way: its tasks, and the back-end nexuses they go to. It
// outlives the front nexus until the last request that the array may still execute has ended, so
// that a nexus that follows it finds nothing of it there.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/front/answers.h"
#include "io/front/back_end.h"
#include "io/front/registrations.h"

namespace io::front {

class NexusWork;

class NexusWorkOwner {
 public:
  // The back end cannot serve: the front nexus has to end. Not from inside a call.
  virtual void on_work_failed(NexusWork& work, const std::string& why) = 0;
  // Abandoned, and nothing is left. Not to be destroyed from inside.
  virtual void on_work_finished(NexusWork& work) = 0;
  // See registrations.h.
  virtual std::optional<NexusName> find_nexus(std::string_view name, const Isid& isid) const = 0;
  // Another nexus has ended that held the unit by RESERVE, and the array does not know yet: until
  // then commands wait, see send_waiting().
  virtual bool unit_is_being_released() const = 0;

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
  // It held the unit by RESERVE, and its nexuses at the back have not ended yet.
  bool releases_unit() const { return abandoned_ && held_unit_ && phase_ != Phase::finished; }
  // Tasks that have waited for another nexus to let go of the unit.
  void send_waiting();

  void submit(iscsi::Task& task);
  // ABORT TASK and ABORT TASK SET wait for what the array has already, which is answered first;
  // CLEAR TASK SET and resets reach the array, down one path.
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
    bool as_it_came = false;  // the array has no whole answer: the client's own command
    mpio::ScsiRequest request;
    mpio::IoSlice slice;
    std::vector<uint8_t> data;  // in; or out, of a task that has been aborted
  };
  struct Waiter {
    std::vector<const Pending*> open;
    scsi::FunctionResponse response;
    Respond respond;
  };
  // One that the array has to carry out.
  struct Function {
    scsi::TaskFunction what;
    Respond respond;
  };

  void on_started(const std::string& error);
  static void prepare(Pending& pending);
  void send(Pending& pending);
  void finish(Pending& pending);
  static bool needs_its_own_words(const Pending& pending);
  void answer(Pending& pending);
  void make_data_in(Pending& pending);
  void abort(Pending& pending);
  void abort_task(uint64_t tag, Respond done);
  std::vector<const Pending*> abort_unsent();
  void ask_array(const Function& function);
  void drop(const Pending& pending);
  void wait_for(Waiter waiter);
  std::list<Waiter> take_ready_waiters(const Pending& pending);
  void stop_when_idle();

  std::unique_ptr<BackEnd> back_end_;
  Place place_;
  uint16_t attention_;
  NexusWorkOwner& owner_;
  Phase phase_ = Phase::fresh;
  bool abandoned_ = false;
  bool held_unit_ = false;      // when it was abandoned
  std::list<Pending> pending_;  // addresses stay
  std::list<Waiter> waiters_;
  std::vector<Function> functions_;  // that wait for the back end
};

}  // namespace io::front
