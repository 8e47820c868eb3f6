// An open node and the commands that are in the kernel through it.
//
// Indirect I/O only (no SG_FLAG_DIRECT_IO): the driver then touches our memory in write() and in
// read(), never in between. So a command can be handed back to its owner, buffers and all, while
// the kernel still has it - as long as nobody read()s its end. That is what abandon() is made of.
//
// Threads: one event loop.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "io/sg/node.h"
#include "mpio/transport.h"

namespace io::sg {

class Channel {
 public:
  // Of the SG_MAX_QUEUE places one is kept for the sign of life.
  static constexpr unsigned kMaxCommands = SG_MAX_QUEUE - 1;

  // `node` has SG_SET_FORCE_PACK_ID on.
  explicit Channel(std::unique_ptr<Node> node);

  Node& node() { return *node_; }
  // Commands in the kernel, the sign of life not counted.
  unsigned outstanding() const { return outstanding_; }
  // Of them, those that may change something at the target.
  unsigned changing() const;

  // Hands a command over; with fewer than kMaxCommands outstanding. 0, or the errno value of the
  // driver: then the command is not in the kernel.
  int send(mpio::TransportCommand& command);
  // An INQUIRY, which answers without touching unit attentions (SPC-4 6.6.1). Not while one is
  // outstanding.
  int send_sign_of_life();
  bool sign_of_life_outstanding() const { return slots_[kSignOfLife].used; }

  // One command that has ended.
  struct Ended {
    mpio::TransportCommand* command = nullptr;  // null: the sign of life
    sg_io_hdr header{};
    base::Bytes sense;  // good until the next send()
  };
  // 0 with `ended`; EAGAIN: there is none; EBADMSG: the driver returned one that nobody sent;
  // anything else: the driver's.
  int reap(Ended& ended);

  // All commands are their owners' again: gives them back, in no order. From here on only
  // reap_abandoned() may be called. `changing()` counts those that are waited for.
  std::vector<mpio::TransportCommand*> abandon();
  // Looks once for each abandoned command that may change something; true: an end was found, and
  // `header` says which; kEndUnknown as its host status: it is gone, and nobody can say how. Data
  // of abandoned reads is never fetched.
  static constexpr uint16_t kEndUnknown = UINT16_MAX;
  bool reap_abandoned(sg_io_hdr& header);

 private:
  static constexpr unsigned kSlots = SG_MAX_QUEUE;
  static constexpr unsigned kSignOfLife = kMaxCommands;
  struct Slot {
    bool used = false;
    bool changes = false;
    mpio::TransportCommand* command = nullptr;
    int pack_id = 0;
    scsi::Cdb cdb;  // a copy: the owner's may be gone before the kernel's is
    std::vector<sg_iovec> vector;
    std::vector<uint8_t> bounce;  // for data in more pieces than the driver takes
    std::array<uint8_t, 252> sense{};
  };

  int read_end(int pack_id, sg_io_hdr& header);
  int submit(Slot& slot, int direction, uint32_t length_bytes, uint64_t timeout_ns, bool first);
  void spread(Slot& slot, const mpio::TransportCommand& command);
  static void gather(const Slot& slot, const mpio::TransportCommand& command);
  void release(Slot& slot);

  std::unique_ptr<Node> node_;
  std::array<Slot, kSlots> slots_;
  unsigned outstanding_ = 0;
  int generation_ = 0;
  std::array<uint8_t, 36> inquiry_data_{};
};

}  // namespace io::sg
