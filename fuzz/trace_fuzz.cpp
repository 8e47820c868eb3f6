// A trace from outside, read, printed and replayed. Checksums are made right first, so that the
// fuzzer gets beyond them.
#include <vector>

#include "dsm/trace/record.h"
#include "replay/replay.h"

namespace {

// Of the records that lie one behind the other.
void seal(std::vector<uint8_t>& trace) {
  constexpr size_t kChecksumAt = 12;
  for (size_t at = 0; at + dsm::trace::kHeaderBytes <= trace.size();) {
    uint32_t length = 0;
    for (size_t i = 0; i < 4; ++i) {
      length |= uint32_t{trace[at + 4 + i]} << (8 * i);
      trace[at + kChecksumAt + i] = 0;
    }
    if (length < dsm::trace::kHeaderBytes || length > trace.size() - at) {
      return;
    }
    const uint32_t sum = dsm::trace::checksum_of({trace.data() + at, length});
    for (size_t i = 0; i < 4; ++i) {
      trace[at + kChecksumAt + i] = static_cast<uint8_t>(sum >> (8 * i));
    }
    at += length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> trace(data, data + size);
  replay::replay(trace);
  seal(trace);
  size_t printed = 0;
  replay::replay(trace);
  replay::replay(trace, {.print = [&printed](const std::string& line) { printed += line.size(); }});
  return 0;
}
