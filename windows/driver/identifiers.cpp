// See identifiers.h.
#include "windows/driver/identifiers.h"

#include <cstring>

#include "base/bytes.h"

namespace driver {
namespace {

constexpr size_t kPageHeader = 4;
constexpr size_t kDesignatorHeader = 4;
constexpr uint8_t kIdentificationPage = 0x83;

}  // namespace

base::Bytes page_of(const STORAGE_DEVICE_ID_DESCRIPTOR& ids, base::MutableBytes page) {
  constexpr size_t kHeader = offsetof(STORAGE_IDENTIFIER, Identifier);
  const auto* const bytes = reinterpret_cast<const uint8_t*>(&ids);
  size_t from = offsetof(STORAGE_DEVICE_ID_DESCRIPTOR, Identifiers);
  size_t to = kPageHeader;
  for (ULONG i = 0; i < ids.NumberOfIdentifiers; ++i) {
    if (ids.Size < kHeader || from > ids.Size - kHeader) {
      break;
    }
    STORAGE_IDENTIFIER id;  // a copy: its place need not be aligned
    std::memcpy(&id, bytes + from, kHeader);
    const size_t size = id.IdentifierSize;
    if (size > UINT8_MAX || size > ids.Size - from - kHeader ||
        size + kDesignatorHeader > page.size() - to) {
      break;
    }
    page[to] = static_cast<uint8_t>(id.CodeSet & 0x0f);
    page[to + 1] = static_cast<uint8_t>(((id.Association & 3U) << 4) | (id.Type & 0x0f));
    page[to + 2] = 0;
    page[to + 3] = static_cast<uint8_t>(size);
    std::memcpy(&page[to + kDesignatorHeader], bytes + from + kHeader, size);
    to += kDesignatorHeader + size;
    if (id.NextOffset == 0) {
      break;
    }
    from += id.NextOffset;
  }
  page[0] = 0;
  page[1] = kIdentificationPage;
  base::store_be16(&page[2], static_cast<uint16_t>(to - kPageHeader));
  return page.first(to);
}

}  // namespace driver
