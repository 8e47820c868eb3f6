// See difference.h.
#include "replay/difference.h"

#include <algorithm>
#include <cstring>

#include "replay/reader.h"
#include "replay/text.h"

namespace replay {
namespace {

bool equal(base::Bytes a, base::Bytes b) {
  constexpr size_t kKindAt = 2;
  constexpr size_t kTimeAt = 16;
  return a.size() == b.size() && a[kKindAt] == b[kKindAt] &&
         std::memcmp(a.data() + kTimeAt, b.data() + kTimeAt, a.size() - kTimeAt) == 0;
}

std::string said_by(base::Bytes bytes) {
  Record record;
  Reader reader(bytes);
  return reader.next(record) ? std::string(name_of(record.header.kind)) + ": " + fields_of(record)
                             : reader.error();
}

}  // namespace

std::optional<Difference> first_difference(const std::vector<base::Bytes>& recorded,
                                           const std::vector<std::vector<uint8_t>>& got,
                                           size_t first) {
  constexpr const char* kNoMore = "no more actions";
  const size_t all = std::max(recorded.size(), got.size());
  for (size_t i = 0; i < all; ++i) {
    const size_t at = (first + i) % all;
    if (at >= recorded.size() || at >= got.size() || !equal(recorded[at], got[at])) {
      return Difference{.index = at,
                        .expected = at < recorded.size() ? said_by(recorded[at]) : kNoMore,
                        .got = at < got.size() ? said_by(got[at]) : kNoMore};
    }
  }
  return {};
}

}  // namespace replay
