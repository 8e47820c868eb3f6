// See registry.h.
#include "windows/driver/registry.h"

#include "windows/driver/text.h"

namespace driver {
namespace {

constexpr WCHAR kParameters[] = KERNEL_TEXT("\\Parameters");
constexpr WCHAR kSupportedDeviceList[] = KERNEL_TEXT("DsmSupportedDeviceList");
constexpr WCHAR kLoadBalancePolicy[] = KERNEL_TEXT("DsmLoadBalancePolicy");

// The bytes of a value, inside `buffer`; none when it is not there or of another type.
base::Bytes read_value(const UNICODE_STRING& key_name, UNICODE_STRING value_name, ULONG type,
                       base::MutableBytes buffer) {
  UNICODE_STRING name = key_name;
  OBJECT_ATTRIBUTES attributes{.Length = sizeof(attributes),
                               .RootDirectory = nullptr,
                               .ObjectName = &name,
                               .Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               .SecurityDescriptor = nullptr,
                               .SecurityQualityOfService = nullptr};
  HANDLE key = nullptr;
  if (!NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes))) {
    return {};
  }
  ULONG got = 0;
  const NTSTATUS status = ZwQueryValueKey(key, &value_name, KeyValuePartialInformation,
                                          buffer.data(), static_cast<ULONG>(buffer.size()), &got);
  ZwClose(key);
  constexpr size_t kHeader = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
  const auto& information = *reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(buffer.data());
  if (!NT_SUCCESS(status) || information.Type != type ||
      information.DataLength > buffer.size() - kHeader) {
    return {};
  }
  return buffer.subspan(kHeader, information.DataLength);
}

}  // namespace

dsm::ArrivalSettings arrival_settings(const UNICODE_STRING& parameters_key) {
  alignas(KEY_VALUE_PARTIAL_INFORMATION)
      uint8_t buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)] = {};
  const base::Bytes value =
      read_value(parameters_key, text_of(kLoadBalancePolicy), REG_DWORD, buffer);
  dsm::ArrivalSettings settings;
  ULONG number = 0;
  if (value.size() == sizeof(number)) {
    std::memcpy(&number, value.data(), sizeof(number));
  }
  if (number != 0 && number <= static_cast<ULONG>(dsm::PolicyId::least_service_time)) {
    settings.policy = static_cast<dsm::PolicyId>(number);
    settings.origin = dsm::SettingsOrigin::dsm_wide;
  }
  return settings;
}

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

SupportedDevices::SupportedDevices(const UNICODE_STRING& parameters_key) {
  if (value_.valid() && text_.valid() && entries_.valid()) {
    split(read_value(parameters_key, text_of(kSupportedDeviceList), REG_MULTI_SZ,
                     {value_.data(), value_.size()}));
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
