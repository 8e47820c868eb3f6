// The client's half of the fixed newstyle handshake, without I/O: optionally
// NBD_OPT_STRUCTURED_REPLY, then NBD_OPT_GO with the block sizes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "io/nbd/protocol.h"

namespace io::nbd {

class ClientHandshake {
 public:
  enum class State : uint8_t {
    running,
    done,    // the next byte from the server belongs to a reply
    failed,  // error() says why
  };
  // What the server said about the export.
  struct Export {
    uint64_t size_bytes = 0;
    uint16_t flags = 0;
    // A server that says nothing takes any alignment and, for portability, up to 32 MiB.
    uint32_t minimum_bytes = 1;
    uint32_t preferred_bytes = 4096;
    uint32_t maximum_bytes = kMaxPayloadBytes;
  };

  // Longest option reply that is read; a message is at most kOptionReplyHeaderBytes longer.
  static constexpr size_t kMaxReplyBytes = 8192;

  ClientHandshake(std::string export_name, bool structured_replies);

  // Takes one message from the front of `input`. Returns its length; 0: it is not complete (or the
  // handshake is over).
  size_t consume(base::Bytes input);
  // Bytes for the server; the caller empties it.
  std::vector<uint8_t>& output() { return output_; }

  State state() const { return state_; }
  const std::string& error() const { return error_; }
  const Export& exported() const { return export_; }
  bool structured_replies() const { return structured_replies_; }

 private:
  enum class Step : uint8_t { hello, structured_reply, go };

  void on_hello(base::Bytes hello);
  void on_reply(OptionReply type, base::Bytes data);
  void on_info(base::Bytes data);
  void finish();
  void send_option(Option option, base::Bytes data);
  void send_go();
  void fail(std::string why);

  const std::string export_name_;
  const bool want_structured_replies_;
  Step step_ = Step::hello;
  State state_ = State::running;
  bool structured_replies_ = false;
  bool export_seen_ = false;
  Export export_;
  std::vector<uint8_t> output_;
  std::string error_;
};

}  // namespace io::nbd
