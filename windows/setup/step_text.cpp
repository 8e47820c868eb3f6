// Steps as texts, for people and for the registry.
#include <algorithm>

#include "inf/document.h"
#include "windows/setup/step.h"

namespace setup {
namespace {

// One row per kind; {0} is the first argument.
struct Row {
  Kind kind;
  const char* word;    // in the registry
  size_t identifying;  // arguments that say which thing it is
  const char* thing;
  const char* doing;  // empty: nothing is done
  const char* undoing;
};
constexpr Row kRows[] = {
    {Kind::folder, "folder", 1, "folder {0}", "make the folder {0}", "delete the folder {0}"},
    {Kind::file, "file", 1, "{0}", "copy {1} to {0}", "delete {0}"},
    {Kind::feature, "feature", 0, "feature Multipath I/O", "enable the feature Multipath I/O",
     "disable the feature Multipath I/O"},
    {Kind::list, "list", 0, "list of MPIO's devices", "",
     "delete the list of MPIO's devices if it is empty"},
    {Kind::entry, "entry", 1, "'{0}' among MPIO's devices", "add '{0}' to MPIO's devices",
     "take '{0}' from MPIO's devices"},
    {Kind::service, "service", 1, "service {0}", "", "delete the service {0}"},
    {Kind::driver_file, "driver-file", 1, "{0}", "", "delete {0}"},
    {Kind::wmi_value, "wmi-value", 1, "security of the WMI class {0}", "",
     "delete the security of the WMI class {0}"},
    {Kind::package, "package", 1, "driver package {0}", "add the driver package {0}",
     "delete the driver package {0}"},
    {Kind::device, "device", 1, "device {0}", "make the device {0}", "remove the device {0}"},
    {Kind::driver, "driver", 1, "driver of {0}", "install the driver of {0} from {1}",
     "install the driver of {0} from {2}"},
};

const Row& row_of(Kind kind) {
  return kRows[static_cast<size_t>(kind)];
}

// Empty also for what would name nothing.
std::string filled(std::string text, const Step& step) {
  for (size_t i = 0; i < 3; ++i) {
    const std::string mark = "{" + std::to_string(i) + "}";
    const size_t at = text.find(mark);
    if (at != std::string::npos && step.argument(i).empty()) {
      return {};
    }
    if (at != std::string::npos) {
      text.replace(at, mark.size(), step.argument(i));
    }
  }
  return text;
}

}  // namespace

const std::string& Step::argument(size_t index) const {
  static const std::string kNone;
  return index < arguments.size() ? arguments[index] : kNone;
}

bool Step::is_same_thing(const Step& other) const {
  bool same = kind == other.kind;
  for (size_t i = 0; i < row_of(kind).identifying && same; ++i) {
    // Entries differ by their case too.
    same = kind == Kind::entry ? argument(i) == other.argument(i)
                               : inf::same_name(argument(i), other.argument(i));
  }
  return same;
}

std::string name_of(const Step& step) {
  return filled(row_of(step.kind).thing, step);
}
std::string describe(const Step& step) {
  return filled(row_of(step.kind).doing, step);
}
std::string describe_undoing(const Step& step) {
  return filled(row_of(step.kind).undoing, step);
}

std::string text_of(const Step& step) {
  std::string text = row_of(step.kind).word;
  for (const std::string& argument : step.arguments) {
    text += '\t' + argument;
  }
  return text;
}

std::optional<Step> parse_step(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\t', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  for (const Row& row : kRows) {
    if (words[0] == row.word && words.size() > row.identifying) {
      words.erase(words.begin());
      return Step{row.kind, words};
    }
  }
  return std::nullopt;
}

}  // namespace setup
