// What the tests of claiming and identity share: the pages of a device, built piece by piece.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "dsm/claim.h"
#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/vpd.h"

namespace dsm::testing {

using Data = std::vector<uint8_t>;

inline Data text(std::string_view characters) {
  return {characters.begin(), characters.end()};
}

inline Data naa(uint8_t format, size_t size, uint8_t last) {
  Data bytes(size, 0x11);
  bytes[0] = static_cast<uint8_t>(format << 4);
  bytes.back() = last;
  return bytes;
}

// A page 83h, built descriptor by descriptor.
class Page {
 public:
  Page& add(scsi::Association association, scsi::DesignatorType type, scsi::CodeSet code_set,
            const Data& bytes) {
    writer_.add({.code_set = code_set, .association = association, .type = type, .bytes = bytes});
    return *this;
  }
  Page& lun_naa(const Data& bytes) {
    return add(scsi::Association::logical_unit, scsi::DesignatorType::naa, scsi::CodeSet::binary,
               bytes);
  }
  Page& port(uint16_t number, uint16_t group) {
    const auto low = [](uint16_t value) {
      return Data{0, 0, static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
    };
    add(scsi::Association::target_port, scsi::DesignatorType::relative_target_port,
        scsi::CodeSet::binary, low(number));
    return add(scsi::Association::target_port, scsi::DesignatorType::target_port_group,
               scsi::CodeSet::binary, low(group));
  }
  base::Bytes bytes() { return base::Bytes(buffer_).first(writer_.finish()); }

 private:
  std::array<uint8_t, 1024> buffer_{};
  scsi::DesignatorPageWriter writer_{buffer_};
};

inline Data inquiry(uint8_t tpgs = 0, std::string_view vendor = "DSMKIT",
                    std::string_view product = "ARRAY") {
  scsi::Inquiry fields;
  fields.version = 6;
  fields.target_port_group_support = tpgs;
  fields.vendor = vendor;
  fields.product = product;
  Data bytes(scsi::kInquiryBytes);
  scsi::encode_inquiry(bytes, fields);
  return bytes;
}

inline Data serial_page(std::string_view serial) {
  Data page(300);
  page.resize(scsi::encode_vpd(page, scsi::kVpdSerialNumber, text(serial)));
  return page;
}

inline Data chosen(base::Bytes vpd83) {
  Identity identity;
  choose_identity(vpd83, identity);
  return {identity.span().begin(), identity.span().end()};
}

inline ClaimResult claimed(base::Bytes inquiry_bytes, base::Bytes vpd83, base::Bytes vpd80 = {},
                           const ClaimRules& rules = {}) {
  ClaimResult result;
  claim(inquiry_bytes, vpd83, vpd80, rules, result);
  return result;
}

}  // namespace dsm::testing
