// The NBD server's session against any bytes: the first byte chooses the device and the limits, the
// rest is what a client sends, cut into pieces whose sizes come from the bytes themselves.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/testing/manual_scheduler.h"
#include "io/nbd/session.h"
#include "io/nbd/testing/ram_device.h"

namespace {

using io::nbd::Session;

constexpr uint64_t kDiskBytes = 128 << 10;

// Puts what the session takes of `bytes` into its buffers; returns how much that was.
size_t feed(Session& session, base::Bytes bytes) {
  size_t count = 0;
  for (const mpio::IoSlice& slice : session.input_space()) {
    count += base::copy_bounded({slice.data, slice.size_bytes}, bytes.subspan(count));
  }
  if (count != 0) {
    session.received(count);
  }
  return count;
}

// Reads every byte of the output, so that the sanitizers see it, and takes at most `limit`.
void fetch(Session& session, size_t limit) {
  while (session.has_output() && limit != 0) {
    std::array<mpio::IoSlice, 4> out;
    const size_t used = session.gather(out);
    BASE_ASSERT(used != 0);
    size_t count = 0;
    uint8_t mixed = 0;
    for (const mpio::IoSlice& slice : std::span(out).first(used)) {
      const size_t part = slice.size_bytes < limit - count ? slice.size_bytes : limit - count;
      for (size_t i = 0; i < part; ++i) {
        mixed = static_cast<uint8_t>(mixed ^ slice.data[i]);
      }
      count += part;
    }
    static volatile uint8_t sink;
    sink = mixed;
    session.sent(count);
    limit -= count;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const uint8_t choice = data[0];
  base::Bytes rest = base::slice({data, size}, 1);
  base::testing::ManualScheduler scheduler;
  mpio::Geometry geometry =
      io::nbd::testing::ram_geometry(kDiskBytes, (choice & 1) != 0 ? 4096 : 512);
  geometry.read_only = (choice & 2) != 0;
  geometry.can_fua = (choice & 4) == 0;
  geometry.max_transfer_bytes = (choice & 8) != 0 ? 32 << 10 : 32 << 20;
  io::nbd::testing::RamDevice device(scheduler, geometry);
  const io::nbd::Export exported{"disk", "a disk", true};
  io::nbd::SessionLimits limits;
  limits.max_requests = (choice & 16) != 0 ? 1 : 4;
  auto session = std::make_unique<Session>(device, exported, limits, [] {});

  while (!rest.empty() && !session->finished()) {
    const size_t piece = 1 + rest[0];
    const size_t taken = feed(*session, base::slice(rest, 0, piece));
    rest = rest.subspan(taken);
    if (taken == 0 || (piece & 1) != 0) {
      scheduler.run_due();
      fetch(*session, taken == 0 ? SIZE_MAX : piece);
    }
    if (taken == 0 && session->input_space()[0].size_bytes == 0 && !session->finished()) {
      BASE_ASSERT(session->outstanding() != 0 || session->has_output());
    }
  }
  if ((choice & 32) != 0) {  // the client vanishes
    Session::abandon(std::move(session));
    scheduler.run_due();
    return 0;
  }
  (choice & 64) != 0 ? session->drain() : session->end_of_input();
  while (!session->finished()) {
    scheduler.run_due();
    fetch(*session, SIZE_MAX);
  }
  scheduler.run_due();  // a session that broke off may have requests at the device
  BASE_ASSERT(session->outstanding() == 0);
  return 0;
}
