// DER (X.690), as far as catalogs need it: elements with tags of one byte and definite lengths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace package::der {

inline constexpr uint8_t kInteger = 0x02;
inline constexpr uint8_t kOctets = 0x04;
inline constexpr uint8_t kNull = 0x05;
inline constexpr uint8_t kObjectId = 0x06;
inline constexpr uint8_t kUtcTime = 0x17;
inline constexpr uint8_t kGeneralizedTime = 0x18;
inline constexpr uint8_t kBmpString = 0x1e;
inline constexpr uint8_t kSequence = 0x30;
inline constexpr uint8_t kSet = 0x31;
// [number], constructed or primitive.
constexpr uint8_t context(unsigned number, bool constructed = true) {
  return static_cast<uint8_t>((constructed ? 0xa0U : 0x80U) | number);
}

std::string element(uint8_t tag, std::string_view content);
std::string sequence(std::initializer_list<std::string_view> parts);
// SET OF: DER wants its elements in the order of their bytes.
std::string set_of(std::vector<std::string> elements);
std::string integer(uint32_t value);
// "1.3.6.1.4.1.311.10.1": two numbers at least, in order.
std::string object_id(std::string_view dotted);
// Seconds since 1970: UTCTime up to 2049, GeneralizedTime behind that, as RFC 5280 has it.
std::string time(int64_t unix_seconds);

struct Element {
  uint8_t tag = 0;
  std::string_view content;
  size_t offset = 0;  // of the content in the file
};

// The elements of some content, one behind the other. Nothing outside it is looked at, whatever the
// lengths in it say.
class Reader {
 public:
  // `offset`: of the content in the file.
  explicit Reader(std::string_view content, size_t offset = 0) : left_(content), at_(offset) {}
  explicit Reader(const Element& constructed);

  bool at_end() const { return left_.empty(); }
  size_t offset() const { return at_; }
  // False, and nothing is taken: the next bytes are no element, or there is none.
  bool next(Element& out);
  // The same, and also when the next element has another tag.
  bool next(uint8_t tag, Element& out);

 private:
  std::string_view left_;
  size_t at_;
};

// "1.3.6.1.4.1.311.10.1"; "" for bytes that are none.
std::string object_id_text(std::string_view content);
// False for what is no time between 1950 and 9999 in UTC, to the second.
bool read_time(const Element& element, int64_t& unix_seconds);

}  // namespace package::der
