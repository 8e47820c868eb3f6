// See settings_text.h.
#include "cli/settings/settings_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "dsm/policy.h"

namespace cli {
namespace {

constexpr const char* kVersionKey = "dsmkit-settings";
constexpr uint64_t kVersion = 1;
constexpr size_t kMaxDepth = 5;
constexpr size_t kMaxNameBytes = 1024;

// Reads characters, and knows in which line the last one stood that was no blank: a number is only
// over when the parser has seen what follows it.
class CountingReader {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingReader(const char* at, size_t* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingReader& operator++() {
    newlines_ += *at_ == '\n' ? 1U : 0U;
    ++at_;
    return *this;
  }
  CountingReader operator++(int) {
    const CountingReader before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingReader& other) const {
    if (at_ != other.at_ && line_ != nullptr && *at_ != ' ' && *at_ != '\t' && *at_ != '\r' &&
        *at_ != '\n') {
      *line_ = newlines_ + 1;
    }
    return at_ == other.at_;
  }
  bool operator!=(const CountingReader& other) const { return !(*this == other); }

 private:
  const char* at_;
  size_t* line_;
  size_t newlines_ = 0;
};

// One value, and the keys that lead to it.
struct Leaf {
  std::vector<std::string> keys;
  nlohmann::json value;
  size_t line = 0;
};

// Takes the document apart into leaves. What is no object of objects of values is refused here.
class LeafReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit LeafReader(const size_t& line) : line_(line) {}

  std::vector<Leaf> leaves;
  std::string error;
  size_t error_line = 0;

  bool null() override { return refuse("null is no setting"); }
  bool boolean(bool value) override { return leaf(value); }
  bool number_integer(number_integer_t value) override { return leaf(value); }
  bool number_unsigned(number_unsigned_t value) override { return leaf(value); }
  bool number_float(number_float_t value, const string_t&) override { return leaf(value); }
  bool string(string_t& value) override { return leaf(value); }
  bool binary(binary_t&) override { return refuse("bytes are no setting"); }
  bool start_array(size_t) override { return refuse("there are no lists in a settings file"); }
  bool end_array() override { return true; }
  bool start_object(size_t) override {
    if (keys_.size() >= kMaxDepth) {
      return refuse("braces stand too deep in each other");
    }
    seen_.emplace_back();
    keys_.emplace_back();
    return true;
  }
  bool key(string_t& name) override {
    if (name.empty() || name.size() > kMaxNameBytes) {
      return refuse("a name is empty or longer than " + std::to_string(kMaxNameBytes) + " bytes");
    }
    if (!seen_.back().insert(name).second) {
      return refuse("\"" + printable(name) + "\" stands there twice");
    }
    keys_.back() = name;
    return true;
  }
  bool end_object() override {
    seen_.pop_back();
    keys_.pop_back();
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) override {
    return refuse("this is not JSON");
  }

  static std::string printable(std::string_view text) {
    std::string shown(text.substr(0, 80));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
    return shown;
  }

 private:
  bool leaf(nlohmann::json value) {
    if (keys_.empty()) {
      return refuse("a settings file is an object in braces");
    }
    leaves.push_back({keys_, std::move(value), line_});
    return true;
  }
  bool refuse(const std::string& why) {
    error = why;
    error_line = line_;
    return false;
  }

  const size_t& line_;
  std::vector<std::string> keys_;
  std::vector<std::set<std::string>> seen_;
};

std::string take_policy(const Leaf& leaf, mpio::PolicySetting& setting) {
  const std::string& what = leaf.keys.back();
  if (!leaf.value.is_string()) {
    return "\"" + LeafReader::printable(what) + "\" must be a text";
  }
  const auto& text = leaf.value.get_ref<const std::string&>();
  if (what == "preferred") {
    setting.preferred = text;
    return text.empty() || text.size() > kMaxNameBytes ? "\"preferred\" names no path" : "";
  }
  if (what == "policy") {
    const dsm::Policy* policy = dsm::find_policy(text);
    setting.policy = policy != nullptr ? policy->id : dsm::PolicyId::none;
    return policy != nullptr ? "" : "there is no policy \"" + LeafReader::printable(text) + "\"";
  }
  return "a policy has no \"" + LeafReader::printable(what) + "\"";
}

constexpr dsm::Desire kDesires[] = {dsm::Desire::active_optimized, dsm::Desire::active_nonoptimized,
                                    dsm::Desire::standby, dsm::Desire::unavailable};

std::string take_path(const Leaf& leaf, mpio::StoredPath& path) {
  const std::string& what = leaf.keys.back();
  if (what == "weight") {
    if (!leaf.value.is_number_unsigned() || leaf.value.get<uint64_t>() > UINT32_MAX) {
      return "\"weight\" must be a whole number from 0 to 4294967295";
    }
    path.weight = leaf.value.get<uint32_t>();
    return {};
  }
  if (what == "desire") {
    for (const dsm::Desire desire : kDesires) {
      if (leaf.value.is_string() &&
          leaf.value.get_ref<const std::string&>() == dsm::name_of(desire)) {
        path.desire = desire;
        return {};
      }
    }
    return "\"desire\" must be \"active/optimized\", \"active/non-optimized\", \"standby\" or "
           "\"unavailable\"";
  }
  return "a path has no \"" + LeafReader::printable(what) + "\"";
}

std::string take_leaf(const Leaf& leaf, mpio::Settings& settings) {
  const std::vector<std::string>& keys = leaf.keys;
  if (keys.size() == 1 && keys[0] == kVersionKey) {
    return {};  // judged already
  }
  if (keys.size() == 2 && keys[0] == "everything") {
    return take_policy(leaf, settings.everything);
  }
  if (keys.size() == 3 && keys[0] == "hardware") {
    const std::string problem = mpio::check_hardware_id(keys[1]);
    return problem.empty() ? take_policy(leaf, settings.hardware[keys[1]]) : problem;
  }
  if (keys.size() == 3 && keys[0] == "luns") {
    return take_policy(leaf, settings.luns[keys[1]].policy);
  }
  if (keys.size() == 5 && keys[0] == "luns" && keys[2] == "paths") {
    return take_path(leaf, settings.luns[keys[1]].paths[keys[3]]);
  }
  return "\"" + LeafReader::printable(keys.back()) + "\" does not belong here";
}

// A preferred path without a policy, or with one that has none.
std::string check_policy(const mpio::PolicySetting& setting, const std::string& of) {
  if (setting.preferred.empty() || setting.policy == dsm::PolicyId::fail_over_only) {
    return {};
  }
  return "\"preferred\" of " + LeafReader::printable(of) +
         " has no meaning without the policy fail-over-only";
}

std::string check_whole(const mpio::Settings& settings) {
  std::string problem = check_policy(settings.everything, "\"everything\"");
  for (const auto& [id, policy] : settings.hardware) {
    problem = problem.empty() ? check_policy(policy, "\"" + id + "\"") : problem;
  }
  for (const auto& [key, lun] : settings.luns) {
    problem = problem.empty() ? check_policy(lun.policy, "\"" + key + "\"") : problem;
  }
  return problem;
}

std::string version_problem(const std::vector<Leaf>& leaves, bool& newer, size_t& line) {
  for (const Leaf& leaf : leaves) {
    if (leaf.keys.size() != 1 || leaf.keys[0] != kVersionKey) {
      continue;
    }
    line = leaf.line;
    newer = leaf.value.is_number_unsigned() && leaf.value.get<uint64_t>() > kVersion;
    if (newer) {
      return "the file is of version " + leaf.value.dump() + ", this program knows version " +
             std::to_string(kVersion);
    }
    return leaf.value.is_number_unsigned() && leaf.value.get<uint64_t>() == kVersion
               ? ""
               : std::string("\"") + kVersionKey + "\" must be " + std::to_string(kVersion);
  }
  line = 1;
  return std::string("\"") + kVersionKey + "\": " + std::to_string(kVersion) +
         " is missing; is this a settings file?";
}

nlohmann::ordered_json json_of(const mpio::PolicySetting& setting) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (const dsm::Policy* policy = dsm::find_policy(setting.policy)) {
    json["policy"] = policy->name;
  }
  if (!setting.preferred.empty()) {
    json["preferred"] = setting.preferred;
  }
  return json;
}

}  // namespace

ParsedSettings parse_settings(std::string_view text, std::string_view file) {
  ParsedSettings parsed;
  size_t line = 1;
  LeafReader reader(line);
  const bool well_formed =
      nlohmann::json::sax_parse(CountingReader(text.data(), &line),
                                CountingReader(text.data() + text.size(), nullptr), &reader);
  std::string problem = reader.error;
  line = well_formed ? line : reader.error_line;
  if (well_formed) {
    problem = version_problem(reader.leaves, parsed.newer, line);
  }
  for (const Leaf& leaf : reader.leaves) {
    if (!problem.empty()) {
      break;
    }
    problem = take_leaf(leaf, parsed.settings);
    line = leaf.line;
  }
  if (problem.empty()) {
    problem = check_whole(parsed.settings);
  }
  if (!problem.empty()) {
    parsed.settings = {};
    parsed.error = std::string(file) + ":" + std::to_string(line) + ": " + problem;
  }
  return parsed;
}

std::string settings_text(const mpio::Settings& settings) {
  nlohmann::ordered_json document;
  document[kVersionKey] = kVersion;
  if (settings.everything.set()) {
    document["everything"] = json_of(settings.everything);
  }
  for (const auto& [id, policy] : settings.hardware) {
    document["hardware"][id] = json_of(policy);
  }
  for (const auto& [key, lun] : settings.luns) {
    nlohmann::ordered_json json = json_of(lun.policy);
    for (const auto& [name, path] : lun.paths) {
      json["paths"][name]["weight"] = path.weight;
      if (path.desire != dsm::Desire::undetermined) {
        json["paths"][name]["desire"] = std::string(dsm::name_of(path.desire));
      }
    }
    document["luns"][key] = std::move(json);
  }
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace cli
