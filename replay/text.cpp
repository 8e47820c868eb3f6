// See text.h.
#include "replay/text.h"

#include <cstdio>

#include "dsm/policy.h"

namespace replay {
namespace {

std::string hex_of(base::Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

const char* name_of(base::Code code) {
  static constexpr const char* kNames[] = {
      "ok",      "invalid argument", "not found", "already exists", "exhausted", "unsupported",
      "refused", "timed out",        "cancelled", "I/O error",      "corrupt",   "conflict"};
  return kNames[static_cast<unsigned>(code)];
}

std::string name_of(dsm::PolicyId id) {
  const dsm::Policy* policy = dsm::find_policy(id);
  return policy != nullptr ? policy->name : std::to_string(static_cast<unsigned>(id));
}

// The coder that prints.
class Printer {
 public:
  void u8(const char* name, uint64_t value, const char*) { number(name, value); }
  void u16(const char* name, uint64_t value, const char*) { number(name, value); }
  void u32(const char* name, uint64_t value, const char*) { number(name, value); }
  void u64(const char* name, uint64_t value, const char*) { number(name, value); }
  void flag(const char* name, bool value, const char*) {
    if (value) {
      out_ += std::string(out_.empty() ? "" : " ") + "[" + name + "]";
    }
  }
  template <typename E>
  void choice(const char* name, E value, E, const char*) {
    enumerator(name, value);
  }
  template <typename E>
  void any(const char* name, E value, const char*) {
    if (static_cast<unsigned>(value) != 0) {
      enumerator(name, value);
    }
  }
  void text(const char* name, std::string_view text, const char*) {
    add(name, text.empty() ? "" : "'" + printable(text) + "'");
  }
  void bytes(const char* name, base::Bytes bytes, const char*) { add(name, hex_of(bytes)); }
  template <typename Size, size_t N>
  void sized(const char* name, Size size, const std::array<uint8_t, N>& array, const char*) {
    add(name, hex_of(base::slice(array, 0, size)));
  }
  void path_settings(const char*, std::span<const dsm::PathSetting> settings, const char*) {
    for (const dsm::PathSetting& setting : settings) {
      dsm::trace::path_setting_fields(*this, setting);
    }
  }
  bool part(const char*, bool there) const { return there; }

  const std::string& text() const { return out_; }

 private:
  void add(const char* name, const std::string& value) {
    if (!value.empty()) {
      out_ += std::string(out_.empty() ? "" : " ") + name + "=" + value;
    }
  }
  void number(const char* name, uint64_t value) {
    add(name, value != 0 ? std::to_string(value) : "");
  }
  template <typename E>
  void enumerator(const char* name, E value) {
    if constexpr (requires { name_of(value); }) {
      add(name, std::string(name_of(value)));
    } else {
      number(name, static_cast<uint64_t>(value));
    }
  }
  static std::string printable(std::string_view text) {
    std::string kept(text);
    for (char& c : kept) {
      c = c >= ' ' && c <= '~' ? c : '?';
    }
    return kept;
  }

  std::string out_;
};

}  // namespace

std::string fields_of(const Record& record) {
  if (record.header.kind == dsm::trace::RecordKind::data) {
    return std::to_string(record.body.size()) + " bytes";
  }
  Printer printer;
  record_fields(printer, record);
  return printer.text();
}

std::string text_of(const Record& record) {
  char head[80];
  std::snprintf(head, sizeof(head), "%7u %14.6f s  %-13s ", record.header.number,
                static_cast<double>(record.header.now) / 1e9,
                std::string(name_of(record.header.kind)).c_str());
  return head + fields_of(record);
}

}  // namespace replay
