// The disk's state as a table, from the JSON that the control socket answers to "show". `dsmkit
// show`, and the live table of `dsmkit disk` on a terminal, draw with this.
//
// The document (also what `show --json` prints):
//   disk:  identity, vendor, product, revision, serial, size_bytes, logical_block_bytes, policy,
//          policy_origin ("default", "DSM-wide", "hardware id", "LUN", "this run"), settings_key,
//          alua,
//          symmetric, state, queued_requests, in_flight_requests, unsettled [{path, lba, blocks,
//          age_ms}]
//   paths: [{number (as commands take it), name, state, health, lifecycle, access, effective,
//   group, preferred_group, relative_port, in_flight,
//          ios, read_bytes, written_bytes, errors, failovers, retries, latency_avg_us,
//          latency_max_us, last_error, stable_name, preferred, weight, desire,
//          failed_by_administrator}]
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cli {

// Whether `state` has the shape of what a disk says of itself.
bool is_disk_state(const nlohmann::ordered_json& state);

std::string show_text(const nlohmann::ordered_json& state);

}  // namespace cli
