// See lies.h.
#include "array/lies.h"

#include <algorithm>

#include "scsi/designator.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "scsi/vpd.h"

namespace array {
namespace {

constexpr uint16_t kNobodysGroup = 0x7ff0;
constexpr uint8_t kReservedState = 0x9;
constexpr uint8_t kReservedResponseCode = 0x7e;
constexpr size_t kClaimedBeyond = 0x100;

// Neither all zero nor a pattern that means something.
uint8_t noise(size_t at) {
  return static_cast<uint8_t>(0xa7 + at * 31);
}

void claim_more(base::MutableBytes page) {
  base::store_be16(&page[2], static_cast<uint16_t>(base::load_be16(&page[2]) + kClaimedBeyond));
}

// Another name that is as good as the true one: one digit differs.
void change_last(base::MutableBytes name) {
  if (!name.empty()) {
    name.back() ^= 1;
  }
}

// Every designator of the logical unit in a page 83h.
void change_designators(base::MutableBytes page) {
  scsi::DesignatorWalk walk(page);
  while (const auto designator = walk.next()) {
    if (designator->association == scsi::Association::logical_unit) {
      const auto at = static_cast<size_t>(designator->bytes.data() - page.data());
      change_last(page.subspan(at, designator->bytes.size()));
    }
  }
}

void lie_about_page(PageLie lie, std::vector<uint8_t>& page) {
  switch (lie) {
    case PageLie::off:
      break;
    case PageLie::truncated:
      page.resize(page.size() / 2);
      break;
    case PageLie::too_long:
      claim_more(page);
      break;
    case PageLie::wrong_page:
      page[1] ^= 0x40;
      break;
    case PageLie::garbage:
      for (size_t i = 4; i < page.size(); ++i) {
        page[i] = noise(i);
      }
      break;
  }
}

}  // namespace

void lie_about_groups(RtpgLie lie, std::span<const scsi::SetGroup> stale,
                      scsi::TargetPortGroups& groups) {
  switch (lie) {
    case RtpgLie::off:
    case RtpgLie::truncated:
    case RtpgLie::too_long:
      break;
    case RtpgLie::stale:
      for (scsi::TargetPortGroup& group : groups.groups) {
        for (const scsi::SetGroup& old : stale) {
          group.state = old.id == group.id ? old.state : group.state;
        }
      }
      break;
    case RtpgLie::empty:
      groups.groups.clear();
      break;
    case RtpgLie::duplicate:
      if (!groups.groups.empty()) {
        static_cast<void>(groups.groups.push_back(groups.groups[0]));
      }
      break;
    case RtpgLie::unknown_group:
      if (!groups.groups.empty()) {
        groups.groups[groups.groups.size() - 1].id = kNobodysGroup;
      }
      break;
    case RtpgLie::reserved:
      for (scsi::TargetPortGroup& group : groups.groups) {
        group.state = static_cast<scsi::AccessState>(kReservedState);
      }
      break;
  }
}

size_t lie_about_length(RtpgLie lie, base::MutableBytes data, size_t length) {
  constexpr size_t kCut = 6;  // into the last port descriptor and beyond it
  if (lie == RtpgLie::truncated && length > kCut) {
    base::store_be32(data.data(), static_cast<uint32_t>(length - kCut - 4));
    return length - kCut;
  }
  if (lie == RtpgLie::too_long && length >= 4) {
    base::store_be32(data.data(), static_cast<uint32_t>(length - 4 + kClaimedBeyond));
  }
  return length;
}

void lie_about_pages(const PortFaults& faults, Task& task) {
  const base::Bytes cdb = task.cdb.span();
  const bool lies = faults.page_lie != PageLie::off || faults.wrong_identity;
  if (!lies || cdb.size() < 6 || cdb[0] != scsi::kInquiry || (cdb[1] & 1) == 0 ||
      task.status != scsi::kGood || task.data_in.size() < 4) {
    return;
  }
  if (faults.wrong_identity && cdb[2] == scsi::kVpdSerialNumber) {
    change_last(base::MutableBytes(task.data_in).subspan(4));
  }
  if (faults.wrong_identity && cdb[2] == scsi::kVpdDeviceIdentification) {
    change_designators(task.data_in);
  }
  if (faults.page == cdb[2]) {
    lie_about_page(faults.page_lie, task.data_in);
  }
}

void end_with_malformed_sense(SenseLie lie, Task& task) {
  task.status = scsi::kCheckCondition;
  task.data_in.clear();
  task.sense.fill(0);
  task.sense_bytes = 0;
  if (lie == SenseLie::truncated) {
    task.sense[0] = 0x70;
    task.sense[2] = scsi::kUnitAttention;
    task.sense_bytes = 3;
  } else if (lie == SenseLie::garbage) {
    for (size_t i = 0; i < task.sense.size(); ++i) {
      task.sense[i] = noise(i);
    }
    task.sense[0] = kReservedResponseCode;
    task.sense_bytes = static_cast<uint8_t>(task.sense.size());
  }
}

}  // namespace array
