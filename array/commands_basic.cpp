// Commands about the unit as such: TEST UNIT READY, REQUEST SENSE, REPORT LUNS, MODE SENSE, START
// STOP UNIT, READ CAPACITY.
#include <algorithm>
#include <vector>

#include "array/commands.h"
#include "scsi/capacity.h"
#include "scsi/luns.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kReportedLunsChanged = 0x3f0e;

// Sizes data_in, encodes through `encode(span)`, and cuts to the allocation length.
template <typename Encode>
void answer(Task& task, size_t allocation_bytes, Encode&& encode) {
  std::array<uint8_t, 4096> whole{};
  const size_t needed = std::min(encode(base::MutableBytes(whole)), whole.size());
  const size_t count = std::min(needed, allocation_bytes);
  task.data_in.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(count));
  end_good(task);
}

scsi::Capacity capacity_of(const Lun& lun) {
  scsi::Capacity capacity;
  capacity.last_lba = lun.block_count() - 1;
  capacity.block_bytes = lun.block_bytes();
  capacity.physical_exponent = lun.physical_exponent();
  capacity.thin = true;
  capacity.read_zeros = true;
  return capacity;
}

// Mode pages: caching (08h) and control (0Ah). SBC-3 6.4.5, SPC-4 7.5.8.
void append_page(std::vector<uint8_t>& out, uint8_t page) {
  if (page == 0x08) {
    std::array<uint8_t, 20> caching{};
    caching[0] = 0x08;
    caching[1] = 18;
    out.insert(out.end(), caching.begin(), caching.end());  // WCE 0: every write is on the medium
  } else {
    std::array<uint8_t, 12> control{};
    control[0] = 0x0a;
    control[1] = 10;
    control[3] = 0x10;  // unrestricted reordering
    out.insert(out.end(), control.begin(), control.end());
  }
}

}  // namespace

void test_unit_ready(Context& context) {
  end_good(context.task);
}

void request_sense(Context& context) {
  Task& task = context.task;
  scsi::Sense sense;
  if (context.lun == nullptr) {
    sense.key = scsi::kIllegalRequest;
    sense.asc = 0x25;
  } else {
    AttentionQueue& queue = context.nexus.attentions[context.lun->number()];
    if (!queue.empty()) {
      sense.key = scsi::kUnitAttention;
      sense.asc = static_cast<uint8_t>(queue.front() >> 8);
      sense.ascq = static_cast<uint8_t>(queue.front());
      queue.pop();
    }
  }
  const bool descriptor = (context.cdb()[1] & 1) != 0;
  answer(task, context.cdb()[4], [&](base::MutableBytes out) {
    return descriptor ? scsi::encode_descriptor_sense(out, sense)
                      : scsi::encode_fixed_sense(out, sense);
  });
}

void report_luns(Context& context) {
  const base::Bytes cdb = context.cdb();
  const uint32_t allocation = base::load_be32(&cdb[6]);
  if (cdb[2] > 2) {
    return end_invalid_field(context.task, 2);
  }
  if (allocation < 16) {
    return end_invalid_field(context.task, 6);
  }
  std::vector<uint32_t> luns;
  if (cdb[2] != 1) {  // 1 asks for well-known units only, of which there are none
    for (uint32_t i = 0; i < context.array.lun_count(); ++i) {
      luns.push_back(i);
    }
  }
  for (AttentionQueue& queue : context.nexus.attentions) {
    queue.remove(kReportedLunsChanged);
  }
  answer(context.task, allocation,
         [&](base::MutableBytes out) { return scsi::encode_report_luns(out, luns); });
}

void mode_sense(Context& context) {
  const base::Bytes cdb = context.cdb();
  const bool ten = cdb[0] == scsi::kModeSense10;
  const uint8_t page = cdb[2] & 0x3f;
  const uint8_t page_control = cdb[2] >> 6;
  const bool all = page == 0x3f;
  if (page_control == 3) {
    return end_check(context.task, scsi::kIllegalRequest, 0x3900);
  }
  if ((!all && page != 0x08 && page != 0x0a) || (cdb[3] != 0 && cdb[3] != 0xff)) {
    return end_invalid_field(context.task, 2);
  }
  const size_t header = ten ? 8 : 4;
  std::vector<uint8_t> data(header);
  for (const uint8_t known : {uint8_t{0x08}, uint8_t{0x0a}}) {
    if (all || page == known) {
      const size_t at = data.size();
      append_page(data, known);
      if (page_control == 1) {  // changeable values: nothing can be changed
        std::fill(data.begin() + static_cast<std::ptrdiff_t>(at) + 2, data.end(), uint8_t{0});
      }
    }
  }
  // Device-specific parameter: write protect and DPOFUA (SBC-3 6.4.1).
  const uint8_t device = static_cast<uint8_t>((context.lun->read_only() ? 0x80 : 0) | 0x10);
  if (ten) {
    base::store_be16(data.data(), static_cast<uint16_t>(data.size() - 2));
    data[3] = device;
  } else {
    data[0] = static_cast<uint8_t>(data.size() - 1);
    data[2] = device;
  }
  const size_t allocation = ten ? base::load_be16(&cdb[7]) : cdb[4];
  data.resize(std::min(data.size(), allocation));
  context.task.data_in = std::move(data);
  end_good(context.task);
}

void start_stop_unit(Context& context) {
  end_good(context.task);
}

void read_capacity10(Context& context) {
  answer(context.task, 8, [&](base::MutableBytes out) {
    return scsi::encode_capacity10(out, capacity_of(*context.lun));
  });
}

void read_capacity16(Context& context) {
  answer(context.task, base::load_be32(&context.cdb()[10]), [&](base::MutableBytes out) {
    return scsi::encode_capacity16(out, capacity_of(*context.lun));
  });
}

}  // namespace array
