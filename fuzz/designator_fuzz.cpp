// VPD page 83h: every designator lies inside the page, and a page built from them says the same.
#include <vector>

#include "base/assert.h"
#include "scsi/designator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> buffer(size + 8);
  scsi::DesignatorPageWriter writer(buffer);
  scsi::DesignatorWalk walk({data, size});
  size_t count = 0;
  while (const auto designator = walk.next()) {
    const base::Bytes bytes = designator->bytes;
    BASE_ASSERT(bytes.empty() ||
                (bytes.data() >= data && bytes.data() + bytes.size() <= data + size));
    BASE_ASSERT(++count <= size / 4);
    BASE_ASSERT(writer.add(*designator));
    static_cast<void>(scsi::name_of(designator->type));
    static_cast<void>(scsi::name_of(designator->association));
  }
  const size_t length = writer.finish();
  BASE_ASSERT(length <= buffer.size());
  scsi::DesignatorWalk original({data, size});
  scsi::DesignatorWalk rebuilt(base::Bytes(buffer).first(length));
  for (; count != 0; --count) {
    const auto a = original.next();
    const auto b = rebuilt.next();
    BASE_ASSERT(a && b && a->type == b->type && a->association == b->association &&
                a->code_set == b->code_set && a->bytes.size() == b->bytes.size());
    BASE_ASSERT(a->bytes.empty() ||
                std::memcmp(a->bytes.data(), b->bytes.data(), a->bytes.size()) == 0);
  }
  BASE_ASSERT(!rebuilt.next() && !rebuilt.truncated());
  return 0;
}
