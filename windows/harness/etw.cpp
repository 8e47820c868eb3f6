// See etw.h.
#include "windows/harness/etw.h"

#include <cstdio>
#include <cstring>

#include "windows/harness/machine.h"

namespace harness {
namespace {

// The parts of an event are read from their beginning to their end.
class Cursor {
 public:
  Cursor(const std::string& bytes, const char* what) : bytes_(bytes), what_(what) {}

  uint64_t number(size_t bytes) {
    const std::string taken = take(bytes);
    uint64_t value = 0;
    std::memcpy(&value, taken.data(), bytes);
    return value;
  }
  std::string take(size_t count) {
    if (bytes_.size() - at_ < count) {
      fail(std::string("EtwWrite: ") + what_ + " ends too early");
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  std::string text() {
    const size_t end = bytes_.find('\0', at_);
    if (end == std::string::npos || end == at_) {
      fail(std::string("EtwWrite: a name in ") + what_ + " is empty or has no end");
    }
    const std::string name = take(end - at_);
    take(1);
    return name;
  }
  bool at_end() const { return at_ == bytes_.size(); }
  void require_end() const {
    if (!at_end()) {
      fail(std::string("EtwWrite: ") + what_ + " is longer than what it describes");
    }
  }
  // Metadata begin with their own size.
  void require_own_size() {
    if (number(2) != bytes_.size()) {
      fail(std::string("EtwWrite: ") + what_ + " do not begin with their size");
    }
  }

 private:
  const std::string& bytes_;
  const char* what_;
  size_t at_ = 0;
};

// Of UTF-16; a unit that is not ASCII becomes a question mark.
std::string ascii_of(const std::string& bytes) {
  if (bytes.size() % sizeof(WCHAR) != 0) {
    fail("EtwWrite: half a character");
  }
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += sizeof(WCHAR)) {
    const bool is_ascii = bytes[i + 1] == 0 && static_cast<uint8_t>(bytes[i]) < 0x80;
    text += is_ascii ? bytes[i] : '?';
  }
  return text;
}

std::string value_of(Cursor& payload, uint8_t type) {
  switch (type) {
    case TlgInUINT8:
      return std::to_string(payload.number(1));
    case TlgInUINT16:
      return std::to_string(payload.number(2));
    case TlgInUINT32:
      return std::to_string(payload.number(4));
    case TlgInUINT64:
      return std::to_string(payload.number(8));
    case TlgInCOUNTEDSTRING:
      return ascii_of(payload.take(payload.number(2)));
    case TlgInBINARY:
    case TlgInCOUNTEDANSISTRING:
      return payload.take(payload.number(2));
    default:
      fail("EtwWrite: a field of type " + std::to_string(type) + ", which is not known here");
  }
}

TracedEvent decode(const EVENT_DESCRIPTOR& descriptor, const std::string& metadata,
                   const std::string& data) {
  TracedEvent event{.name = "", .level = descriptor.Level, .keyword = descriptor.Keyword};
  Cursor fields(metadata, "event metadata");
  Cursor payload(data, "the payload");
  fields.require_own_size();
  if (fields.number(1) != 0) {
    fail("EtwWrite: tags, which no event here has");
  }
  event.name = fields.text();
  while (!fields.at_end()) {
    const std::string name = fields.text();
    event.fields[name] = value_of(payload, static_cast<uint8_t>(fields.number(1)));
  }
  payload.require_end();
  return event;
}

}  // namespace

Etw& etw() {
  static Etw the_tracing;
  return the_tracing;
}

void write_trace(const std::string& file, const std::string& trace) {
  std::FILE* const out = std::fopen(file.c_str(), "wb");
  const bool written =
      out != nullptr && std::fwrite(trace.data(), 1, trace.size(), out) == trace.size();
  if (out == nullptr || std::fclose(out) != 0 || !written) {
    fail("--record " + file + ": cannot write it");
  }
}

void Etw::tell(const Provider& provider) const {
  const AtIrql passive(PASSIVE_LEVEL);
  const GUID session{};
  provider.callback(
      &session,
      keywords_ != 0 ? EVENT_CONTROL_CODE_ENABLE_PROVIDER : EVENT_CONTROL_CODE_DISABLE_PROVIDER,
      level_, keywords_, 0, nullptr, provider.context);
}

void Etw::want(UCHAR level, ULONGLONG keywords) {
  level_ = level;
  keywords_ = keywords;
  for (const auto& [handle, provider] : providers_) {
    tell(provider);
  }
}

NTSTATUS Etw::add(const GUID& guid, PETWENABLECALLBACK callback, PVOID context, REGHANDLE& handle) {
  if (fail_register) {
    fail_register = false;
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  const Provider provider{guid, callback, context};
  providers_[++last_handle_] = provider;
  if (keywords_ != 0) {
    tell(provider);  // before there is a handle
  }
  handle = last_handle_;
  return STATUS_SUCCESS;
}

void Etw::remove(REGHANDLE handle) {
  if (providers_.erase(handle) == 0) {
    fail("EtwUnregister: no such registration");
  }
}

void Etw::write(REGHANDLE handle, const EVENT_DESCRIPTOR& descriptor,
                const std::vector<std::string>& parts, const std::vector<UCHAR>& types) {
  ++writes_;
  if (!providers_.contains(handle)) {
    fail("EtwWrite: no such registration");
  }
  const bool wanted =
      (keywords_ & descriptor.Keyword) != 0 && (level_ == 0 || descriptor.Level <= level_);
  if (!wanted) {
    fail("EtwWrite: an event that no session wants was put together");
  }
  size_t bytes = 0;
  for (const std::string& part : parts) {
    bytes += part.size();
  }
  constexpr size_t kMostBytes = 60'000;  // less than a session's buffer, with its headers
  if (descriptor.Channel != kTraceLoggingChannel || descriptor.Level == 0 ||
      descriptor.Keyword == 0 || bytes > kMostBytes || parts.size() != 3 ||
      types[0] != EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA ||
      types[1] != EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA ||
      types[2] != EVENT_DATA_DESCRIPTOR_TYPE_NONE) {
    fail("EtwWrite: no event that describes itself");
  }
  Cursor provider(parts[0], "provider metadata");
  provider.require_own_size();
  provider.text();
  provider.require_end();
  TracedEvent event = decode(descriptor, parts[1], parts[2]);
  if (event.name == "Record") {
    trace_ += event.fields.at("Bytes");
  }
  events_.push_back(std::move(event));
}

unsigned Etw::count(const std::string& name) const {
  unsigned count = 0;
  for (const TracedEvent& event : events_) {
    count += event.name == name ? 1U : 0U;
  }
  return count;
}

const TracedEvent* Etw::find(const std::string& name,
                             const std::map<std::string, std::string>& fields) const {
  const TracedEvent* found = nullptr;
  for (const TracedEvent& event : events_) {
    bool is_it = event.name == name;
    for (const auto& [field, value] : fields) {
      const auto has = event.fields.find(field);
      is_it = is_it && has != event.fields.end() && has->second == value;
    }
    found = is_it ? &event : found;
  }
  return found;
}

void Etw::forget() {
  writes_ = 0;
  events_.clear();
  trace_.clear();
}

}  // namespace harness
