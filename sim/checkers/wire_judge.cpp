// See wire_judge.h.
#include "sim/checkers/wire_judge.h"

#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "scsi/block_range.h"
#include "scsi/cdb.h"
#include "scsi/opcodes.h"

namespace sim {
namespace {

uint64_t content_of(const mpio::TransportCommand& command) {
  uint64_t content = command.cdb.opcode();
  // The first word of a stamped block is the id of its write. Slices are cut anywhere.
  uint64_t word = 0;
  size_t have = 0;
  for (const mpio::IoSlice& slice : command.slices) {
    for (size_t i = 0; i < slice.size_bytes && have < 8; ++i) {
      word |= uint64_t{slice.data[i]} << (8 * have++);
    }
  }
  return content ^ (word << 8);
}

// Carries blocks with content of their own.
bool is_write(const mpio::TransportCommand& command) {
  const uint8_t opcode = command.cdb.opcode();
  return opcode == scsi::kWrite10 || opcode == scsi::kWrite16;
}

bool is_reserve(const mpio::TransportCommand& command) {
  const uint8_t opcode = command.cdb.opcode();
  return opcode == scsi::kPersistentReserveIn || opcode == scsi::kPersistentReserveOut;
}

// The blocks that a command changes; several for UNMAP.
template <typename F>
void for_each_change(const mpio::TransportCommand& command, F&& visit) {
  if (!scsi::changes_medium(command.cdb.opcode()) ||
      command.direction == mpio::Direction::from_target) {
    return;
  }
  if (const auto range = scsi::block_range(command.cdb.span())) {
    visit(WireWrite{range->lba, range->blocks, content_of(command)});
    return;
  }
  if (command.cdb.opcode() != scsi::kUnmap) {
    return;
  }
  std::vector<uint8_t> list;
  for (const mpio::IoSlice& slice : command.slices) {
    list.insert(list.end(), slice.data, slice.data + slice.size_bytes);
  }
  // SBC-3 5.28: an 8-byte header, then descriptors of LBA, count and 4 reserved bytes.
  for (size_t at = 8; at + 16 <= list.size(); at += 16) {
    visit(WireWrite{base::load_be64(&list[at]), base::load_be32(&list[at + 8]), scsi::kUnmap});
  }
}

}  // namespace

WireJudge::WireJudge(uint32_t links, const WireBudgets& budgets, uint64_t settle_loss_ns,
                     Clock& clock, Findings& findings)
    : budgets_(budgets),
      clock_(clock),
      findings_(findings),
      rule_(settle_loss_ns),
      logins_(links),
      controls_(links),
      uses_(links, Use::all),
      data_by_link_(links, 0) {}

std::vector<uint32_t> WireJudge::take_data_by_link() {
  return std::exchange(data_by_link_, std::vector<uint32_t>(data_by_link_.size(), 0));
}

void WireJudge::out_of_use(const char* what, uint32_t link) {
  findings_.add(Invariant::out_of_use, clock_.now_ns(),
                std::string(what) + " on link " + std::to_string(link) +
                    (uses_[link] == Use::nothing ? " after its path was removed"
                                                 : " while its path is out of use"));
}

void WireJudge::check(Rate& rate, uint64_t window_ns, uint32_t limit, const char* what,
                      uint32_t link) {
  if (rate.add(clock_.now_ns() / window_ns) > limit && limit != 0 && !rate.told) {
    rate.told = true;
    findings_.add(Invariant::send_budget, clock_.now_ns(),
                  "more than " + std::to_string(limit) + " " + what + " within " +
                      std::to_string(window_ns / kSecond) + " s on link " + std::to_string(link));
  }
}

void WireJudge::on_login_started(uint32_t link) {
  if (uses_[link] == Use::nothing) {
    out_of_use("a login", link);
  }
  check(logins_[link], 10 * kSecond, budgets_.logins_per_link, "logins", link);
}

void WireJudge::on_logged_in(uint32_t link) {
  rule_.on_reinstated(link);
}

void WireJudge::on_sent(uint32_t link, const mpio::TransportCommand& command) {
  const bool data =
      scsi::block_range(command.cdb.span()).has_value() || command.cdb.opcode() == scsi::kUnmap;
  if (uses_[link] == Use::nothing || (data && uses_[link] == Use::no_data)) {
    out_of_use(data ? "a data command" : "a command", link);
  }
  if (conflicts_ != nullptr && is_reserve(command)) {
    conflicts_->on_reserve_sent(host_);
  }
  if (!data) {
    ++control_sends_;
    check(controls_[link], kSecond, budgets_.controls_per_link, "commands without data", link);
    return;
  }
  if (conflicts_ != nullptr && is_write(command)) {
    conflicts_->on_write_sent(host_, content_of(command));
  }
  ++data_sends_;
  ++data_by_link_[link];
  check(data_, kSecond, budgets_.sends_per_second, "data commands", link);
  for_each_change(command, [&](const WireWrite& write) {
    if (auto wrong = rule_.on_sent(link, write, clock_.now_ns())) {
      findings_.add(Invariant::late_write_rule, clock_.now_ns(), *wrong);
    }
  });
}

void WireJudge::on_back(uint32_t link, const mpio::TransportCommand& command) {
  if (conflicts_ != nullptr && is_write(command) && command.delivery == mpio::Delivery::delivered &&
      command.scsi_status == scsi::kReservationConflict) {
    conflicts_->on_conflict(host_, link, content_of(command));
  }
  if (conflicts_ != nullptr && is_reserve(command)) {
    conflicts_->on_reserve_back(host_);
  }
  for_each_change(command, [&](const WireWrite& write) {
    if (command.delivery == mpio::Delivery::delivered) {
      if (command.scsi_status == scsi::kGood) {
        rule_.on_answered(write);
      }
    } else if (command.delivery != mpio::Delivery::not_sent) {
      rule_.on_given_up(link, write, clock_.now_ns());
    }
  });
}

}  // namespace sim
