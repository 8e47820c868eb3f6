// The NBD client's transmission phase against any bytes that a server might send, with a few
// requests of every kind outstanding.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "io/nbd/client_handshake.h"
#include "io/nbd/client_session.h"
#include "io/nbd/testing/test_io.h"

namespace {

using io::nbd::ClientSession;
using io::nbd::testing::TestIo;

void handshake(base::Bytes bytes) {
  io::nbd::ClientHandshake handshake("disk", true);
  while (const size_t count = handshake.consume(bytes)) {
    bytes = bytes.subspan(count);
  }
}

void transmission(bool structured, base::Bytes rest) {
  ClientSession session(structured);
  std::vector<std::unique_ptr<TestIo>> requests;
  requests.push_back(std::make_unique<TestIo>(mpio::BlockOp::read, 0, 512));
  requests.push_back(std::make_unique<TestIo>(mpio::BlockOp::read, 4096, 8192, 3));
  requests.push_back(std::make_unique<TestIo>(mpio::BlockOp::write, 0, 512));
  requests.push_back(std::make_unique<TestIo>(mpio::BlockOp::flush, 0, 0));
  for (const auto& io : requests) {
    session.enqueue(io->request);
  }
  while (session.has_output()) {
    std::array<mpio::IoSlice, 1> out;
    session.gather(out);
    session.sent(out[0].size_bytes);
  }
  while (!rest.empty() && session.error().empty()) {
    const base::Bytes piece = base::slice(rest, 0, 1 + rest[0]);
    std::array<mpio::IoSlice, 3> space;
    size_t count = 0;
    for (const mpio::IoSlice& slice : std::span(space).first(session.input_space(space))) {
      count += base::copy_bounded({slice.data, slice.size_bytes}, piece.subspan(count));
    }
    BASE_ASSERT(count != 0);
    rest = rest.subspan(count);
    session.received(count);
  }
  session.fail_all(EIO);
  for (const auto& io : requests) {
    BASE_ASSERT(io->completions == 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const base::Bytes rest = base::slice({data, size}, 1);
  if ((data[0] & 3) == 0) {
    handshake(rest);
  } else {
    transmission((data[0] & 1) != 0, rest);
  }
  return 0;
}
