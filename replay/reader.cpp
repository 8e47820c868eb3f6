// See reader.h.
#include "replay/reader.h"

namespace replay {
namespace {

using dsm::trace::kHeaderBytes;
using dsm::trace::kMaxRecordBytes;

constexpr size_t kChecksumAt = 12;

uint64_t little(base::Bytes bytes, size_t at, unsigned count) {
  uint64_t value = 0;
  for (unsigned i = 0; i < count; ++i) {
    value |= uint64_t{bytes[at + i]} << (8 * i);
  }
  return value;
}

// The coder that reads. The first thing that is wrong stays; from there on everything is 0.
class Decoder {
 public:
  explicit Decoder(Record& record) : record_(record), left_(record.body) {}

  template <typename T>
  void u8(const char* name, T& value, const char*) {
    value = static_cast<T>(take(name, 1));
  }
  template <typename T>
  void u16(const char* name, T& value, const char*) {
    value = static_cast<T>(take(name, 2));
  }
  template <typename T>
  void u32(const char* name, T& value, const char*) {
    value = static_cast<T>(take(name, 4));
  }
  template <typename T>
  void u64(const char* name, T& value, const char*) {
    value = static_cast<T>(take(name, 8));
  }
  void flag(const char* name, bool& value, const char*) { value = up_to(name, 1) != 0; }
  template <typename E>
  void choice(const char* name, E& value, E last, const char*) {
    value = static_cast<E>(up_to(name, static_cast<uint64_t>(last)));
  }
  template <typename E>
  void any(const char* name, E& value, const char*) {
    value = static_cast<E>(take(name, 1));
  }
  void text(const char* name, std::string_view& text, const char*) {
    const base::Bytes bytes = taken(name, take(name, 1));
    text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  template <size_t N>
  void text(const char* name, base::FixedString<N>& fixed, const char*) {
    std::string_view view;
    text(name, view, "");
    if (!fixed.assign(view)) {
      fail(name, "is longer than " + std::to_string(N) + " characters");
    }
  }
  // What must end with a zero: of a vendor row, kept by the record.
  void text(const char* name, const char*& /*literal*/, const char*) {
    std::string_view view;
    text(name, view, "");
    (texts_++ == 0 ? record_.name : record_.explain) = view;
  }
  void bytes(const char* name, base::Bytes& bytes, const char*) {
    bytes = taken(name, take(name, 1));
  }
  template <typename Size, size_t N>
  void sized(const char* name, Size& size, std::array<uint8_t, N>& array, const char*) {
    const base::Bytes bytes = taken(name, take(name, 2));
    if (bytes.size() > N) {
      fail(name,
           "has " + std::to_string(bytes.size()) + " bytes; the most are " + std::to_string(N));
    }
    size = static_cast<Size>(base::copy_bounded(array, bytes));
  }
  void path_settings(const char* name, std::span<const dsm::PathSetting>& /*settings*/,
                     const char*) {
    const uint64_t count = up_to(name, dsm::trace::kMaxPathSettings);
    record_.path_settings.resize(count);
    for (dsm::PathSetting& setting : record_.path_settings) {
      dsm::trace::path_setting_fields(*this, setting);
    }
  }
  bool part(const char*, bool there) const { return there && error_.empty(); }

  // "" when all is well.
  std::string finish() {
    if (error_.empty() && !left_.empty()) {
      error_ = "it has " + std::to_string(left_.size()) + " bytes more than its fields";
    }
    return error_;
  }

 private:
  void fail(const char* name, const std::string& what) {
    if (error_.empty()) {
      error_ = "field '" + std::string(name) + "' " + what;
    }
    left_ = {};
  }
  base::Bytes taken(const char* name, uint64_t count) {
    if (left_.size() < count) {
      fail(name, "goes beyond the record's end");
      return {};
    }
    const base::Bytes bytes = left_.first(count);
    left_ = left_.subspan(count);
    return bytes;
  }
  uint64_t take(const char* name, unsigned count) {
    const base::Bytes bytes = taken(name, count);
    return bytes.empty() ? 0 : little(bytes, 0, count);
  }
  uint64_t up_to(const char* name, uint64_t last) {
    const uint64_t value = take(name, 1);
    if (value > last) {
      fail(name, "is " + std::to_string(value) + "; the greatest is " + std::to_string(last));
      return 0;
    }
    return value;
  }

  Record& record_;
  base::Bytes left_;
  std::string error_;
  unsigned texts_ = 0;
};

}  // namespace

std::string place_of(const Record& record) {
  return "record " + std::to_string(record.header.number) + " at byte " +
         std::to_string(record.offset);
}

bool Reader::fail(const Record& record, const std::string& what) {
  error_ = place_of(record) + ": " + what;
  return false;
}

bool Reader::take_header(Record& record) {
  const base::Bytes left = base::slice(trace_, offset_);
  if (left.size() < kHeaderBytes) {
    error_ = "at byte " + std::to_string(offset_) + ": the trace is cut within a record's header";
    return false;
  }
  if (little(left, 0, 2) != dsm::trace::kMark || left[3] != 0) {
    error_ = "at byte " + std::to_string(offset_) +
             ": no record of a trace begins here (see docs/traces.md)";
    return false;
  }
  dsm::trace::Header& header = record.header;
  header.length = static_cast<uint32_t>(little(left, 4, 4));
  header.number = static_cast<uint32_t>(little(left, 8, 4));
  header.checksum = static_cast<uint32_t>(little(left, kChecksumAt, 4));
  header.now = little(left, 16, 8);
  if (header.length < kHeaderBytes || header.length > kMaxRecordBytes) {
    return fail(record, "its length is " + std::to_string(header.length) + " bytes; a record has " +
                            std::to_string(kHeaderBytes) + " to " +
                            std::to_string(kMaxRecordBytes));
  }
  if (left.size() < header.length) {
    return fail(record, "the trace is cut: " + std::to_string(left.size()) + " of its " +
                            std::to_string(header.length) + " bytes are there");
  }
  record.whole = left.first(header.length);
  record.body = record.whole.subspan(kHeaderBytes);
  constexpr uint8_t kZero[4] = {};
  uint32_t sum = dsm::trace::checksum_of(record.whole.first(kChecksumAt));
  sum = dsm::trace::checksum_of(kZero, sum);
  sum = dsm::trace::checksum_of(record.whole.subspan(kChecksumAt + 4), sum);
  if (sum != header.checksum) {
    return fail(record, "its checksum is wrong: the trace was changed or spoilt");
  }
  if (left[2] > static_cast<uint8_t>(dsm::trace::RecordKind::picked)) {
    return fail(record, "its kind " + std::to_string(left[2]) +
                            " is unknown; was it written by a newer version?");
  }
  header.kind = static_cast<dsm::trace::RecordKind>(left[2]);
  return true;
}

bool Reader::next(Record& record) {
  if (at_end() || !error_.empty()) {
    return false;
  }
  record.offset = offset_;
  if (!take_header(record)) {
    return false;
  }
  using dsm::trace::RecordKind;
  // The version decides what the rest means, so it is looked at first.
  if (record.header.kind == RecordKind::begin && record.body.size() >= 2 &&
      little(record.body, 0, 2) != dsm::trace::kVersion) {
    return fail(record, "the trace is of version " + std::to_string(little(record.body, 0, 2)) +
                            "; this dsmkit reads version " + std::to_string(dsm::trace::kVersion));
  }
  if (record.header.kind != RecordKind::data) {
    Decoder decoder(record);
    record_fields(decoder, record);
    if (const std::string wrong = decoder.finish(); !wrong.empty()) {
      return fail(record, wrong);
    }
    record.look_at_own();
  }
  const dsm::TimeNs now = record.header.now;
  record.event.now = record.completion.now = record.action.report.now = now;
  offset_ += record.header.length;
  return true;
}

}  // namespace replay
