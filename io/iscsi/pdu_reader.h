// Cuts the byte stream of one connection into PDUs, and checks their digests where there are any.
// Data segments go straight to where their owner wants them, so a large write is copied by nobody
// but the kernel.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "io/iscsi/digest.h"
#include "io/iscsi/pdu.h"

namespace io::iscsi {

class PduReader {
 public:
  // Pieces of memory, one after the other. The reader shortens them as they fill.
  using Sink = std::span<iovec>;

  class Client {
   public:
    // The 48 bytes have come, of a connection without header digests; asked before additional
    // header segments and data are waited for, maybe more than once. False: no use waiting, the
    // stream is over.
    virtual bool is_plausible(const Header&) { return true; }
    // A whole header has come (additional header segments were skipped). `sink` is where its
    // header.data_bytes() go, exactly that many; left empty they are discarded. It stays valid to
    // the end of this PDU. False: this stream is over, nothing more is parsed.
    virtual bool on_header(const Header& header, Sink& sink) = 0;
    // The data and padding have come too. False: as above.
    virtual bool on_pdu(const Header& header) = 0;
    // Instead of on_pdu(): the data, or its digest, was damaged on the way. False: as above.
    virtual bool on_damaged_data(const Header& header) = 0;
    // Instead of on_header(): nothing in the header can be trusted, not even where the next one
    // begins. The stream is over.
    virtual void on_damaged_header() = 0;

   protected:
    ~Client() = default;
  };

  // What passes by the sinks goes through a buffer of this size, at least 4 KiB.
  explicit PduReader(size_t buffer_bytes = size_t{64} * 1024) : buffer_(buffer_bytes) {}

  // From the next PDU on.
  void use(const Digests& digests) { digests_ = digests; }

  // Where the next bytes from the peer belong, in order; returns how many entries are used (0:
  // full, call next()). At least two entries.
  size_t buffers(std::span<iovec> out);
  // `bytes` were put there.
  void advance(size_t bytes);
  // Handles what has come, up to the end of one PDU. False: it needs more bytes, or the client said
  // so.
  bool next(Client& client);
  // The memory of the sink is going away: the rest of this data segment is discarded.
  void drop_sink() { sink_ = {}; }

 private:
  size_t available() const { return end_ - begin_; }
  bool begin_pdu(Client& client);
  bool end_pdu(Client& client);
  // The next `bytes` of the sink are filled: by the kernel, or here when there are some in `from`.
  void fill_sink(size_t bytes, const uint8_t* from);

  std::vector<uint8_t> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool in_data_ = false;
  Header header_;
  Sink sink_;
  size_t data_left_ = 0;
  size_t tail_bytes_ = 0;  // padding and data digest
  Digests digests_;
  Crc32c crc_;  // of the data so far
};

}  // namespace io::iscsi
