// The values of options: sizes, LUNs, NBD addresses, portals, CHAP accounts, target names, sg
// nodes. Each text is taken or refused with one sentence of one line, and what is taken says the
// same when it is written and read again.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "cli/array_lun_option.h"
#include "cli/size_text.h"
#include "io/iscsi_url.h"
#include "io/nbd/address.h"
#include "io/portal.h"
#include "io/sg/address.h"

namespace {

void require_sentence(const std::string& error) {
  BASE_ASSERT(!error.empty() && error.find('\n') == std::string::npos);
}

void size(const std::string& text) {
  const auto bytes = cli::parse_size_bytes(text);
  if (bytes) {
    BASE_ASSERT(*bytes <= INT64_MAX && !text.empty());
    BASE_ASSERT(cli::parse_size_bytes(std::to_string(*bytes)) == bytes);
    BASE_ASSERT(!cli::format_size(*bytes).empty());
  }
}

void lun(const std::string& text, uint32_t block_bytes) {
  std::string error;
  const auto lun = cli::parse_lun(text, block_bytes, error);
  if (!lun) {
    BASE_ASSERT(!error.empty());
    return;
  }
  BASE_ASSERT(lun->block_bytes == 512 || lun->block_bytes == 4096);
  BASE_ASSERT(lun->file.empty() != (lun->size_bytes == 0));
  BASE_ASSERT(lun->size_bytes % lun->block_bytes == 0);
  static_cast<void>(cli::traits_text(*lun));
}

void nbd_address(const std::string& text) {
  const io::nbd::ParsedAddress parsed = io::nbd::parse_address(text);
  BASE_ASSERT(parsed.address.has_value() == parsed.error.empty());
  if (!parsed.address) {
    return;
  }
  const io::nbd::ParsedAddress again = io::nbd::parse_address(parsed.address->text());
  BASE_ASSERT(again.address && again.address->kind == parsed.address->kind &&
              again.address->path == parsed.address->path &&
              again.address->host == parsed.address->host &&
              again.address->port == parsed.address->port);
  BASE_ASSERT(parsed.address->uri(text).starts_with("nbd"));
}

void portal(const std::string& text) {
  std::string error;
  const auto portal = io::parse_portal(text, error);
  if (!portal) {
    BASE_ASSERT(!error.empty());
    return;
  }
  BASE_ASSERT(!portal->host.empty());
  BASE_ASSERT(io::parse_portal(io::to_text(*portal), error) == portal);
}

void target_portal(const std::string& text) {
  std::string host;
  uint16_t port = 3260;
  const std::string error = io::parse_target_portal(text, host, port);
  if (error.empty()) {
    BASE_ASSERT(!host.empty() && port != 0);
  } else {
    require_sentence(error);
  }
}

void sg_node(const std::string& text) {
  const io::sg::ParsedAddress parsed = io::sg::parse_address(text);
  if (parsed.error.empty()) {
    BASE_ASSERT(text == std::string(io::sg::kScheme) + parsed.node && parsed.node.front() == '/');
  } else {
    BASE_ASSERT(parsed.node.empty());
    require_sentence(parsed.error);
  }
}

void account(const std::string& text) {
  std::string user;
  std::string password;
  const std::string error = io::parse_chap(text, user, password);
  if (error.empty()) {
    BASE_ASSERT(text.starts_with(user) && text.ends_with(password));
    BASE_ASSERT(user.size() + 1 + password.size() == text.size());
  } else {
    require_sentence(error);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  if (size_bytes == 0) {
    return 0;
  }
  const std::string text(reinterpret_cast<const char*>(data) + 1, size_bytes - 1);
  switch (data[0] % 8) {
    case 0:
      size(text);
      break;
    case 1:
      lun(text, 512);
      break;
    case 2:
      lun(text, 4096);
      break;
    case 3:
      nbd_address(text);
      break;
    case 4:
      portal(text);
      break;
    case 5:
      target_portal(text);
      break;
    case 6:
      account(text);
      break;
    default:
      static_cast<void>(io::check_target_name(text));
      sg_node(text);
  }
  return 0;
}
