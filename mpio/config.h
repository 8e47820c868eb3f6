// The multipath disk's settings, with the defaults that its users get. All times are budgets of the
// disk's own clock; none of them is longer than an administrator would wait.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dsm/config.h"
#include "dsm/trace/recorder.h"
#include "dsm/types.h"
#include "mpio/settings.h"

namespace mpio {

class UnsettledWrites;

struct DiskConfig {
  // Which devices the disk may be (dsm::entry_matches()), and what of their ALUA support is
  // believed. No devices: all.
  std::vector<std::string> devices;
  dsm::AluaSupport believed_alua = dsm::AluaSupport::both;
  // What a vendor's profile says to the DSM, the policy of devices without settings among it; what
  // its spans look at outlives the disk. Lanes, locks and statistics are the disk's own business.
  dsm::Config dsm;
  // What is stored, and what this run puts above it.
  Settings settings;
  RunSettings run;

  // Silence: with something outstanding and nothing heard for so long, the target is asked for a
  // sign of life; then the path is suspect (others are preferred), then it is down.
  uint32_t nop_after_ms = 250;
  uint32_t suspect_after_ms = 500;
  uint32_t down_after_ms = 1'200;
  // An idle path is asked for a sign of life this often.
  uint32_t keepalive_ms = 5'000;

  // One command on a path that is otherwise alive.
  uint32_t command_deadline_ms = 30'000;
  // Connect and login, and each command of the examination after it.
  uint32_t login_deadline_ms = 5'000;

  // When no path has served for so long, all requests fail, new ones at once, until one serves
  // again. A request that goes on failing although paths serve has as long.
  uint32_t no_path_deadline_ms = 60'000;
  // A write whose answer was lost counts as dead after so long without a new login to its target
  // port. 0: never; then newer overlapping writes fail after no_path_deadline_ms.
  uint32_t settle_loss_ms = 60'000;

  // Pauses between logins: from the first to the longest, doubling, +- a quarter.
  uint32_t backoff_first_ms = 50;
  uint32_t backoff_max_ms = 5'000;
  // A path that came back must stay well for so long before it carries I/O again (unless nothing
  // else can). A path that keeps failing waits twice as long each time, up to the second figure.
  uint32_t stability_ms = 1'000;
  uint32_t flap_hold_max_ms = 10'000;
  // A failure within this time after the path came back counts as flapping.
  uint32_t flap_window_ms = 60'000;

  // A path on which commands fail too often (dsm.path_error_limit) is the last choice for so long.
  uint32_t path_error_hold_ms = 60'000;

  // A path in use is examined again this often: size, identity, limits.
  uint32_t recheck_ms = 30'000;

  // The writes of unknown fate of all disks that lead to this LUN; null: there is only this one.
  // `member`: which of them it is, see UnsettledWrites.
  std::shared_ptr<UnsettledWrites> unsettled;
  unsigned member = 0;

  // Where a trace of the DSM goes (docs/traces.md); nowhere unless it is set. Called under the
  // DSM's mutex, on any lane's thread.
  dsm::trace::Sink trace;
  // Which path each command takes goes there too: a lock for every command.
  bool trace_picks = false;

  // Counted retries of one request.
  uint32_t retry_limit = 8;
  // For jitter.
  uint64_t seed = 1;
};

}  // namespace mpio
