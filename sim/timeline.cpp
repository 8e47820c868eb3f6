// See timeline.h.
#include "sim/timeline.h"

#include <cstdio>

#include "mpio/path_state.h"
#include "scsi/block_range.h"
#include "scsi/opcodes.h"
#include "scsi/persistent_reservation.h"
#include "sim/deed_plan.h"

namespace sim {

const char* name_of(What what) {
  switch (what) {
    case What::io_submitted:
      return "io submitted";
    case What::io_done:
      return "io done";
    case What::login_started:
      return "login started";
    case What::login_done:
      return "login done";
    case What::sent:
      return "sent";
    case What::answered:
      return "answered";
    case What::handed_back:
      return "handed back";
    case What::link_dropped:
      return "link dropped";
    case What::link_lost:
      return "link lost";
    case What::path_state:
      return "path state";
    case What::delivered:
      return "delivered";
    case What::request_lost:
      return "request lost";
    case What::reply_lost:
      return "reply lost";
    case What::fault:
      return "fault";
    case What::phase:
      return "phase";
    case What::violation:
      return "VIOLATION";
    case What::final_read:
      return "final read";
    case What::reserve_sent:
      return "reserve sent";
    case What::reserve_done:
      return "reserve done";
    case What::deed:
      return "deed";
  }
  return "?";
}

uint64_t subject_of(const scsi::Cdb& cdb) {
  if (cdb.opcode() == scsi::kPersistentReserveIn || cdb.opcode() == scsi::kPersistentReserveOut) {
    return cdb.service_action();
  }
  const auto range = scsi::block_range(cdb.span());
  return range ? range->lba : 0;
}

namespace {

std::string text_of_command(uint64_t opcode, uint64_t subject) {
  char text[64];
  std::snprintf(text, sizeof text, "op %02llXh ", static_cast<unsigned long long>(opcode));
  if (opcode == scsi::kPersistentReserveIn) {
    return std::string(text) + name_of(static_cast<scsi::ReserveInAction>(subject));
  }
  if (opcode == scsi::kPersistentReserveOut) {
    return std::string(text) + name_of(static_cast<scsi::ReserveOutAction>(subject));
  }
  return std::string(text) + "lba " + std::to_string(subject);
}

}  // namespace

std::string text_of(const Event& event) {
  using Wide = unsigned long long;
  const Wide a = event.a, b = event.b, c = event.c, d = event.d;
  char detail[128] = "";
  switch (event.what) {
    case What::io_submitted: {
      static constexpr const char* kOps[] = {"read", "write", "flush", "trim", "write-zeroes"};
      std::snprintf(detail, sizeof detail, "#%llu %s block %llu +%llu", a, d < 5 ? kOps[d] : "?", b,
                    c);
      break;
    }
    case What::io_done:
      std::snprintf(detail, sizeof detail, "#%llu errno %llu", a, b);
      break;
    case What::sent:
      std::snprintf(detail, sizeof detail, "path %llu %s +%llu", a, text_of_command(b, c).c_str(),
                    d);
      break;
    case What::answered:
      std::snprintf(detail, sizeof detail, "path %llu op %02llXh status %02llXh sense %06llXh", a,
                    b, c, d);
      break;
    case What::delivered:
      std::snprintf(detail, sizeof detail, "path %llu %s%s", a, text_of_command(b, c).c_str(),
                    d != 0 ? " (LATE: the initiator has given it up)" : "");
      break;
    case What::request_lost:
    case What::reply_lost:
    case What::handed_back:
      std::snprintf(detail, sizeof detail, "path %llu %s (%llu)", a, text_of_command(b, c).c_str(),
                    d);
      break;
    case What::login_started:
    case What::login_done:
    case What::link_dropped:
    case What::link_lost:
      std::snprintf(detail, sizeof detail, "path %llu result %llu", a, b);
      break;
    case What::path_state: {
      const auto state = [](Wide number) {
        return std::string(mpio::name_of(static_cast<mpio::PathState>(number)));
      };
      std::snprintf(detail, sizeof detail, "path %llu %s -> %s", a, state(b).c_str(),
                    state(c).c_str());
      break;
    }
    case What::fault:
      std::snprintf(detail, sizeof detail, "%llu: kind %llu on %llu %s", a, b, c,
                    d != 0 ? "begins" : "ends");
      break;
    case What::phase:
    case What::violation:
      std::snprintf(detail, sizeof detail, "%llu", a);
      break;
    case What::final_read:
      std::snprintf(detail, sizeof detail, "block %llu version %llu", a, b);
      break;
    case What::reserve_sent:
      std::snprintf(detail, sizeof detail, "host %llu %s key %llXh, %llXh", a,
                    name_of(static_cast<scsi::ReserveOutAction>(b)), c, d);
      break;
    case What::reserve_done:
      std::snprintf(detail, sizeof detail, "host %llu %s errno %llu status %02llXh", a,
                    name_of(static_cast<scsi::ReserveOutAction>(b)), c, d);
      break;
    case What::deed:
      std::snprintf(detail, sizeof detail, "%llu: %s on %llu, value %llu", a,
                    b < kDeedKinds ? name_of(static_cast<DeedKind>(b)) : "?", c, d);
      break;
  }
  char line[200];
  std::snprintf(line, sizeof line, "%12.6f s  %-14s %s", static_cast<double>(event.at_ns) / 1e9,
                name_of(event.what), detail);
  return line;
}

void Timeline::add(uint64_t at_ns, What what, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  mix(at_ns);
  mix(static_cast<uint64_t>(what));
  mix(a);
  mix(b);
  mix(c);
  mix(d);
  if (keep_) {
    events_.push_back({at_ns, what, a, b, c, d});
  }
}

}  // namespace sim
