// See status_json.h.
#include "cli/status_json.h"

#include <string>

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

Json path_json(const mpio::PathStatus& path) {
  Json row;
  row["name"] = path.name;
  row["state"] = mpio::name_of(path.state);
  row["health"] = path.health;
  row["lifecycle"] = path.lifecycle;
  row["access"] = path.access.empty() ? Json() : Json(path.access);
  row["effective"] = path.effective;
  row["carries_io"] = path.candidate;
  row["group"] = path.has_group ? Json(path.group) : Json();
  row["preferred_group"] = path.preferred_group;
  row["relative_port"] = path.has_group ? Json(path.relative_port) : Json();
  row["in_flight"] = path.in_flight;
  row["ios"] = path.ios;
  row["read_bytes"] = path.read_bytes;
  row["written_bytes"] = path.written_bytes;
  row["errors"] = path.errors;
  row["failovers"] = path.failovers;
  row["retries"] = path.retries;
  row["logins"] = path.logins;
  row["latency_avg_us"] = path.ios == 0 ? 0 : path.latency_sum_ns / path.ios / 1000;
  row["latency_max_us"] = path.latency_max_ns / 1000;
  row["write_protected"] = path.write_protected ? Json(*path.write_protected) : Json();
  row["last_error"] = path.last_error;
  return row;
}

}  // namespace

Json status_json(const mpio::DiskStatus& status) {
  Json disk;
  disk["identity"] = status.identity;
  disk["vendor"] = status.vendor;
  disk["product"] = status.product;
  disk["revision"] = status.revision;
  disk["serial"] = status.serial;
  disk["size_bytes"] = status.geometry.size_bytes;
  disk["logical_block_bytes"] = status.geometry.logical_block_bytes;
  disk["physical_block_bytes"] = status.geometry.physical_block_bytes;
  disk["read_only"] = status.geometry.read_only;
  disk["policy"] = status.policy;
  disk["alua"] = status.alua;
  disk["symmetric"] = status.symmetric;
  disk["lanes"] = status.lanes;
  disk["state"] = status.state;
  disk["queued_requests"] = status.queued_requests;
  disk["in_flight_requests"] = status.in_flight_requests;
  disk["failed_requests"] = status.failed_requests;
  disk["presumed_lost_writes"] = status.presumed_lost_writes;
  disk["unsettled"] = Json::array();
  for (const mpio::UnsettledStatus& record : status.unsettled) {
    disk["unsettled"].push_back({{"path", record.path},
                                 {"lba", record.lba},
                                 {"blocks", record.blocks},
                                 {"age_ms", record.age_ms}});
  }
  disk["error_rules"] = Json::array();
  for (const mpio::RuleCount& rule : status.error_rules) {
    disk["error_rules"].push_back(
        {{"name", rule.name}, {"of_vendor", rule.of_vendor}, {"count", rule.count}});
  }
  Json document;
  document["disk"] = std::move(disk);
  document["paths"] = Json::array();
  for (const mpio::PathStatus& path : status.paths) {
    document["paths"].push_back(path_json(path));
  }
  return document;
}

}  // namespace cli
