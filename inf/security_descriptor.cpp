#include "inf/security_descriptor.h"

#include <array>
#include <charconv>

namespace inf {
namespace {

struct Account {
  const char* sid;
  const char* letters;  // SDDL's
  const char* name;
  bool everybody;
};
constexpr std::array<Account, 9> kAccounts = {{
    {"S-1-5-32-544", "BA", "Administrators", false},
    {"S-1-5-18", "SY", "LocalSystem", false},
    {"S-1-1-0", "WD", "Everyone", true},
    {"S-1-5-11", "AU", "Authenticated Users", true},
    {"S-1-5-4", "IU", "Interactive", true},
    {"S-1-5-32-545", "BU", "Users", true},
    {"S-1-5-19", "LS", "LocalService", false},
    {"S-1-5-20", "NS", "NetworkService", false},
    {"S-1-5-32-546", "BG", "Guests", true},
}};

const Account* find_sid(std::string_view sid) {
  for (const Account& account : kAccounts) {
    if (sid == account.sid) {
      return &account;
    }
  }
  return nullptr;
}

constexpr size_t kHeaderBytes = 20;
constexpr uint16_t kDaclPresent = 0x0004;
constexpr uint16_t kSelfRelative = 0x8000;
constexpr uint8_t kAllowed = 0;
constexpr uint8_t kDenied = 1;
constexpr uint8_t kMaxSubauthorities = 15;

using Bytes = std::span<const uint8_t>;

uint32_t number_at(Bytes bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= uint32_t{bytes[at + i]} << (8 * i);
  }
  return value;
}

// Empty: no SID fits in there.
std::string sid_at(Bytes bytes, size_t at) {
  if (at > bytes.size() || bytes.size() - at < 8 || bytes[at] != 1 ||
      bytes[at + 1] > kMaxSubauthorities || bytes.size() - at < 8 + size_t{4} * bytes[at + 1]) {
    return {};
  }
  uint64_t authority = 0;
  for (size_t i = 2; i < 8; ++i) {
    authority = (authority << 8) | bytes[at + i];
  }
  std::string sid = "S-1-" + std::to_string(authority);
  for (size_t i = 0; i < bytes[at + 1]; ++i) {
    sid += "-" + std::to_string(number_at(bytes, at + 8 + 4 * i, 4));
  }
  return sid;
}

bool parse_list(Bytes bytes, size_t at, SecurityDescriptor& out, std::string& wrong) {
  if (at > bytes.size() || bytes.size() - at < 8 || number_at(bytes, at + 2, 2) < 8 ||
      number_at(bytes, at + 2, 2) > bytes.size() - at) {
    wrong = "its access list does not fit into it";
    return false;
  }
  const size_t end = at + number_at(bytes, at + 2, 2);
  const size_t count = number_at(bytes, at + 4, 2);
  at += 8;
  for (size_t i = 0; i < count; ++i) {
    const size_t size = end - at < 4 ? 0 : number_at(bytes, at + 2, 2);
    const std::string who =
        size < 16 || size > end - at ? "" : sid_at(bytes.subspan(0, at + size), at + 8);
    if (who.empty() || bytes[at] > kDenied) {
      wrong = "entry " + std::to_string(i + 1) + " of its access list makes no sense";
      return false;
    }
    out.rules.push_back({bytes[at] == kAllowed, number_at(bytes, at + 4, 4), who});
    at += size;
  }
  return true;
}

void put(std::vector<uint8_t>& out, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}

// The numbers between the dashes of "S-1-..."; the text is one of ours.
std::vector<uint64_t> numbers_of(std::string_view sid) {
  std::vector<uint64_t> numbers;
  for (size_t at = 4; at < sid.size();) {
    uint64_t value = 0;
    const char* const end = std::from_chars(sid.data() + at, sid.data() + sid.size(), value).ptr;
    numbers.push_back(value);
    at = static_cast<size_t>(end - sid.data()) + 1;
  }
  return numbers;
}

void put_sid(std::vector<uint8_t>& out, std::string_view sid) {
  const std::vector<uint64_t> numbers = numbers_of(sid);
  out.push_back(1);
  out.push_back(static_cast<uint8_t>(numbers.size() - 1));
  for (int shift = 40; shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(numbers[0] >> shift));
  }
  for (size_t i = 1; i < numbers.size(); ++i) {
    put(out, numbers[i], 4);
  }
}

// "BA" or "S-1-...", to a SID; empty: neither.
std::string sid_of_sddl(std::string_view text) {
  for (const Account& account : kAccounts) {
    if (text == account.letters) {
      return account.sid;
    }
  }
  if (!text.starts_with("S-1-")) {
    return {};
  }
  size_t numbers = 0;
  for (size_t at = 4; at <= text.size();) {
    uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data() + at, text.data() + text.size(), value);
    const size_t stop = static_cast<size_t>(end - text.data());
    const uint64_t most = numbers == 0 ? (uint64_t{1} << 48) - 1 : UINT32_MAX;
    if (problem != std::errc() || value > most || (stop < text.size() && text[stop] != '-')) {
      return {};
    }
    ++numbers;
    at = stop + 1;
  }
  return numbers >= 2 && numbers <= 1U + kMaxSubauthorities && text.back() != '-'
             ? std::string(text)
             : std::string();
}

std::string sddl_account(std::string_view sid) {
  const Account* const account = find_sid(sid);
  return account != nullptr ? account->letters : std::string(sid);
}

struct RightName {
  const char* letters;
  uint32_t rights;
};
// Those that make sense for a WMI class.
constexpr std::array<RightName, 7> kRights = {{{"GA", kWmiAllAccess},
                                               {"CC", 0x0001},
                                               {"DC", 0x0002},
                                               {"LC", 0x0004},
                                               {"SW", 0x0008},
                                               {"RP", 0x0010},
                                               {"RC", 0x00020000}}};

bool parse_rights(std::string_view text, uint32_t& rights) {
  if (text.starts_with("0x")) {
    const auto [end, problem] =
        std::from_chars(text.data() + 2, text.data() + text.size(), rights, 16);
    return problem == std::errc() && end == text.data() + text.size();
  }
  for (; !text.empty(); text.remove_prefix(2)) {
    bool found = false;
    for (const RightName& right : kRights) {
      if (text.starts_with(right.letters)) {
        rights |= right.rights;
        found = true;
      }
    }
    if (!found) {
      return false;
    }
  }
  return true;
}

// "(A;;rights;;;who)" at the beginning of `text`, which loses it.
bool take_rule(std::string_view& text, AccessRule& rule) {
  const size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) {
    return false;
  }
  std::array<std::string_view, 6> parts;
  std::string_view inside = text.substr(1, end - 1);
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t semicolon = inside.find(';');
    if ((semicolon == std::string_view::npos) != (i + 1 == parts.size())) {
      return false;
    }
    parts[i] = inside.substr(0, semicolon);
    inside.remove_prefix(i + 1 == parts.size() ? inside.size() : semicolon + 1);
  }
  text.remove_prefix(end + 1);
  rule.allows = parts[0] == "A";
  rule.who = sid_of_sddl(parts[5]);
  return (rule.allows || parts[0] == "D") && parts[1].empty() && parts[3].empty() &&
         parts[4].empty() && !rule.who.empty() && parse_rights(parts[2], rule.rights);
}

// The SID behind "O:" or "G:" at the beginning of `text`, which loses it.
bool take_account(std::string_view& text, std::string_view prefix, std::string& sid) {
  if (!text.starts_with(prefix)) {
    return true;
  }
  text.remove_prefix(prefix.size());
  size_t length = 2;
  if (text.starts_with("S-")) {
    length = std::min(text.find_first_not_of("0123456789-", 2), text.size());
  }
  sid = sid_of_sddl(text.substr(0, length));
  text.remove_prefix(std::min(length, text.size()));
  return !sid.empty();
}

}  // namespace

std::optional<SecurityDescriptor> parse_descriptor(Bytes bytes, std::string& wrong) {
  if (bytes.size() < kHeaderBytes || bytes[0] != 1) {
    wrong = bytes.size() < kHeaderBytes
                ? "it has " + std::to_string(bytes.size()) + " bytes, and at least 20 are needed"
                : "its revision is " + std::to_string(bytes[0]) + ", and only 1 is known";
    return {};
  }
  const uint32_t control = number_at(bytes, 2, 2);
  if ((control & kSelfRelative) == 0) {
    wrong = "it is not marked as self-relative (8000h in its control word)";
    return {};
  }
  SecurityDescriptor descriptor;
  const size_t owner = number_at(bytes, 4, 4);
  const size_t group = number_at(bytes, 8, 4);
  const size_t list = number_at(bytes, 16, 4);
  descriptor.owner = owner == 0 ? "" : sid_at(bytes, owner);
  descriptor.group = group == 0 ? "" : sid_at(bytes, group);
  if ((owner != 0 && descriptor.owner.empty()) || (group != 0 && descriptor.group.empty())) {
    wrong = "the SID of its owner or group makes no sense";
    return {};
  }
  descriptor.has_rules = (control & kDaclPresent) != 0 && list != 0;
  if (descriptor.has_rules && !parse_list(bytes, list, descriptor, wrong)) {
    return {};
  }
  return descriptor;
}

std::vector<uint8_t> bytes_of(const SecurityDescriptor& descriptor) {
  std::vector<uint8_t> sids;
  uint32_t owner = 0;
  uint32_t group = 0;
  if (!descriptor.owner.empty()) {
    owner = kHeaderBytes;
    put_sid(sids, descriptor.owner);
  }
  if (!descriptor.group.empty()) {
    group = static_cast<uint32_t>(kHeaderBytes + sids.size());
    put_sid(sids, descriptor.group);
  }
  std::vector<uint8_t> list;
  for (const AccessRule& rule : descriptor.rules) {
    std::vector<uint8_t> sid;
    put_sid(sid, rule.who);
    put(list, rule.allows ? kAllowed : kDenied, 2);
    put(list, 8 + sid.size(), 2);
    put(list, rule.rights, 4);
    list.insert(list.end(), sid.begin(), sid.end());
  }
  std::vector<uint8_t> out;
  put(out, 1, 2);
  put(out, kSelfRelative | (descriptor.has_rules ? kDaclPresent : 0U), 2);
  put(out, owner, 4);
  put(out, group, 4);
  put(out, 0, 4);  // no audit list
  put(out, descriptor.has_rules ? kHeaderBytes + sids.size() : 0, 4);
  out.insert(out.end(), sids.begin(), sids.end());
  if (descriptor.has_rules) {
    put(out, 2, 2);
    put(out, 8 + list.size(), 2);
    put(out, descriptor.rules.size(), 4);
    out.insert(out.end(), list.begin(), list.end());
  }
  return out;
}

std::optional<SecurityDescriptor> parse_sddl(std::string_view text, std::string& wrong) {
  SecurityDescriptor descriptor;
  if (!take_account(text, "O:", descriptor.owner) || !take_account(text, "G:", descriptor.group)) {
    wrong = "its owner or group is no account";
    return {};
  }
  if (text.starts_with("D:")) {
    descriptor.has_rules = true;
    text.remove_prefix(text.starts_with("D:P") ? 3 : 2);
    while (!text.empty()) {
      AccessRule rule;
      if (!take_rule(text, rule)) {
        wrong = "entry " + std::to_string(descriptor.rules.size() + 1) +
                " of its access list is not of the form (A;;RIGHTS;;;ACCOUNT)";
        return {};
      }
      descriptor.rules.push_back(rule);
    }
  }
  if (!text.empty()) {
    wrong = "it does not go on with O:, G: or D:";
    return {};
  }
  return descriptor;
}

std::string sddl_of(const SecurityDescriptor& descriptor) {
  std::string out;
  if (!descriptor.owner.empty()) {
    out += "O:" + sddl_account(descriptor.owner);
  }
  if (!descriptor.group.empty()) {
    out += "G:" + sddl_account(descriptor.group);
  }
  if (descriptor.has_rules) {
    out += "D:";
    for (const AccessRule& rule : descriptor.rules) {
      std::array<char, 16> rights;
      const char* const end =
          std::to_chars(rights.data(), rights.data() + rights.size(), rule.rights, 16).ptr;
      out += rule.allows ? "(A;;0x" : "(D;;0x";
      out += std::string_view(rights.data(), static_cast<size_t>(end - rights.data()));
      out += ";;;" + sddl_account(rule.who) + ")";
    }
  }
  return out;
}

std::string account_name(std::string_view sid) {
  const Account* const account = find_sid(sid);
  return account != nullptr ? account->name : std::string(sid);
}

bool is_everybody(std::string_view sid) {
  const Account* const account = find_sid(sid);
  return account != nullptr && account->everybody;
}

}  // namespace inf
