// See registry.h.
#include "windows/driver/registry.h"

#include "windows/driver/settings/key.h"
#include "windows/driver/settings/value_names.h"

namespace driver {
namespace {

constexpr WCHAR kParameters[] = KERNEL_TEXT("\\Parameters");
// The bytes of the list, inside `buffer`; none when it is not there or is no list of texts.
base::Bytes read_list(AtPassive here, const UNICODE_STRING& parameters_key,
                      base::MutableBytes buffer) {
  Key key(here);
  ULONG type = 0;
  base::Bytes value;
  if (!NT_SUCCESS(key.open(parameters_key, KEY_QUERY_VALUE)) ||
      !NT_SUCCESS(key.read(name_of_supported_devices(), buffer, type, value)) ||
      type != REG_MULTI_SZ) {
    return {};
  }
  return value;
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

SupportedDevices::SupportedDevices(AtPassive here, const UNICODE_STRING& parameters_key) {
  if (value_.valid() && text_.valid() && entries_.valid()) {
    split(read_list(here, parameters_key, {value_.data(), value_.size()}));
  }
}

// Texts that end with zeros, and one that is empty ends the list. INQUIRY speaks ASCII: a character
// of another kind makes an entry that matches nothing.
void SupportedDevices::split(base::Bytes list) {
  size_t begun = 0;
  for (size_t i = 0; i * sizeof(WCHAR) + 1 < list.size() && count_ < entries_.size(); ++i) {
    const unsigned unit = list[i * 2] | (unsigned{list[i * 2 + 1]} << 8);
    text_[i] = unit < 0x80 ? static_cast<char>(unit) : '\x7f';
    if (unit == 0) {
      if (i == begun) {
        return;
      }
      entries_[count_++] = std::string_view(text_.data() + begun, i - begun);
      begun = i + 1;
    }
  }
}

}  // namespace driver
