// From a completion to a verdict: one look-up in the error table, and what the row asks for
// besides.
#include "dsm/access/engine.h"
#include "dsm/locks.h"
#include "dsm/module.h"
#include "dsm/replan.h"
#include "dsm/reservation/engine.h"

namespace dsm {
namespace {

// Is there an active/optimized candidate other than `nexus`?
bool optimized_elsewhere(const Lun& lun, const Nexus& nexus) {
  const uint32_t candidates = lun.candidates();
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    const Nexus* other = (candidates >> slot & 1U) != 0 ? lun.nexus_at(slot) : nullptr;
    if (other != nullptr && other != &nexus &&
        lun.plan.effective[slot] == EffectiveState::active_optimized) {
      return true;
    }
  }
  return false;
}

}  // namespace

Verdict Module::interpret(Nexus& nexus, const Completion& completion, Actions& out) {
  Lun& lun = *nexus.lun;
  Step step{config_, out, completion.now, Cause::io_error};
  const LunGuard guard(config_.locks, lun);
  const ErrorFacts facts = facts_of(completion, optimized_elsewhere(lun, nexus),
                                    lun.reservation_valid && !nexus.registered);
  const RowMatch match = find_row(config_.vendor_rows, facts);
  Verdict verdict = match.row->verdict;
  verdict.row = match.index;
  if (facts.deferred) {
    report(step, lun, ReportWhat::deferred_error, 0, completion.scsi_status, &nexus,
           sense_detail(facts.key, facts.asc, facts.ascq));
  }
  // What is left over from a nexus that leaves says nothing of the path's next life.
  if (match.row->against_path && takes_commands(nexus) &&
      reaches_limit(nexus.path->errors, config_, completion.now)) {
    add(step, ActionKind::mistrust_path, nullptr).path = nexus.path->id;
  }
  if (match.row->follow_up != FollowUp::nothing) {
    follow_up(step, nexus, *match.row);
    settle(step, lun);
  }
  return verdict;
}

void Module::follow_up(Step& step, Nexus& nexus, const ErrorRow& row) {
  Lun& lun = *nexus.lun;
  switch (row.follow_up) {
    case FollowUp::nothing:
      break;
    case FollowUp::fail_nexus:
      // The first of many commands that die together does the work; a nexus that leaves is no news.
      if (nexus.health != Health::down && takes_commands(nexus)) {
        report(step, lun, ReportWhat::health, static_cast<uint32_t>(nexus.health),
               static_cast<uint32_t>(Health::down), &nexus);
        nexus.health = Health::down;
        reservation::on_down(lun, nexus);
        replan(step, lun);
      }
      break;
    case FollowUp::rtpg_here:
      access::refresh_for_error(step, lun, nexus, false);
      break;
    case FollowUp::rtpg_other_group:
      access::refresh_for_error(step, lun, nexus, true);
      break;
    case FollowUp::start_unit:
      access::take_over_for_error(step, lun, nexus);
      break;
    case FollowUp::check_registration:
      reservation::on_doubt(step, lun, nexus, reservation::Doubt::news);
      break;
    case FollowUp::check_registration_now_and_then:
      reservation::on_doubt(step, lun, nexus, reservation::Doubt::conflict);
      break;
  }
}

}  // namespace dsm
