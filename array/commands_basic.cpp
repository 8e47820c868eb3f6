// Commands about the unit as such: TEST UNIT READY, REQUEST SENSE, REPORT LUNS.
#include <array>
#include <vector>

#include "array/commands.h"
#include "scsi/luns.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kReportedLunsChanged = 0x3f0e;

}  // namespace

void test_unit_ready(Context& context) {
  end_good(context.task);
}

void request_sense(Context& context) {
  Task& task = context.task;
  scsi::Sense sense;
  if (context.lun == nullptr) {
    sense = scsi::make_sense(scsi::kIllegalRequest, 0x2500);
  } else {
    AttentionQueue& queue = context.nexus.attentions[context.lun->number()];
    if (!queue.empty()) {
      sense = scsi::make_sense(scsi::kUnitAttention, queue.front());
      queue.pop();
    }
  }
  const bool descriptor = (context.cdb()[1] & 1) != 0;
  std::array<uint8_t, 32> data{};
  const size_t length = descriptor ? scsi::encode_descriptor_sense(data, sense)
                                   : scsi::encode_fixed_sense(data, sense);
  end_with_data(task, base::Bytes(data).first(length), context.cdb()[4]);
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
  std::vector<uint8_t> data(8 + luns.size() * 8);
  scsi::encode_report_luns(data, luns);
  end_with_data(context.task, data, allocation);
}

}  // namespace array
