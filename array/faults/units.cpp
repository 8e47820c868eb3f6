// What changes about a logical unit behind the back of its initiators, each told by the unit
// attention that belongs to it.
#include "array/faults/families.h"
#include "scsi/sense.h"

namespace array::faults {
namespace {

// LOGICAL BLOCK PROVISIONING SOFT THRESHOLD REACHED, SBC-3 4.7.3.8.
constexpr uint16_t kSoftThresholdReached = 0x3807;
// NOT READY TO READY CHANGE, MEDIUM MAY HAVE CHANGED.
constexpr uint16_t kMediumMayHaveChanged = 0x2800;

void unit_attention(Array& array, FaultArguments& arguments) {
  const uint8_t asc = arguments.hex_byte("ASC");
  const uint8_t ascq = arguments.hex_byte("ASCQ");
  if (arguments.ready()) {
    array.attention_for_all(static_cast<uint16_t>((asc << 8) | ascq), Array::kEveryLun);
  }
}

void resize(Array& array, FaultArguments& arguments) {
  const size_t lun = arguments.lun();
  const uint64_t size_bytes = arguments.number("BYTES", uint64_t{1} << 62);
  if (arguments.ready()) {
    arguments.settle(array.resize_lun(lun, size_bytes));
  }
}

void identity(Array& array, FaultArguments& arguments) {
  const size_t lun = arguments.lun();
  if (arguments.ready()) {
    array.change_identity(lun);
  }
}

void thin_threshold(Array& array, FaultArguments& arguments) {
  const size_t lun = arguments.lun();
  if (arguments.ready()) {
    array.attention_for_all(kSoftThresholdReached, lun);
  }
}

void medium(Array& array, FaultArguments& arguments) {
  const size_t lun = arguments.lun();
  const bool present = arguments.choice<bool, 2>("in|out", {{{"in", true}, {"out", false}}});
  if (!arguments.ready()) {
    return;
  }
  if (!array.lun(lun).removable()) {
    return arguments.settle({base::Code::unsupported, "the LUN has no removable medium"});
  }
  array.lun(lun).set_medium_present(present);
  if (present) {
    array.attention_for_all(kMediumMayHaveChanged, lun);
  }
}

void write_protect(Array& array, FaultArguments& arguments) {
  const size_t lun = arguments.lun();
  const bool protect = arguments.choice<bool, 2>("on|off", {{{"on", true}, {"off", false}}});
  if (arguments.ready()) {
    array.lun(lun).set_write_protect(protect);
    array.attention_for_all(scsi::kModeParametersChanged, lun);
  }
}

constexpr std::array<Row, 6> kRows = {{
    {{"unit-attention", "ASC ASCQ", "every I_T nexus gets this unit attention (hexadecimal)"},
     &unit_attention},
    {{"resize", "LUN BYTES", "the LUN grows or shrinks (06h/2Ah/09h)"}, &resize},
    {{"identity", "LUN", "the LUN becomes another one: pages 80h and 83h change (06h/3Fh/05h)"},
     &identity},
    {{"thin-threshold", "LUN", "space runs low: 06h/38h/07h to every I_T nexus"}, &thin_threshold},
    {{"medium", "LUN in|out",
      "the medium of a removable LUN is taken out, or put in (06h/28h/00h)"},
     &medium},
    {{"write-protect", "LUN on|off", "the LUN refuses writes, or takes them again (06h/2Ah/01h)"},
     &write_protect},
}};

}  // namespace

std::span<const Row> of_units() {
  return kRows;
}

}  // namespace array::faults
