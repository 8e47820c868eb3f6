// Watches what the disk sends: feeds the late-write rule, counts sends and logins against budgets
// that no plan of faults can explain away (a retry without a pause is a storm, however it ends),
// and sees what goes down a path that is out of use.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/checkers/late_write_rule.h"
#include "sim/clock.h"
#include "sim/fabric.h"
#include "sim/findings.h"

namespace sim {

struct WireBudgets {
  uint32_t logins_per_link = 60;     // in any 10 s
  uint32_t controls_per_link = 400;  // TUR, RTPG, INQUIRY ... in any second
  uint32_t sends_per_second = 0;     // of data commands, all paths together; 0: not checked
};

// Hears of writes that go out, by their content, of those that came back with RESERVATION CONFLICT,
// and of PERSISTENT RESERVE IN and OUT that go out and are back, in whatever way.
class ConflictWatcher {
 public:
  virtual void on_write_sent(uint32_t host, uint64_t content) = 0;
  virtual void on_conflict(uint32_t host, uint32_t port, uint64_t content) = 0;
  virtual void on_reserve_sent(uint32_t host) = 0;
  virtual void on_reserve_back(uint32_t host) = 0;

 protected:
  ~ConflictWatcher() = default;
};

class WireJudge final : public WireObserver {
 public:
  WireJudge(uint32_t links, const WireBudgets& budgets, uint64_t settle_loss_ns, Clock& clock,
            Findings& findings);

  void on_login_started(uint32_t link) override;
  void on_logged_in(uint32_t link) override;
  void on_sent(uint32_t link, const mpio::TransportCommand& command) override;
  void on_back(uint32_t link, const mpio::TransportCommand& command) override;

  // For a host with one lane, whose links are its ports.
  void watch_conflicts(ConflictWatcher& watcher, uint32_t host) {
    conflicts_ = &watcher;
    host_ = host;
  }

  // What may be sent down a link: an administrator takes it out of use, or out of the disk.
  enum class Use : uint8_t { all, no_data, nothing };
  void allow(uint32_t link, Use use) { uses_[link] = use; }
  // Since the last call of this, by link.
  std::vector<uint32_t> take_data_by_link();

  size_t unsettled() const { return rule_.unsettled(); }
  uint64_t data_sends() const { return data_sends_; }
  uint64_t control_sends() const { return control_sends_; }

 private:
  // Counts events in fixed windows, twice as strict at worst as sliding ones.
  struct Rate {
    uint64_t window = UINT64_MAX;
    uint32_t count = 0;
    bool told = false;
    uint32_t add(uint64_t now_window) {
      if (now_window != window) {
        window = now_window;
        count = 0;
      }
      return ++count;
    }
  };
  void out_of_use(const char* what, uint32_t link);
  void check(Rate& rate, uint64_t window_ns, uint32_t limit, const char* what, uint32_t link);

  WireBudgets budgets_;
  Clock& clock_;
  Findings& findings_;
  LateWriteRule rule_;
  ConflictWatcher* conflicts_ = nullptr;
  uint32_t host_ = 0;
  std::vector<Rate> logins_;
  std::vector<Rate> controls_;
  std::vector<Use> uses_;
  std::vector<uint32_t> data_by_link_;
  Rate data_;
  uint64_t data_sends_ = 0;
  uint64_t control_sends_ = 0;
};

}  // namespace sim
