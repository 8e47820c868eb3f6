// See iscsi_url.h. Parts are quoted in messages only where no secret can be in them, whatever was
// forgotten or misplaced.
#include "io/iscsi_url.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <utility>

#include "io/resolver.h"
#include "scsi/transport_id.h"

namespace io {

namespace {

constexpr std::string_view kScheme = "iscsi://";
constexpr const char* kForm = "; write iscsi://[user%password@]host:port/IQN/LUN";
constexpr size_t kMaxHostBytes = 253;    // RFC 1035 2.3.4, without the final dot
constexpr size_t kMaxSecretBytes = 255;  // other initiators cut what is longer
constexpr uint32_t kMaxLun = 16383;

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Digits only, at most `max`.
std::optional<uint32_t> parse_number(std::string_view text, uint32_t max) {
  if (!is_digits(text) || text.size() > 9) {
    return std::nullopt;
  }
  uint32_t value = 0;
  for (const char c : text) {
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return value <= max ? std::optional(value) : std::nullopt;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte > ' ' && byte != 0x7f;
  });
}

std::string check_host_name(std::string_view host) {
  const auto usual = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
  };
  if (host.empty()) {
    return std::string("the host is missing") + kForm;
  }
  if (host.size() > kMaxHostBytes || !std::all_of(host.begin(), host.end(), usual)) {
    return std::string(
               "the host holds what is neither part of a name nor of an address (a user and a "
               "password belong before it and end with '@', which the password itself must not "
               "hold)") +
           kForm;
  }
  return {};
}

std::string parse_bracketed_host(std::string_view text, std::string& host, std::string_view& rest) {
  const size_t close = text.find(']');
  if (close == std::string_view::npos) {
    return "the IPv6 address has no closing ']'; write [address]:port";
  }
  const std::string address(text.substr(1, close - 1));
  const size_t zone = address.find('%');
  std::array<uint8_t, sizeof(in6_addr)> unused{};
  const bool good_zone =
      zone == std::string::npos ||
      (zone + 1 < address.size() && check_host_name(address.substr(zone + 1)).empty());
  const bool whole = address.find('\0') == std::string::npos;  // inet_pton would stop there
  if (!whole || !good_zone ||
      inet_pton(AF_INET6, address.substr(0, zone).c_str(), unused.data()) != 1) {
    return "what stands in [brackets] is not an IPv6 address; write it like [2001:db8::1]:3260";
  }
  host = address;
  rest = text.substr(close + 1);
  return {};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string parse_target(std::string_view text, std::string& target) {
  target.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      target += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return "the IQN holds a '%' that two hexadecimal digits do not follow; write %25 for '%' "
             "itself";
    }
    target += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return target.empty() ? std::string("the IQN is missing after the host") + kForm
                        : check_target_name(target);
}

std::string parse_lun(std::string_view text, uint16_t& lun) {
  if (text.empty()) {
    return std::string("the LUN is missing after the IQN") + kForm;
  }
  const auto number = parse_number(text, kMaxLun);
  if (!number) {
    return "the LUN is not a number from 0 to " + std::to_string(kMaxLun) +
           "; 'dsmkit discover HOST' lists the ones there are";
  }
  lun = static_cast<uint16_t>(*number);
  return {};
}

std::string take_argument(std::string_view key, std::string_view value, IscsiPathConfig& path) {
  if (key == "header_digest" || key == "data_digest") {
    if (value != "crc32c" && value != "none") {
      return std::string(key) + " after '?' must be crc32c or none";
    }
    (key == "header_digest" ? path.header_digest : path.data_digest) =
        value == "none" ? DigestChoice::none : DigestChoice::crc32c;
    return {};
  }
  if (key != "target_user" && key != "target_password") {
    return "after '?' stands something other than target_user=NAME, target_password=SECRET, "
           "header_digest=crc32c|none and data_digest=crc32c|none; remove it";
  }
  if (value.empty() || value.size() > kMaxSecretBytes) {
    return std::string(key) + " after '?' needs a value of 1 to " +
           std::to_string(kMaxSecretBytes) + " bytes";
  }
  (key == "target_user" ? path.target_user : path.target_password) = value;
  return {};
}

std::string parse_query(std::string_view query, IscsiPathConfig& path) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = std::min(item.find('='), item.size());
    const std::string_view key = item.substr(0, equals);
    const std::string_view value = item.substr(std::min(equals + 1, item.size()));
    std::string error = take_argument(key, value, path);
    if (!error.empty()) {
      return error;
    }
  }
  if (path.target_user.empty() != path.target_password.empty()) {
    return "mutual CHAP needs both target_user and target_password after '?'; add the other one";
  }
  return {};
}

std::string parse_parts(std::string_view rest, IscsiPathConfig& path) {
  const size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view query = rest.substr(std::min(question + 1, rest.size()));
  rest = rest.substr(0, question);

  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    std::string error = parse_chap(rest.substr(0, at), path.user, path.password);
    if (!error.empty()) {
      return error;
    }
    rest.remove_prefix(at + 1);
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string error = parse_target_portal(rest.substr(0, slash), path.host, path.port);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  const size_t second = std::min(rest.find('/'), rest.size());
  if (error.empty()) {
    error = parse_target(rest.substr(0, second), path.target);
  }
  if (error.empty()) {
    error = parse_lun(rest.substr(std::min(second + 1, rest.size())), path.lun);
  }
  if (error.empty()) {
    error = parse_query(query, path);
  }
  if (error.empty() && path.user.empty() && !path.target_user.empty()) {
    error =
        "mutual CHAP needs a user and a password of ours too; put user%password@ before the host";
  }
  return error;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr || std::string_view(value).size() > kMaxSecretBytes ? "" : value;
}

}  // namespace

std::string parse_target_portal(std::string_view text, std::string& host, uint16_t& port) {
  std::string_view rest;
  std::string error;
  if (text.substr(0, 1) == "[") {
    error = parse_bracketed_host(text, host, rest);
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    error =
        "the host holds more than one ':'; write an IPv6 address in brackets, like "
        "[2001:db8::1]:3260";
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    host = text.substr(0, colon);
    rest = text.substr(colon);
    error = check_host_name(host);
  }
  if (!error.empty() || rest.empty()) {
    return error;
  }
  const auto number = rest[0] == ':' ? parse_number(rest.substr(1), 65535) : std::nullopt;
  if (!number || *number == 0) {
    return "the port is not a number from 1 to 65535; write host:port, or leave :port out for 3260";
  }
  port = static_cast<uint16_t>(*number);
  return {};
}

std::string check_target_name(std::string_view name) {
  if (name.size() > scsi::kMaxIscsiNameBytes) {
    return "the IQN is longer than " + std::to_string(scsi::kMaxIscsiNameBytes) +
           " bytes; check for a copying mistake";
  }
  if (!is_printable(name)) {
    return "the IQN holds a space or a control character; check for a copying mistake";
  }
  const std::string_view prefix = name.substr(0, 4);
  if ((prefix != "iqn." && prefix != "eui." && prefix != "naa.") || name.size() == 4) {
    return "the IQN does not begin with iqn., eui. or naa.; 'dsmkit discover HOST' lists the right "
           "ones";
  }
  return {};
}

std::string parse_chap(std::string_view text, std::string& user, std::string& password) {
  size_t separator = text.find('%');
  if (separator == std::string_view::npos) {
    separator = text.find(':');
  }
  if (separator == std::string_view::npos || separator == 0 || separator + 1 == text.size()) {
    return "the user or the password is missing; write both as user%password";
  }
  const std::string_view name = text.substr(0, separator);
  const std::string_view secret = text.substr(separator + 1);
  if (name.size() > kMaxSecretBytes || secret.size() > kMaxSecretBytes) {
    return "the user or the password is longer than " + std::to_string(kMaxSecretBytes) +
           " bytes, which CHAP does not carry; choose a shorter one";
  }
  if (!is_printable(name) || name.find('/') != std::string_view::npos ||
      secret.find('\0') != std::string_view::npos) {
    return "the user holds a space, a '/' or a control character; user%password@ belongs right "
           "before the host";
  }
  user = name;
  password = secret;
  return {};
}

IscsiUrl parse_iscsi_url(std::string_view url) {
  IscsiUrl result;
  if (url.substr(0, kScheme.size()) != kScheme) {
    result.error = std::string("the path does not begin with iscsi://") + kForm;
  } else {
    result.error = parse_parts(url.substr(kScheme.size()), result.path);
  }
  if (!result.error.empty()) {
    result.path = {};
  }
  return result;
}

void add_credentials_from_environment(IscsiPathConfig& path) {
  if (path.user.empty()) {
    const std::string user = environment("LIBISCSI_CHAP_USERNAME");
    const std::string password = environment("LIBISCSI_CHAP_PASSWORD");
    if (!user.empty() && !password.empty()) {
      path.user = user;
      path.password = password;
    }
  }
  if (!path.user.empty() && path.target_user.empty()) {
    const std::string user = environment("LIBISCSI_CHAP_TARGET_USERNAME");
    const std::string password = environment("LIBISCSI_CHAP_TARGET_PASSWORD");
    if (!user.empty() && !password.empty()) {
      path.target_user = user;
      path.target_password = password;
    }
  }
}

std::string url_of(const IscsiPathConfig& path) {
  std::string target;
  for (const char c : path.target) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (c == '%' || c == '/' || c == '?' || c == '@') {
      const auto byte = static_cast<uint8_t>(c);
      target += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      target += c;
    }
  }
  return std::string(kScheme) + portal_text(path.host, path.port) + "/" + target + "/" +
         std::to_string(path.lun);
}

void set_initiator(IscsiPathConfig& path, std::string name, uint32_t lane) {
  path.isid = make_isid(name, portal_text(path.host, path.port),
                        path.target + "/" + std::to_string(path.lun), lane);
  path.initiator_name = std::move(name);
}

std::string default_initiator_name() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') {
    return "iqn.2026-11.dev.dsmkit:host";
  }
  std::string name = "iqn.2026-11.dev.dsmkit:";
  for (const char* at = host.data(); *at != '\0' && name.size() < scsi::kMaxIscsiNameBytes; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    const bool usual = std::isalnum(c) != 0 || c == '-' || c == '.';
    name += usual ? static_cast<char>(std::tolower(c)) : '-';
  }
  return name;
}

}  // namespace io
