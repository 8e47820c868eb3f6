// See designator.h.
#include "scsi/designator.h"

#include <array>

namespace scsi {

namespace {

constexpr uint8_t kPageCode = 0x83;

}  // namespace

DesignatorWalk::DesignatorWalk(base::Bytes page) {
  if (page.size() < 4 || page[1] != kPageCode) {
    truncated_ = true;
    return;
  }
  const size_t claimed = base::load_be16(&page[2]);
  rest_ = base::slice(page, 4, claimed);
  truncated_ = rest_.size() < claimed;
}

std::optional<Designator> DesignatorWalk::next() {
  if (rest_.empty()) {
    return std::nullopt;
  }
  if (rest_.size() < 4 || rest_.size() - 4 < rest_[3]) {
    truncated_ = true;
    rest_ = {};
    return std::nullopt;
  }
  Designator designator;
  designator.code_set = static_cast<CodeSet>(rest_[0] & 0x0f);
  designator.protocol_valid = (rest_[1] & 0x80) != 0;
  designator.protocol = designator.protocol_valid ? rest_[0] >> 4 : 0;
  designator.association = static_cast<Association>((rest_[1] >> 4) & 3);
  designator.type = static_cast<DesignatorType>(rest_[1] & 0x0f);
  designator.bytes = rest_.subspan(4, rest_[3]);
  rest_ = rest_.subspan(size_t{4} + rest_[3]);
  return designator;
}

DesignatorPageWriter::DesignatorPageWriter(base::MutableBytes out) : writer_(out) {
  writer_.be16(kPageCode);
  writer_.be16(0);
}

bool DesignatorPageWriter::add(const Designator& designator) {
  const size_t payload = writer_.needed() - 4;
  if (designator.bytes.size() > UINT8_MAX || payload + 4 + designator.bytes.size() > UINT16_MAX) {
    return false;
  }
  writer_.u8(static_cast<uint8_t>((designator.protocol_valid ? designator.protocol << 4 : 0) |
                                  static_cast<uint8_t>(designator.code_set)));
  writer_.u8(static_cast<uint8_t>((designator.protocol_valid ? 0x80 : 0) |
                                  (static_cast<uint8_t>(designator.association) << 4) |
                                  static_cast<uint8_t>(designator.type)));
  writer_.u8(0);
  writer_.u8(static_cast<uint8_t>(designator.bytes.size()));
  writer_.bytes(designator.bytes);
  return true;
}

size_t DesignatorPageWriter::finish() {
  writer_.patch16(2, static_cast<uint16_t>(writer_.needed() - 4));
  return writer_.needed();
}

const char* name_of(DesignatorType type) {
  constexpr std::array<const char*, 9> kNames = {"vendor specific",
                                                 "T10 vendor id",
                                                 "EUI-64",
                                                 "NAA",
                                                 "relative target port identifier",
                                                 "target port group",
                                                 "logical unit group",
                                                 "MD5 logical unit identifier",
                                                 "SCSI name string"};
  const auto index = static_cast<size_t>(type);
  return index < kNames.size() ? kNames[index] : "reserved";
}

const char* name_of(Association association) {
  switch (association) {
    case Association::logical_unit:
      return "logical unit";
    case Association::target_port:
      return "target port";
    case Association::target_device:
      return "target device";
  }
  return "reserved";
}

}  // namespace scsi
