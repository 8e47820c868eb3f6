// One path's session: logs in, watches for silence and overdue commands, drops what is dead, logs
// in again at a growing pace. It knows nothing of LUNs and policies: what a login means is for its
// owner to find out.
//
//   down --(pause)--> logging in --> up --(loss, silence, deadline, fail())--> down
//
// Threads: one event loop. No callback comes from inside start(), submit(), or any other call but
// fail() and stop().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/prng.h"
#include "base/scheduler.h"
#include "mpio/config.h"
#include "mpio/counter.h"
#include "mpio/transport.h"

namespace mpio {

class PathLink;

// A command on a link. Owned by the caller and alive until done().
struct LinkCommand {
  TransportCommand transport;
  uint64_t deadline_ns = 0;  // as a duration; 0: DiskConfig::command_deadline_ms
  void (*done)(LinkCommand&) = nullptr;
  void* owner = nullptr;
  // The link's.
  PathLink* link = nullptr;
  uint64_t submitted_ns = 0;
  LinkCommand* previous = nullptr;
  LinkCommand* next = nullptr;
};

class PathLinkOwner {
 public:
  virtual void on_link_up(PathLink& link) = 0;
  // Before the commands are handed back where the link was given up here; after it where the
  // connection ended by itself.
  virtual void on_link_down(PathLink& link, LinkResult result, std::string_view why) = 0;
  // A login failed. The next one follows by itself.
  virtual void on_login_failed(PathLink& link, LinkResult result, std::string_view why) = 0;
  virtual void on_suspect(PathLink& link, bool suspect) = 0;
  // See TransportHandler.
  virtual void on_held_ended(PathLink& link, bool answered, SettledBy then) = 0;
  // logout() is done.
  virtual void on_logged_out(PathLink& link) = 0;

 protected:
  ~PathLinkOwner() = default;
};

class PathLink final : private TransportHandler {
 public:
  PathLink(unsigned number, Transport& transport, base::Scheduler& scheduler,
           const DiskConfig& config, PathLinkOwner& owner);
  ~PathLink();

  unsigned number() const { return number_; }
  std::string_view name() const { return transport_.name(); }
  std::string endpoint() const { return transport_.endpoint(); }
  PathPorts ports() const { return transport_.ports(); }
  uint32_t max_transfer_bytes() const { return transport_.max_transfer_bytes(); }
  bool up() const { return state_ == State::up; }
  bool suspect() const { return suspect_; }
  // Any thread.
  size_t outstanding() const { return outstanding_.get(); }
  // Good logins so far; any thread. While the link is up, the number of the present session.
  uint64_t logins() const { return logins_.get(); }

  void start();
  void submit(LinkCommand& command) { submit(command, scheduler_.now_ns()); }
  // The same, for who has just read the clock.
  void submit(LinkCommand& command, uint64_t now_ns);
  // Gives the link up: all commands come back (dropped) before this returns; logs in again later -
  // after the longest pause if `slowly`.
  void fail(LinkResult result, std::string_view why, bool slowly = false);
  // The same, but not from inside: for callers that are in the middle of a callback.
  void fail_soon(std::string_view why);
  // The path is in good order: the pauses between logins begin with the shortest again.
  void reset_backoff() { attempts_ = 0; }
  // Orderly end; on_logged_out() follows, at the latest after DiskConfig::down_after_ms.
  // Outstanding commands must have come back.
  void logout();
  // At once and for ever.
  void stop();

 private:
  enum class State : uint8_t { down, logging_in, up, logging_out, stopped };

  void on_login_done(LinkResult result, std::string_view detail) override;
  void on_command_done(TransportCommand& command) override;
  void on_link_lost(LinkResult result, std::string_view detail) override;
  void on_heard() override;
  void on_held_ended(bool answered, SettledBy then) override {
    owner_.on_held_ended(*this, answered, then);
  }

  void on_pause_over();
  void on_login_deadline();
  void on_watch();
  void on_fail_soon();
  void go_down(bool slowly);
  void watch_idle(uint64_t now_ns);
  void watch_from(uint64_t now_ns);
  const LinkCommand* overdue(uint64_t now_ns) const;
  uint64_t command_deadline_ns(const LinkCommand& command) const;

  unsigned number_;
  Transport& transport_;
  base::Scheduler& scheduler_;
  const DiskConfig& config_;
  PathLinkOwner& owner_;
  base::Prng prng_;
  State state_ = State::down;
  bool suspect_ = false;
  unsigned attempts_ = 0;  // failed logins in a row
  Counter logins_;
  uint64_t last_heard_ns_ = 0;
  uint64_t waiting_since_ns_ = 0;  // when something was first outstanding
  Counter outstanding_;
  LinkCommand* first_ = nullptr;
  LinkCommand* last_ = nullptr;
  std::string fail_reason_;
  base::MemberTimer<&PathLink::on_pause_over> pause_timer_{*this};
  base::MemberTimer<&PathLink::on_login_deadline> login_timer_{*this};
  base::MemberTimer<&PathLink::on_watch> watch_timer_{*this};
  base::MemberTimer<&PathLink::on_fail_soon> fail_timer_{*this};
};

}  // namespace mpio
