// Path URLs from a command line: whatever stands in one, it is taken or refused with a sentence,
// and what is taken can be printed and read again.
#include "io/iscsi_url.h"

#include <cstdint>
#include <string>

#include "base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const io::IscsiUrl url = io::parse_iscsi_url(text);
  if (!url.error.empty()) {
    BASE_ASSERT(url.path.host.empty() && url.path.password.empty());
    BASE_ASSERT(url.error.find('\n') == std::string::npos && url.error.size() < 300);
    return 0;
  }
  BASE_ASSERT(!url.path.host.empty() && url.path.port != 0 && url.path.lun <= 16383);
  BASE_ASSERT(url.path.user.empty() == url.path.password.empty());
  const io::IscsiUrl again = io::parse_iscsi_url(io::url_of(url.path));
  BASE_ASSERT(again.error.empty());
  BASE_ASSERT(again.path.host == url.path.host && again.path.port == url.path.port);
  BASE_ASSERT(again.path.target == url.path.target && again.path.lun == url.path.lun);
  BASE_ASSERT(again.path.password.empty() && again.path.target_password.empty());
  return 0;
}
