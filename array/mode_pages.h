// The mode pages of a logical unit: their values, and which bits of them hosts may change. SPC-4
// 7.5, SBC-3 6.4.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace array {

// PAGE CONTROL of MODE SENSE, SPC-4 table 158. Values are never saved.
enum class ModeValues : uint8_t { current = 0, changeable = 1, defaults = 2, saved = 3 };

class ModePages {
 public:
  struct Traits {
    bool volatile_cache = false;   // WCE is set, and can be cleared
    bool implicit_access = false;  // IALUAE
    bool reports_thresholds = false;
    uint32_t threshold_sets = 0;  // used mapping resources, in threshold sets
  };
  explicit ModePages(const Traits& traits);

  // Appends page `code` (3Fh: all) with subpage `subcode` (FFh: all) as MODE SENSE shows them.
  // False: there is no such page.
  bool append(uint8_t code, uint8_t subcode, ModeValues values, std::vector<uint8_t>& out) const;

  // MODE SELECT: takes all of `pages`, or nothing.
  struct Refusal {
    enum class Reason : uint8_t { list_length, field } reason = Reason::list_length;
    size_t offset = 0;  // of the field in `pages`
  };
  std::optional<Refusal> select(base::Bytes pages);
  void reset();

  bool descriptor_sense() const;    // D_SENSE
  bool write_protected() const;     // SWP
  bool write_cache() const;         // WCE
  bool reports_thresholds() const;  // LBPERE

 private:
  struct Page {
    uint8_t code = 0;
    uint8_t subcode = 0;
    std::vector<uint8_t> current;  // without the header
    std::vector<uint8_t> defaults;
    std::vector<uint8_t> changeable;
  };
  void add(uint8_t code, uint8_t subcode, std::vector<uint8_t> defaults,
           std::vector<uint8_t> changeable);
  const Page* find(uint8_t code, uint8_t subcode) const;
  bool bit(uint8_t code, size_t body_byte, uint8_t mask) const;

  std::vector<Page> pages_;  // in ascending order, as MODE SENSE lists them
};

}  // namespace array
