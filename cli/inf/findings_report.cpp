#include "cli/inf/findings_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace cli {
namespace {

using inf::Finding;
using inf::RuleText;
using nlohmann::json;

size_t count(const std::vector<Finding>& findings, inf::Level level) {
  return static_cast<size_t>(std::count_if(
      findings.begin(), findings.end(),
      [level](const Finding& finding) { return inf::text_of(finding.rule).level == level; }));
}

json sarif_rules() {
  json rules = json::array();
  for (const RuleText& rule : inf::rule_texts()) {
    rules.push_back({{"id", rule.id},
                     {"shortDescription", {{"text", rule.why}}},
                     {"help", {{"text", rule.remedy}}},
                     {"defaultConfiguration", {{"level", inf::name_of(rule.level)}}}});
  }
  return rules;
}

// Text of unknown bytes would make the JSON library throw; they are shown as U+FFFD.
json text_json(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

size_t count_faults(const std::vector<Finding>& findings) {
  return findings.size() - count(findings, inf::Level::note);
}

std::string findings_text(const std::string& file, const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    const RuleText& rule = inf::text_of(finding.rule);
    text += fmt::format("{}:{}:{}: {}: {} [{}]\n    {}\n    {}\n", file, finding.place.line,
                        finding.place.column, inf::name_of(rule.level), finding.what, rule.id,
                        rule.why, rule.remedy);
  }
  return text + fmt::format("{}: {}, errors: {}, warnings: {}, notes: {}\n", file,
                            count_faults(findings) == 0 ? "clean" : "not clean",
                            count(findings, inf::Level::error),
                            count(findings, inf::Level::warning),
                            count(findings, inf::Level::note));
}

json findings_json(const std::string& file, const std::vector<Finding>& findings) {
  json list = json::array();
  for (const Finding& finding : findings) {
    const RuleText& rule = inf::text_of(finding.rule);
    list.push_back({{"rule", rule.id},
                    {"level", inf::name_of(rule.level)},
                    {"line", finding.place.line},
                    {"column", finding.place.column},
                    {"what", text_json(finding.what)},
                    {"why", rule.why},
                    {"remedy", rule.remedy}});
  }
  return {{"file", text_json(file)}, {"clean", count_faults(findings) == 0}, {"findings", list}};
}

json findings_sarif(const std::string& file, const std::vector<Finding>& findings) {
  json results = json::array();
  for (const Finding& finding : findings) {
    const RuleText& rule = inf::text_of(finding.rule);
    results.push_back(
        {{"ruleId", rule.id},
         {"ruleIndex", static_cast<size_t>(finding.rule)},
         {"level", inf::name_of(rule.level)},
         {"message", {{"text", text_json(finding.what + ". " + rule.remedy)}}},
         {"locations",
          json::array({{{"physicalLocation",
                         {{"artifactLocation", {{"uri", text_json(file)}}},
                          {"region",
                           {{"startLine", std::max(finding.place.line, 1U)},
                            {"startColumn", std::max(finding.place.column, 1U)}}}}}}})}});
  }
  const json driver = {{"name", "dsmkit inf check"}, {"rules", sarif_rules()}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", json::array({{{"tool", {{"driver", driver}}},
                                 {"columnKind", "unicodeCodePoints"},
                                 {"results", results}}})}};
}

}  // namespace cli
