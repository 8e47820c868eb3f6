// See registry.h.
#include "windows/driver/registry.h"

#include "windows/driver/settings/report.h"
#include "windows/driver/settings/value_names.h"

namespace driver {
namespace {

constexpr WCHAR kParameters[] = KERNEL_TEXT("\\Parameters");

// An entry of another length matches no device, and INQUIRY speaks ASCII.
constexpr size_t kMaxEntryCharacters = 24;
constexpr char kNotAscii = '\x7f';

bool can_match(std::string_view entry) {
  bool is_ascii = true;
  for (const char c : entry) {
    is_ascii = is_ascii && c != kNotAscii;
  }
  return is_ascii && entry.size() <= kMaxEntryCharacters;
}

}  // namespace

bool make_parameters_key(const UNICODE_STRING& service_key, UNICODE_STRING& out) {
  const size_t bytes = service_key.Length + sizeof(kParameters);
  if (bytes > UINT16_MAX) {
    return false;
  }
  auto* const text = static_cast<uint8_t*>(allocate_bytes(bytes, kTextTag));
  if (text == nullptr) {
    return false;
  }
  std::memcpy(text, service_key.Buffer, service_key.Length);
  std::memcpy(text + service_key.Length, kParameters, sizeof(kParameters));
  out = {static_cast<USHORT>(bytes - sizeof(WCHAR)), static_cast<USHORT>(bytes),
         reinterpret_cast<WCHAR*>(text)};
  return true;
}

SupportedDevices::SupportedDevices(AtPassive here, const SettingsRoot& parameters) {
  Key key(here);
  if (!value_.valid() || !text_.valid() || !entries_.valid() ||
      !open_settings(key, parameters, KEY_QUERY_VALUE)) {
    return;
  }
  Key::Value list;
  const UNICODE_STRING name = name_of_supported_devices();
  const NTSTATUS status = key.read(name, {value_.data(), value_.size()}, list);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
    return;
  }
  const char* const why = status == STATUS_BUFFER_OVERFLOW ? "is longer than is read"
                          : !NT_SUCCESS(status)            ? "cannot be read"
                          : list.type != REG_MULTI_SZ      ? "is no list of texts"
                                                           : split(list.bytes);
  if (why != nullptr) {
    report_setting(key, name, why, list);
  }
}

// Texts that end with zeros, and one that is empty ends the list. Returns what is wrong with it;
// null: nothing.
const char* SupportedDevices::split(base::Bytes list) {
  const char* wrong = nullptr;
  size_t begun = 0;
  const size_t units = list.size() / sizeof(WCHAR);
  for (size_t i = 0; i < units; ++i) {
    const unsigned unit = list[i * 2] | (unsigned{list[i * 2 + 1]} << 8);
    text_[i] = unit < 0x80 ? static_cast<char>(unit) : kNotAscii;
    if (unit != 0) {
      continue;
    }
    const std::string_view entry(text_.data() + begun, i - begun);
    if (entry.empty()) {
      return wrong;
    }
    if (count_ == entries_.size()) {
      return "has more entries than are read";
    }
    entries_[count_++] = entry;
    wrong = can_match(entry) ? wrong : "has an entry that is no vendor and product in ASCII";
    begun = i + 1;
  }
  return begun != units ? "has a last entry without a zero at its end" : wrong;
}

}  // namespace driver
