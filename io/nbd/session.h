// One client of the NBD server without I/O: bytes in, a gather list out. The socket reads a write's
// payload into, and sends a read's data from, the very buffer that the BlockRequest uses.
//
// Life: a request's buffer belongs to the session until the device has completed the request.
// A session whose client is gone is given to abandon(), which keeps it until then.
//
// Threads: one event loop, the device's.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/nbd/buffer_pool.h"
#include "io/nbd/negotiation.h"
#include "mpio/block_device.h"
#include "mpio/counter.h"

namespace io::nbd {

struct SessionLimits {
  // The session takes no more bytes from its client while this many requests wait for the device or
  // for the client to fetch the reply, or while their buffers (powers of two) hold this much.
  size_t max_requests = 128;            // at least 1
  size_t max_buffer_bytes = 64u << 20;  // at least kMaxPayloadBytes
};

struct SessionCounts {
  uint64_t requests = 0;  // completed by the device
  uint64_t refused = 0;   // answered with an error without asking the device
  uint64_t read_bytes = 0;
  uint64_t written_bytes = 0;
};

// The same while they grow: one thread's sessions count into one of these, any thread may read it.
struct SessionTotals {
  mpio::Counter requests;
  mpio::Counter refused;
  mpio::Counter read_bytes;
  mpio::Counter written_bytes;

  SessionCounts now() const {
    return {requests.get(), refused.get(), read_bytes.get(), written_bytes.get()};
  }
};

class Session {
 public:
  // `device` and `exported` outlive the session. The device's logical block is a power of two up to
  // 64 KiB. `progress` is called when the device completed a request, so that there may be output,
  // or input space again; it must not destroy the session. `totals`: shared by the sessions of a
  // thread.
  Session(mpio::BlockDevice& device, const Export& exported, const SessionLimits& limits,
          std::function<void()> progress,
          std::shared_ptr<SessionTotals> totals = std::make_shared<SessionTotals>());
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The client is gone, or nobody wants it any more: destroys the session as soon as the device has
  // completed its requests. `progress` is not called again.
  static void abandon(std::unique_ptr<Session> session);

  // Where the next bytes from the client go, in this order; empty slices while the session wants
  // none (back-pressure, or it is ending).
  std::array<mpio::IoSlice, 2> input_space();
  // `count` bytes, at most as many as input_space() had, were put there.
  void received(size_t count);
  // The client will send no more. What it asked for is still done and answered.
  void end_of_input();
  // Ends the session from this side: requests that arrive while older ones are outstanding are
  // answered with ESHUTDOWN; once these are done and answered, finished().
  void drain();

  // The next bytes for the client: fills `out` from the front, returns how many slices it used.
  size_t gather(std::span<mpio::IoSlice> out) const;
  bool has_output() const;
  // `count` of the gathered bytes were sent.
  void sent(size_t count);

  // Nothing is left to receive or send, or the client broke the protocol: close the connection. The
  // device may still work on requests.
  bool finished() const;
  bool negotiated() const { return phase_ == Phase::transmitting; }
  // Requests that the device has not completed.
  size_t outstanding() const { return outstanding_; }
  // Why the client was thrown out; empty if it was not.
  const std::string& error() const { return error_; }
  SessionCounts counts() const { return totals_->now(); }

 private:
  enum class Phase : uint8_t { negotiating, transmitting };
  enum class End : uint8_t { open, draining, no_more_input, broken };

  // One request from its header to the last byte of its reply.
  struct Slot {
    Session* session = nullptr;
    Slot* next = nullptr;  // in the free list or in the queue of replies
    mpio::BlockRequest block;
    mpio::IoSlice slice;
    Buffer buffer;
    uint64_t cookie = 0;
    Command command = Command::read;
    const char* refusal = nullptr;
    size_t header_bytes = 0;
    size_t data_bytes = 0;  // of `buffer`, sent after the header
    std::array<uint8_t, 96> header;
  };
  struct Refusal {
    int error = 0;
    const char* why = nullptr;
  };

  static constexpr size_t kStageBytes = kOptionHeaderBytes + Negotiation::kMaxOptionBytes;

  base::Bytes staged() const { return {stage_.get() + stage_begin_, stage_end_ - stage_begin_}; }
  void consume(size_t count) { stage_begin_ += count; }
  void parse();
  bool parse_skip();
  bool parse_payload();
  bool parse_negotiation();
  bool parse_request();
  bool start(const Request& request);
  Slot& take_slot(const Request& request);
  void refuse(const Request& request, const Refusal& refusal);
  Refusal check(const Request& request) const;
  Refusal check_flags(const Request& request) const;
  Refusal check_range(const Request& request) const;
  void submit(Slot& slot);
  static void on_done(mpio::BlockRequest& block);
  void completed(Slot& slot);
  void queue_reply(Slot& slot);
  static void write_simple_header(Slot& slot, uint32_t error);
  static void write_read_header(Slot& slot);
  static void write_error_header(Slot& slot, uint32_t error);
  void release(Slot& slot);
  void broken(std::string why);

  mpio::BlockDevice& device_;
  const mpio::Geometry geometry_;
  const BlockSizes sizes_;
  std::function<void()> progress_;

  Phase phase_ = Phase::negotiating;
  End end_ = End::open;
  bool stalled_ = false;  // a request's header waits in the stage for a slot or a buffer
  bool orphaned_ = false;
  size_t outstanding_ = 0;
  const std::shared_ptr<SessionTotals> totals_;
  std::string error_;

  std::unique_ptr<uint8_t[]> stage_;
  size_t stage_begin_ = 0;
  size_t stage_end_ = 0;
  uint64_t skip_bytes_ = 0;
  Slot* skip_slot_ = nullptr;     // answered when skip_bytes_ is 0
  Slot* payload_slot_ = nullptr;  // the write whose payload comes in
  size_t payload_bytes_ = 0;      // of it that are here
  unsigned requests_since_write_ = 0;

  std::vector<uint8_t> handshake_;  // output of the negotiation
  size_t handshake_sent_ = 0;
  std::optional<Negotiation> negotiation_;
  bool structured_replies_ = false;

  BufferPool buffers_;
  std::vector<Slot> slots_;
  Slot* free_slots_ = nullptr;
  Slot* first_reply_ = nullptr;
  Slot* last_reply_ = nullptr;
  size_t reply_sent_ = 0;  // bytes of the first reply
};

}  // namespace io::nbd
