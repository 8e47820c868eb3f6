// Answers that are not true, or not even well-formed. lies.h makes them.
#include "array/faults/families.h"

namespace array::faults {
namespace {

void rtpg(Array& array, FaultArguments& arguments) {
  const std::vector<unsigned> ports = arguments.ports();
  const auto lie = arguments.choice<RtpgLie, 8>("LIE", {{{"off", RtpgLie::off},
                                                         {"stale", RtpgLie::stale},
                                                         {"truncated", RtpgLie::truncated},
                                                         {"too-long", RtpgLie::too_long},
                                                         {"empty", RtpgLie::empty},
                                                         {"duplicate", RtpgLie::duplicate},
                                                         {"unknown-group", RtpgLie::unknown_group},
                                                         {"reserved", RtpgLie::reserved}}});
  if (!arguments.ready()) {
    return;
  }
  std::vector<scsi::SetGroup> now;
  for (uint16_t id = 1; array.groups().exists(id); ++id) {
    now.push_back({id, array.groups().state(id)});
  }
  for (const unsigned port : ports) {
    array.port_faults(port).rtpg_lie = lie;
    array.port_faults(port).stale_groups = now;
  }
}

void vpd(Array& array, FaultArguments& arguments) {
  const std::vector<unsigned> ports = arguments.ports();
  const uint8_t page = arguments.hex_byte("PAGE");
  const auto lie = arguments.choice<PageLie, 5>("LIE", {{{"off", PageLie::off},
                                                         {"truncated", PageLie::truncated},
                                                         {"too-long", PageLie::too_long},
                                                         {"wrong-page", PageLie::wrong_page},
                                                         {"garbage", PageLie::garbage}}});
  if (!arguments.ready()) {
    return;
  }
  for (const unsigned port : ports) {
    array.port_faults(port).page_lie = lie;
    array.port_faults(port).page = page;
  }
}

void wrong_identity(Array& array, FaultArguments& arguments) {
  const std::vector<unsigned> ports = arguments.ports();
  const bool on = arguments.on_off();
  if (!arguments.ready()) {
    return;
  }
  for (const unsigned port : ports) {
    array.port_faults(port).wrong_identity = on;
  }
}

void malformed_sense(Array& array, FaultArguments& arguments) {
  const std::vector<unsigned> ports = arguments.ports();
  const auto lie = arguments.choice<SenseLie, 3>("LIE", {{{"missing", SenseLie::missing},
                                                          {"truncated", SenseLie::truncated},
                                                          {"garbage", SenseLie::garbage}}});
  const uint32_t count = arguments.count();
  if (!arguments.ready()) {
    return;
  }
  for (const unsigned port : ports) {
    array.port_faults(port).sense_lie = lie;
    array.port_faults(port).sense_lies = count;
  }
}

constexpr std::array<Row, 4> kRows = {{
    {{"rtpg", "PORT|all LIE",
      "RTPG through the port lies: stale, truncated, too-long, empty, duplicate, unknown-group, "
      "reserved; off"},
     &rtpg},
    {{"vpd", "PORT|all PAGE LIE",
      "this VPD page (hexadecimal) is malformed: truncated, too-long, wrong-page, garbage; off"},
     &vpd},
    {{"wrong-identity", "PORT|all on|off", "the port shows its LUNs under other names"},
     &wrong_identity},
    {{"malformed-sense", "PORT|all LIE [COUNT]",
      "the next COUNT tasks fail, their sense is: missing, truncated, garbage"},
     &malformed_sense},
}};

}  // namespace

std::span<const Row> of_answers() {
  return kRows;
}

}  // namespace array::faults
