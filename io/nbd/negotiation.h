// The server's half of the fixed newstyle handshake, without I/O: bytes in, bytes out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "io/nbd/protocol.h"
#include "mpio/block_device.h"

namespace io::nbd {

// How one device is shown to clients.
struct Export {
  std::string name;  // at most kMaxStringBytes; clients reach it by this and by the empty name
  std::string description;  // likewise
  // Promise that a flush on one connection covers what every other one was told is written
  // (NBD_FLAG_CAN_MULTI_CONN). True of any device that all connections share.
  bool multi_conn = false;
};

struct BlockSizes {
  uint32_t minimum_bytes = 1;
  uint32_t preferred_bytes = 4096;
  uint32_t maximum_bytes = kMaxPayloadBytes;
};

// What is advertised, and what the session then holds clients to.
BlockSizes block_sizes(const mpio::Geometry& geometry);
uint16_t transmission_flags(const mpio::Geometry& geometry, const Export& exported,
                            bool structured_replies);

class Negotiation {
 public:
  enum class State : uint8_t {
    negotiating,
    transmitting,  // the next byte is the first of a request
    aborted,       // by the client's wish: send what is in the output, then close
    broken,        // the client broke the protocol: close; error() says how
  };

  // Longer option data is thrown away and the option refused with NBD_REP_ERR_TOO_BIG.
  static constexpr size_t kMaxOptionBytes = 8192;

  // Writes the greeting to `output`, which must live as long as this, like `exported`.
  Negotiation(const mpio::Geometry& geometry, const Export& exported, std::vector<uint8_t>& output);

  // Takes one message from the front of `input`. Returns how many bytes that was; 0: it is not
  // complete yet (or the negotiation is over). A message fits into kOptionHeaderBytes +
  // kMaxOptionBytes.
  size_t consume(base::Bytes input);
  // How many of the bytes that follow the consumed ones are to be thrown away; clears it.
  uint64_t take_skip();

  State state() const { return state_; }
  bool structured_replies() const { return structured_replies_; }
  const std::string& error() const { return error_; }

 private:
  size_t consume_client_flags(base::Bytes input);
  void on_option(uint32_t option, base::Bytes data);
  void on_export_name(base::Bytes data);
  void on_list(base::Bytes data);
  void on_info(Option option, base::Bytes data);
  void reply(uint32_t option, OptionReply type, base::Bytes data = {});
  void refuse(uint32_t option, OptionReply type, std::string_view why);
  bool is_our_name(base::Bytes name) const;
  void broken(std::string why);

  const mpio::Geometry& geometry_;
  const Export& exported_;
  std::vector<uint8_t>& output_;
  State state_ = State::negotiating;
  bool client_flags_seen_ = false;
  bool fixed_newstyle_ = false;
  bool no_zeroes_ = false;
  bool structured_replies_ = false;
  uint64_t skip_bytes_ = 0;
  std::string error_;
};

}  // namespace io::nbd
