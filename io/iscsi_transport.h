// mpio::Transport over libiscsi: one session to one portal of one target, one LUN.
//
// libiscsi parses and builds the PDUs; everything that decides is here: when a session is dead, who
// gets which command back. A context serves one session: what is dead is destroyed, and the next
// login (iscsi_login.h) brings a new one.
//
// None of libiscsi's callbacks calls the handler. They take notes; the notes are acted upon when
// libiscsi has returned, so a handler may drop the link, log in again or destroy the transport from
// any callback.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "io/event_loop.h"
#include "io/iscsi_login.h"
#include "io/iscsi_path_config.h"
#include "mpio/transport.h"

struct iscsi_context;

namespace io {

class IscsiTransport final : public mpio::Transport {
 public:
  IscsiTransport(EventLoop& loop, IscsiPathConfig config);
  // Drops the link; commands still outstanding are handed back as by drop(). May run inside any
  // callback.
  ~IscsiTransport() override;
  IscsiTransport(const IscsiTransport&) = delete;
  IscsiTransport& operator=(const IscsiTransport&) = delete;

  // mpio::Transport.
  void set_handler(mpio::TransportHandler& handler) override { handler_ = &handler; }
  void start_login() override;
  void submit(mpio::TransportCommand& command) override;
  bool send_nop() override;
  void drop() override;
  void logout() override;
  // "host:port/target/lun", as in the URL.
  std::string_view name() const override { return name_; }
  std::string endpoint() const override;

  // The largest command. libiscsi's lengths are ints, and the stand-in for retired buffers is as
  // large as this.
  static constexpr uint32_t kMaxTransferBytes = 64u << 20;

 private:
  struct Outstanding;
  enum class State : uint8_t { down, logging_in, up, logging_out };

  void on_login_done(const LinkFailure& failure, iscsi_context* context);
  void close_context(Farewell farewell);

  // libiscsi's callbacks: notes only.
  static void note_logout(iscsi_context*, int status, void*, void* self);
  static void note_nop(iscsi_context*, int status, void*, void* self);
  static void note_command(iscsi_context*, int status, void*, void* outstanding);

  // Runs libiscsi for these events, then acts upon the notes.
  void on_socket(uint32_t events);
  void service(int events);
  void act_on_notes(bool heard);
  void on_link_died();
  // Sends what submit() has queued, all of it in as few segments as it fits in.
  void flush();
  void update_watch();
  void on_deferred();

  // Completions. hand_back() returns false when the handler destroyed this object.
  void take_result(Outstanding& outstanding, int status);
  bool hand_back(std::deque<mpio::TransportCommand*>& commands);
  void finish_outstanding(mpio::Delivery delivery);
  void retire(Outstanding& outstanding);
  void release_retired(uint64_t answered_sequence);
  Outstanding& acquire(mpio::TransportCommand& command);
  void recycle(Outstanding& outstanding);
  void unlink(Outstanding& outstanding);

  EventLoop& loop_;
  IscsiPathConfig config_;
  std::string name_;
  mpio::TransportHandler* handler_ = nullptr;
  IscsiLogin login_;
  State state_ = State::down;

  iscsi_context* context_ = nullptr;
  int fd_ = -1;
  uint32_t watched_events_ = 0;

  // Notes of the callbacks.
  bool logout_noted_ = false;
  bool dead_ = false;     // the context must not be used again
  int socket_error_ = 0;  // what epoll's error flag was about
  bool nop_outstanding_ = false;

  std::vector<std::unique_ptr<Outstanding>> all_;  // owns every Outstanding there is
  std::vector<Outstanding*> free_;
  Outstanding* first_ = nullptr;  // submitted, no answer yet; in order
  Outstanding* last_ = nullptr;
  std::deque<mpio::TransportCommand*> finished_;  // answered, not handed back yet
  std::deque<mpio::TransportCommand*> unsent_;    // to be handed back as not_sent
  std::deque<Outstanding*> retired_;  // answered, but libiscsi may still look; see the source

  uint64_t next_sequence_ = 0;  // of submitted commands
  size_t queued_ = 0;           // commands that libiscsi has and flush() has not sent yet
  bool handing_back_ = false;   // flush() follows at the end of it

  // What submit() must not do itself: hand back unsent commands, report a death; and what it leaves
  // for later: sending, for others may submit in the same turn of the loop.
  base::MemberTimer<&IscsiTransport::on_deferred> deferred_{*this};
  // Counts link states, so that work that called the handler can tell that the handler changed
  // everything.
  uint64_t epoch_ = 0;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace io
