// What the Windows driver reads of strangers' memory: request blocks of both forms, a device's list
// of designators, a list of texts in the registry. Each lies in a block of exactly its size, so
// that the sanitizers see a step beyond. The first byte says which it is.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "windows/driver/identifiers.h"
#include "windows/driver/registry.h"
#include "windows/driver/srb.h"

namespace {

base::Bytes the_value;

// `bytes`, or at least `least` of them, in a block of their own.
class Block {
 public:
  Block(base::Bytes bytes, size_t least)
      : size_(std::max(bytes.size(), least)), block_(static_cast<uint8_t*>(std::calloc(1, size_))) {
    std::copy(bytes.begin(), bytes.end(), block_);
  }
  ~Block() { std::free(block_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  template <typename T>
  T& as() {
    return *reinterpret_cast<T*>(block_);
  }
  size_t size() const { return size_; }

 private:
  size_t size_;
  uint8_t* block_;
};

unsigned sum(base::Bytes bytes) {
  unsigned total = 0;
  for (const uint8_t byte : bytes) {
    total += byte;
  }
  return total;
}

void look_at(const SCSI_REQUEST_BLOCK& srb, NTSTATUS status, size_t longest_cdb) {
  const driver::RequestView view = driver::view_of(srb);
  BASE_ASSERT(view.cdb.size() <= longest_cdb);
  [[maybe_unused]] volatile unsigned seen = sum(view.cdb);
  const dsm::Shape shape = driver::shape_of(srb);
  BASE_ASSERT(!(shape.is_read && shape.is_write) && shape.block_scale < 32);
  const driver::RequestOutcome outcome = driver::outcome_of(srb, status);
  BASE_ASSERT(outcome.sense.size() <= 255);
}

void read_request(base::Bytes bytes, NTSTATUS status) {
  Block block(bytes.first(std::min(bytes.size(), sizeof(SCSI_REQUEST_BLOCK))),
              sizeof(SCSI_REQUEST_BLOCK));
  auto& srb = block.as<SCSI_REQUEST_BLOCK>();
  std::array<uint8_t, 255> sense{};
  srb.Function = srb.Function == SRB_FUNCTION_STORAGE_REQUEST_BLOCK ? 0 : srb.Function;
  srb.SenseInfoBuffer = sense.data();
  look_at(srb, status, sizeof(srb.Cdb));
}

void read_extended_request(base::Bytes bytes, NTSTATUS status) {
  Block block(bytes, sizeof(STORAGE_REQUEST_BLOCK));
  auto& srb = block.as<STORAGE_REQUEST_BLOCK>();
  srb.Function = SRB_FUNCTION_STORAGE_REQUEST_BLOCK;
  srb.SrbLength = std::min(srb.SrbLength, static_cast<ULONG>(block.size()));
  look_at(block.as<SCSI_REQUEST_BLOCK>(), status, block.size());
}

void read_identifiers(base::Bytes bytes) {
  Block block(bytes, sizeof(STORAGE_DEVICE_ID_DESCRIPTOR));
  auto& ids = block.as<STORAGE_DEVICE_ID_DESCRIPTOR>();
  ids.Size = std::min(ids.Size, static_cast<ULONG>(block.size()));
  std::vector<uint8_t> room(256);
  const base::Bytes page = driver::page_of(ids, room);
  BASE_ASSERT(page.size() >= 4 && page.data() == room.data());
  BASE_ASSERT(base::load_be16(&page[2]) == page.size() - 4);
}

void read_list(base::Bytes bytes) {
  the_value = bytes;
  driver::SupportedDevices devices(driver::AtPassive::promised(), driver::SettingsRoot{});
  for (const std::string_view entry : devices.entries()) {
    BASE_ASSERT(!entry.empty() && entry.find('\0') == std::string_view::npos);
  }
}

}  // namespace

namespace driver {

// Nobody listens.
void report_setting(const Key&, UNICODE_STRING, const char* why, const Key::Value&) {
  BASE_ASSERT(why != nullptr && *why != '\0');
}
bool open_settings(Key& key, const SettingsRoot& root, ULONG access) {
  return NT_SUCCESS(key.open(root, access));
}

}  // namespace driver

extern "C" {

NTSTATUS NTAPI ZwOpenKey(HANDLE*, ULONG, OBJECT_ATTRIBUTES*) {
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI ZwQueryValueKey(HANDLE, UNICODE_STRING*, KEY_VALUE_INFORMATION_CLASS, PVOID buffer,
                               ULONG bytes, ULONG* got) {
  constexpr size_t kHeader = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
  if (the_value.size() > bytes - kHeader) {
    return STATUS_BUFFER_OVERFLOW;
  }
  const ULONG header[3] = {0, REG_MULTI_SZ, static_cast<ULONG>(the_value.size())};
  std::memcpy(buffer, header, kHeader);
  std::copy(the_value.begin(), the_value.end(), static_cast<uint8_t*>(buffer) + kHeader);
  *got = static_cast<ULONG>(kHeader + the_value.size());
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI ZwClose(HANDLE) {
  return STATUS_SUCCESS;
}
// Nobody calls these; the linker wants them.
NTSTATUS NTAPI ZwCreateKey(HANDLE*, ULONG, OBJECT_ATTRIBUTES*, ULONG, UNICODE_STRING*, ULONG,
                           ULONG*) {
  return STATUS_NOT_SUPPORTED;
}
NTSTATUS NTAPI ZwSetValueKey(HANDLE, UNICODE_STRING*, ULONG, ULONG, PVOID, ULONG) {
  return STATUS_NOT_SUPPORTED;
}
NTSTATUS NTAPI ZwDeleteValueKey(HANDLE, UNICODE_STRING*) {
  return STATUS_NOT_SUPPORTED;
}
NTSTATUS NTAPI ZwDeleteKey(HANDLE) {
  return STATUS_NOT_SUPPORTED;
}
NTSTATUS NTAPI ZwEnumerateKey(HANDLE, ULONG, KEY_INFORMATION_CLASS, PVOID, ULONG, ULONG*) {
  return STATUS_NOT_SUPPORTED;
}
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE, SIZE_T bytes, ULONG) {
  return std::malloc(bytes);
}
void NTAPI ExFreePoolWithTag(PVOID block, ULONG) {
  std::free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  constexpr NTSTATUS kStatuses[] = {STATUS_SUCCESS, STATUS_IO_DEVICE_ERROR, STATUS_NO_SUCH_DEVICE,
                                    STATUS_BUFFER_OVERFLOW};
  const NTSTATUS status = kStatuses[data[1] % std::size(kStatuses)];
  const base::Bytes rest(data + 2, size - 2);
  switch (data[0] % 4) {
    case 0:
      read_request(rest, status);
      break;
    case 1:
      read_extended_request(rest, status);
      break;
    case 2:
      read_identifiers(rest);
      break;
    default:
      read_list(rest);
      break;
  }
  return 0;
}
}
