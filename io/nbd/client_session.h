// The client's transmission phase without I/O: requests and replies, a gather list out, and the
// requests' own buffers for what comes in.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "io/nbd/protocol.h"
#include "mpio/block_device.h"

namespace io::nbd {

class ClientSession {
 public:
  explicit ClientSession(bool structured_replies);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  bool structured_replies() const { return structured_replies_; }

  // Queues a request that the server can take (the caller checked it).
  void enqueue(mpio::BlockRequest& request);
  // Queues NBD_CMD_DISC, the last thing that is sent.
  void enqueue_disconnect();
  // Requests that have not completed.
  size_t outstanding() const { return outstanding_; }

  // The next bytes for the server: fills `out` from the front, returns how many slices it used.
  size_t gather(std::span<mpio::IoSlice> out) const;
  bool has_output() const { return first_unsent_ != nullptr; }
  // `count` of the gathered bytes were sent. May complete requests.
  void sent(size_t count);

  // Where the next bytes from the server go; never none. `out` has room for at least 2.
  size_t input_space(std::span<mpio::IoSlice> out);
  // `count` bytes were put there. Completes requests from inside, which may enqueue() more; not
  // after error().
  void received(size_t count);

  // How the server broke the protocol; empty if it did not. Then fail_all().
  const std::string& error() const { return error_; }
  // Completes all requests with `error`. Nothing may be enqueued, not even from inside.
  void fail_all(int error);

 private:
  struct Slot {
    mpio::BlockRequest* request = nullptr;  // null: free, or the NBD_CMD_DISC
    Slot* next = nullptr;                   // in the list of free or of unsent ones
    uint32_t index = 0;
    uint32_t generation = 0;  // tells a reply for an earlier user of the slot
    std::array<uint8_t, kRequestBytes> header{};
    uint64_t send_bytes = 0;      // header and payload
    uint64_t received_bytes = 0;  // of a read's data
    int error = 0;
    bool sent = false;
    bool replied = false;
  };

  static constexpr size_t kStageBytes = 8192;

  Slot& take_slot();
  void push_unsent(Slot& slot);
  base::Bytes staged() const { return {stage_.get() + stage_begin_, stage_end_ - stage_begin_}; }
  void parse();
  bool parse_data();
  bool parse_header();
  bool parse_simple();
  bool parse_chunk();
  bool parse_small_chunk(Slot& slot, Chunk type, uint16_t flags, size_t length);
  Slot* find(uint64_t cookie);
  void begin_data(Slot& slot, uint64_t position, uint64_t count, bool last);
  void on_last_chunk(Slot& slot);
  void complete_if_over(Slot& slot);
  bool broken(const char* why);

  const bool structured_replies_;
  std::deque<Slot> slots_;  // never shrinks, so slots stay where they are
  Slot* free_slots_ = nullptr;
  Slot* first_unsent_ = nullptr;
  Slot* last_unsent_ = nullptr;
  uint64_t unsent_skip_bytes_ = 0;  // of the first one: sent already
  size_t outstanding_ = 0;
  size_t reads_ = 0;  // of them

  std::unique_ptr<uint8_t[]> stage_;
  size_t stage_begin_ = 0;
  size_t stage_end_ = 0;
  size_t needed_bytes_ = 0;    // in the stage, before the parser can go on
  Slot* data_slot_ = nullptr;  // the read whose data come in now
  uint64_t data_position_bytes_ = 0;
  uint64_t data_left_bytes_ = 0;
  bool data_last_ = false;
  std::string error_;
};

}  // namespace io::nbd
