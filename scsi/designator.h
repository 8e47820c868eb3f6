// Designation descriptors of VPD page 83h: the names of a logical unit, its target port and its
// target. SPC-4 7.8.6.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace scsi {

enum class DesignatorType : uint8_t {
  vendor_specific = 0,
  t10_vendor_id = 1,
  eui64 = 2,
  naa = 3,
  relative_target_port = 4,
  target_port_group = 5,
  logical_unit_group = 6,
  md5 = 7,
  scsi_name = 8,
};
enum class Association : uint8_t { logical_unit = 0, target_port = 1, target_device = 2 };
enum class CodeSet : uint8_t { reserved = 0, binary = 1, ascii = 2, utf8 = 3 };

struct Designator {
  CodeSet code_set = CodeSet::reserved;
  Association association = Association::logical_unit;
  DesignatorType type = DesignatorType::vendor_specific;
  uint8_t protocol = 0;  // only when protocol_valid
  bool protocol_valid = false;
  base::Bytes bytes;  // points into the page
};

// Walks the descriptors of a page 83h (header included). A descriptor that does not fit ends the
// walk; `truncated()` then says so. A page of another code (a target that ignores EVPD sends
// standard INQUIRY data) counts as truncated at once: nothing in it may become a name.
class DesignatorWalk {
 public:
  explicit DesignatorWalk(base::Bytes page);
  std::optional<Designator> next();
  bool truncated() const { return truncated_; }

 private:
  base::Bytes rest_;
  bool truncated_ = false;
};

// Builds a page 83h in `out`, descriptor by descriptor.
class DesignatorPageWriter {
 public:
  explicit DesignatorPageWriter(base::MutableBytes out);
  // False, and nothing added, when the length fields (8 bits here, 16 of the page) cannot say it.
  bool add(const Designator& designator);
  // Length of the page; bytes past the end of `out` are counted, not written.
  size_t finish();

 private:
  base::ByteWriter writer_;
};

const char* name_of(DesignatorType type);
const char* name_of(Association association);

}  // namespace scsi
