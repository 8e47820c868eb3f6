// See mode_pages.h. Offsets are those of the standard minus the page's header: 2 bytes, or 4 with a
// subpage.
#include "array/mode_pages.h"

#include <algorithm>
#include <utility>

#include "scsi/mode.h"

namespace array {
namespace {

constexpr uint8_t kErrorRecovery = 0x01;
constexpr uint8_t kProvisioningSubpage = 0x02;  // of the informational exceptions page
constexpr uint8_t kMaxSenseBytes = 32;

constexpr size_t kWceByte = 0;
constexpr uint8_t kWce = 0x04;
constexpr size_t kDSenseByte = 0;
constexpr uint8_t kDSense = 0x04;
constexpr uint8_t kGltsd = 0x02;
constexpr uint8_t kUnrestrictedReordering = 0x10;
constexpr size_t kSwpByte = 2;
constexpr uint8_t kSwp = 0x08;
constexpr size_t kLbpereByte = 5;
constexpr uint8_t kLbpere = 0x80;
constexpr uint8_t kDexcpt = 0x08;

}  // namespace

ModePages::ModePages(const Traits& traits) {
  std::vector<uint8_t> defaults(10);
  std::vector<uint8_t> changeable(10);
  defaults[0] = 0xc0;  // AWRE, ARRE
  defaults[kLbpereByte] = traits.reports_thresholds ? kLbpere : 0;
  changeable[kLbpereByte] = defaults[kLbpereByte];
  add(kErrorRecovery, 0, defaults, changeable);

  defaults.assign(18, 0);
  defaults[kWceByte] = traits.volatile_cache ? kWce : 0;
  changeable.assign(18, 0);
  changeable[kWceByte] = defaults[kWceByte];
  add(scsi::kModePageCaching, 0, defaults, changeable);

  defaults.assign(10, 0);
  defaults[kDSenseByte] = kGltsd;
  defaults[1] = kUnrestrictedReordering;
  changeable.assign(10, 0);
  changeable[kDSenseByte] = kDSense;
  changeable[kSwpByte] = kSwp;
  add(scsi::kModePageControl, 0, defaults, changeable);

  defaults.assign(28, 0);
  defaults[0] = traits.implicit_access ? 0x01 : 0;
  defaults[2] = kMaxSenseBytes;
  add(scsi::kModePageControl, scsi::kModeSubpageControlExtension, defaults,
      std::vector<uint8_t>(28));

  defaults.assign(10, 0);
  defaults[0] = kDexcpt;
  add(scsi::kModePageInformationalExceptions, 0, defaults, std::vector<uint8_t>(10));

  if (traits.threshold_sets != 0) {
    defaults.assign(20, 0);
    defaults[12] = 0x81;  // ENABLED, soft threshold, armed increasing
    defaults[13] = 0x02;  // the used mapping resources are counted
    base::store_be32(&defaults[16], traits.threshold_sets);
    add(scsi::kModePageInformationalExceptions, kProvisioningSubpage, defaults,
        std::vector<uint8_t>(20));
  }
}

void ModePages::add(uint8_t code, uint8_t subcode, std::vector<uint8_t> defaults,
                    std::vector<uint8_t> changeable) {
  pages_.push_back({code, subcode, defaults, std::move(defaults), std::move(changeable)});
}

const ModePages::Page* ModePages::find(uint8_t code, uint8_t subcode) const {
  const auto found = std::find_if(pages_.begin(), pages_.end(), [&](const Page& page) {
    return page.code == code && page.subcode == subcode;
  });
  return found == pages_.end() ? nullptr : &*found;
}

bool ModePages::append(uint8_t code, uint8_t subcode, ModeValues values,
                       std::vector<uint8_t>& out) const {
  bool any = false;
  for (const Page& page : pages_) {
    if ((code != scsi::kModeAllPages && code != page.code) ||
        (subcode != scsi::kModeAllSubpages && subcode != page.subcode)) {
      continue;
    }
    any = true;
    const std::vector<uint8_t>& body = values == ModeValues::changeable ? page.changeable
                                       : values == ModeValues::defaults ? page.defaults
                                                                        : page.current;
    const scsi::ModePage shown{page.code, page.subcode, body};
    const size_t at = out.size();
    out.resize(at + shown.whole_bytes());
    scsi::encode_mode_page(base::MutableBytes(out).subspan(at), shown);
  }
  return any;
}

std::optional<ModePages::Refusal> ModePages::select(base::Bytes pages) {
  std::vector<Page> wanted = pages_;
  for (size_t at = 0; at < pages.size();) {
    const auto page = scsi::first_mode_page(pages.subspan(at));
    if (!page) {
      return Refusal{Refusal::Reason::list_length, at};
    }
    const Page* const known = find(page->code, page->subcode);
    if (known == nullptr) {
      return Refusal{Refusal::Reason::field, at};
    }
    const size_t header = page->whole_bytes() - page->body.size();
    if (page->body.size() != known->current.size()) {
      return Refusal{Refusal::Reason::field, at + header - 1};
    }
    Page& target = wanted[static_cast<size_t>(known - pages_.data())];
    for (size_t i = 0; i < page->body.size(); ++i) {
      if (((page->body[i] ^ target.current[i]) & ~known->changeable[i]) != 0) {
        return Refusal{Refusal::Reason::field, at + header + i};
      }
      target.current[i] = page->body[i];
    }
    at += page->whole_bytes();
  }
  pages_ = std::move(wanted);
  return std::nullopt;
}

void ModePages::reset() {
  for (Page& page : pages_) {
    page.current = page.defaults;
  }
}

bool ModePages::bit(uint8_t code, size_t body_byte, uint8_t mask) const {
  return (find(code, 0)->current[body_byte] & mask) != 0;
}

bool ModePages::descriptor_sense() const {
  return bit(scsi::kModePageControl, kDSenseByte, kDSense);
}
bool ModePages::write_protected() const {
  return bit(scsi::kModePageControl, kSwpByte, kSwp);
}
bool ModePages::write_cache() const {
  return bit(scsi::kModePageCaching, kWceByte, kWce);
}
bool ModePages::reports_thresholds() const {
  return bit(kErrorRecovery, kLbpereByte, kLbpere);
}

}  // namespace array
