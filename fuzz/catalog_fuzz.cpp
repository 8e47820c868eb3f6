// Security catalogs: any bytes are one, or something is said about them at a byte that is there;
// what has been read can be written and is read the same.
#include <string>

#include "base/assert.h"
#include "package/catalog.h"

namespace {

bool same(const package::Member& a, const package::Member& b) {
  return a.hash == b.hash && a.file == b.file && a.systems == b.systems;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  package::Catalog first;
  std::string error;
  if (!package::read_catalog(bytes, first, error)) {
    BASE_ASSERT(!error.empty());
    return 0;
  }
  package::judge_file(first, "a.sys", bytes);
  package::Catalog second;
  package::Catalog third;
  BASE_ASSERT(package::read_catalog(package::write_catalog(first), second, error));
  BASE_ASSERT(package::read_catalog(package::write_catalog(second), third, error));
  BASE_ASSERT(second.members.size() <= first.members.size());
  BASE_ASSERT(second.members.size() == third.members.size());
  for (size_t i = 0; i < second.members.size(); ++i) {
    BASE_ASSERT(same(second.members[i], third.members[i]));
  }
  BASE_ASSERT(first.made == second.made && first.hardware_ids.size() == second.hardware_ids.size());
  return 0;
}
