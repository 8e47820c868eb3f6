// See show_text.h.
#include "cli/show_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cli/size_text.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) {
    return "-";
  }
  return found->is_string() ? found->get<std::string>() : found->dump();
}

uint64_t number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

struct Column {
  const char* title;
  const char* key;
  bool number;
};
constexpr std::array<Column, 10> kColumns = {{{"path", "name", false},
                                              {"state", "state", false},
                                              {"access", "access", false},
                                              {"group", "group", true},
                                              {"port", "relative_port", true},
                                              {"in flight", "in_flight", true},
                                              {"I/Os", "ios", true},
                                              {"errors", "errors", true},
                                              {"avg us", "latency_avg_us", true},
                                              {"note", "last_error", false}}};

}  // namespace

bool is_disk_state(const Json& state) {
  const auto disk = state.find("disk");
  const auto paths = state.find("paths");
  return disk != state.end() && disk->is_object() && paths != state.end() && paths->is_array();
}

std::string show_text(const Json& state) {
  const Json& disk = state.at("disk");
  std::string out = fmt::format("{}  {} {}  {}, {}-byte blocks{}\n", text_of(disk, "identity"),
                                text_of(disk, "vendor"), text_of(disk, "product"),
                                format_size(number_of(disk, "size_bytes")),
                                number_of(disk, "logical_block_bytes"),
                                text_of(disk, "read_only") == "true" ? ", read-only" : "");
  out += fmt::format("state {}  policy {}  ALUA {}  lanes {}  queued {}  in flight {}\n\n",
                     text_of(disk, "state"), text_of(disk, "policy"), text_of(disk, "alua"),
                     text_of(disk, "lanes"), number_of(disk, "queued_requests"),
                     number_of(disk, "in_flight_requests"));
  if (const auto profile = state.find("profile"); profile != state.end() && profile->is_object()) {
    const Json names = profile->value("names", Json::object());
    out.pop_back();
    out += fmt::format("profile {} {} of {} ({})\n\n", text_of(names, "product"),
                       text_of(names, "version"), text_of(names, "company"),
                       text_of(*profile, "file"));
  }
  std::array<size_t, kColumns.size()> widths{};
  std::vector<std::array<std::string, kColumns.size()>> rows(1);
  for (size_t c = 0; c < kColumns.size(); ++c) {
    rows[0][c] = kColumns[c].title;
  }
  for (const Json& path : state.at("paths")) {
    auto& row = rows.emplace_back();
    for (size_t c = 0; c < kColumns.size(); ++c) {
      row[c] = text_of(path, kColumns[c].key);
    }
  }
  for (const auto& row : rows) {
    for (size_t c = 0; c < kColumns.size(); ++c) {
      widths[c] = std::max(widths[c], row[c].size());
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < kColumns.size(); ++c) {
      line += kColumns[c].number ? fmt::format("{:>{}}  ", row[c], widths[c])
                                 : fmt::format("{:<{}}  ", row[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  for (const Json& range : disk.value("unsettled", Json::array())) {
    out += fmt::format(
        "unsettled: LBA {} + {} written over {} may still execute; newer overlapping "
        "writes wait\n",
        number_of(range, "lba"), number_of(range, "blocks"), text_of(range, "path"));
  }
  std::string rules;
  for (const Json& rule : disk.value("error_rules", Json::array())) {
    rules += fmt::format("{}{} {}{}", rules.empty() ? "" : ", ", text_of(rule, "name"),
                         number_of(rule, "count"),
                         text_of(rule, "of_vendor") == "true" ? " (profile)" : "");
  }
  return rules.empty() ? out : out + "errors by rule: " + rules + '\n';
}

}  // namespace cli
