// A transport whose target answers what the fuzzer's input says: lies, other statuses, nothing at
// all, lost sessions. Where the input has nothing to say it is honest, so every play ends.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "mpio/loop.h"
#include "mpio/transport.h"

namespace fuzz {

class LyingTransport final : public mpio::Transport {
 public:
  // The honest answer of this path to a command: data of GOOD status.
  using Honest = std::function<std::vector<uint8_t>(unsigned path, const scsi::Cdb& cdb)>;

  LyingTransport(unsigned path, bool shared_endpoint, mpio::Loop& loop, Input& input,
                 Honest honest);
  ~LyingTransport() override { drop(); }

  void set_handler(mpio::TransportHandler& handler) override { handler_ = &handler; }
  void start_login() override;
  void submit(mpio::TransportCommand& command) override;
  bool send_nop() override;
  void drop() override;
  void logout() override;
  std::string_view name() const override { return name_; }
  std::string endpoint() const override { return endpoint_; }

  // Ends the session from the target's side.
  void lose();

  // What the present session has last said of who is there; empty where it said nothing good.
  struct Identification {
    std::vector<uint8_t> inquiry;
    std::vector<uint8_t> serial_number;
    std::vector<uint8_t> identification;
  };
  const Identification& said() const { return said_; }
  // There is a session, and no command that asks who is there waits for its answer.
  bool has_said_all() const;

 private:
  enum class State : uint8_t { down, logging_in, up, logging_out };

  void on_work();
  void on_login();
  void answer(mpio::TransportCommand& command);
  void lie(mpio::TransportCommand& command, uint8_t how, std::vector<uint8_t>& data);
  void note(const mpio::TransportCommand& command, base::Bytes data);
  void hand_back_all(mpio::Delivery delivery);

  unsigned path_;
  std::string name_;
  std::string endpoint_;
  mpio::Loop& loop_;
  Input& input_;
  Honest honest_;
  mpio::TransportHandler* handler_ = nullptr;
  State state_ = State::down;
  uint64_t epoch_ = 0;
  bool nop_ = false;
  std::deque<mpio::TransportCommand*> waiting_;  // in the order they came
  std::deque<mpio::TransportCommand*> unheard_;  // never answered
  std::deque<mpio::TransportCommand*> unsent_;
  Identification said_;
  base::MemberTimer<&LyingTransport::on_work> work_{*this};
};

}  // namespace fuzz
