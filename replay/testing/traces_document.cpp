// See traces_document.h.
#include "replay/testing/traces_document.h"

#include "replay/reader.h"

namespace replay::testing {
namespace {

using dsm::trace::RecordKind;

// The coder that documents.
class Documenter {
 public:
  template <typename T>
  void u8(const char* name, T&, const char* meaning) {
    row(name, "1", meaning);
  }
  template <typename T>
  void u16(const char* name, T&, const char* meaning) {
    row(name, "2", meaning);
  }
  template <typename T>
  void u32(const char* name, T&, const char* meaning) {
    row(name, "4", meaning);
  }
  template <typename T>
  void u64(const char* name, T&, const char* meaning) {
    row(name, "8", meaning);
  }
  void flag(const char* name, bool, const char* meaning) { row(name, "1: 0 or 1", meaning); }
  template <typename E>
  void choice(const char* name, E, E last, const char* meaning) {
    std::string values = meaning;
    if constexpr (requires { name_of(last); }) {
      for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
        values += (i == 0 ? "" : ", ") + std::to_string(i) + " " +
                  std::string(name_of(static_cast<E>(i)));
      }
    }
    row(name, "1: 0 to " + std::to_string(static_cast<unsigned>(last)), values);
  }
  template <typename E>
  void any(const char* name, E, const char* meaning) {
    row(name, "1", meaning);
  }
  template <typename T>
  void text(const char* name, T&, const char* meaning) {
    row(name, "1 + n: text", meaning);
  }
  void bytes(const char* name, base::Bytes, const char* meaning) { row(name, "1 + n", meaning); }
  template <typename Size, size_t N>
  void sized(const char* name, Size&, std::array<uint8_t, N>&, const char* meaning) {
    row(name, "2 + n, n up to " + std::to_string(N), meaning);
  }
  void path_settings(const char* name, std::span<const dsm::PathSetting>, const char* meaning) {
    row(name, "1 + 9 n, n up to " + std::to_string(dsm::trace::kMaxPathSettings), meaning);
  }
  bool part(const char* name, bool) {
    page_ += "| *only of: " + std::string(name) + "* | | |\n";
    return true;
  }

  const std::string& page() const { return page_; }

 private:
  void row(const char* name, const std::string& bytes, const std::string& meaning) {
    page_ += "| " + std::string(name) + " | " + bytes + " | " + meaning + " |\n";
  }

  std::string page_;
};

}  // namespace

std::string fields_document() {
  std::string page = kFieldsTitle;
  page +=
      "\nThe body of each record, in this order, without padding; numbers are little-endian. `1 + "
      "n` "
      "is a byte with a length, and then so\nmany bytes. This part is made from "
      "`dsm/trace/layout.h`:\n\n"
      "    cmake --build --preset dev --target traces_document && "
      "build/dev/replay/traces_document docs/traces.md\n";
  for (unsigned i = 0; i <= static_cast<unsigned>(RecordKind::picked); ++i) {
    Record record;
    record.header.kind = static_cast<RecordKind>(i);
    page += "\n### " + std::to_string(i) + ": " + std::string(name_of(record.header.kind)) + "\n\n";
    if (record.header.kind == RecordKind::data) {
      page += "All of the body is data: the next part of what the following event brings.\n";
      continue;
    }
    Documenter documenter;
    record_fields(documenter, record);
    page += "| field | bytes | meaning |\n|---|---|---|\n" + documenter.page();
  }
  return page;
}

}  // namespace replay::testing
