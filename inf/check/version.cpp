// [Version].
#include "inf/check/judges.h"
#include "inf/date.h"
#include "inf/driver_names.h"

namespace inf {
namespace {

constexpr const char* kClassGuid = "{4D36E97D-E325-11CE-BFC1-08002BE10318}";
constexpr const char* kSection = "Version";

class VersionJudge {
 public:
  VersionJudge(const Package& package, const Expectations& expectations, Findings& findings)
      : package_(package), expectations_(expectations), findings_(findings) {}

  void judge() {
    if (!package_.index().has(kSection)) {
      findings_.add(Rule::version_missing, {1, 1}, "there is no section [Version]");
      return;
    }
    expect("Signature", Rule::version_signature, {"$WINDOWS NT$", "$CHICAGO$"});
    expect("Class", Rule::version_class, {"System"});
    expect("ClassGuid", Rule::version_class, {kClassGuid});
    judge_provider();
    judge_driver_ver();
    judge_catalog();
    const Line* const lockdown = find("PnpLockdown");
    if (lockdown == nullptr || text(lockdown) != "1") {
      findings_.add(Rule::version_pnp_lockdown, place_of(lockdown),
                    lockdown == nullptr ? "PnpLockdown is missing" : "PnpLockdown is not 1");
    }
  }

 private:
  const Line* find(const char* name) const { return package_.index().find(kSection, name); }
  std::string text(const Line* line, size_t index = 0) const {
    return line == nullptr ? std::string() : package_.strings().replaced(line->value(index).text);
  }
  Place place_of(const Line* line) const {
    if (line != nullptr) {
      return line->values.empty() ? line->place : line->values[0].place;
    }
    for (const Section& section : package_.document().sections) {
      if (same_name(section.name.text, kSection)) {
        return section.name.place;
      }
    }
    return {};
  }

  void expect(const char* name, Rule rule, std::initializer_list<std::string_view> good) {
    const Line* const line = find(name);
    const std::string is = text(line);
    for (const std::string_view each : good) {
      if (same_name(is, each)) {
        return;
      }
    }
    findings_.add(rule, place_of(line),
                  line == nullptr
                      ? std::string(name) + " is missing"
                      : std::string(name) + " is " + shown(is) + ", not " + shown(*good.begin()));
  }

  void judge_provider() {
    const Line* const line = find("Provider");
    if (text(line).empty()) {
      findings_.add(Rule::version_provider, place_of(line), "Provider is missing or empty");
    }
  }

  void judge_driver_ver() {
    const Line* const line = find("DriverVer");
    const std::string date = text(line, 0);
    const std::string version = text(line, 1);
    if (line == nullptr) {
      findings_.add(Rule::version_driver_ver, place_of(line), "DriverVer is missing");
    } else if (!parse_inf_date(date)) {
      findings_.add(Rule::version_driver_ver, line->place_of(0),
                    shown(date) + " is no date of month, day and year");
    } else if (!is_driver_version(version)) {
      findings_.add(Rule::version_driver_ver, place_of(line),
                    version.empty() ? "the version behind the date is missing"
                                    : shown(version) + " is no version of four numbers");
    } else if (!expectations_.version.empty() && version != expectations_.version) {
      findings_.add(Rule::version_driver_ver, line->place_of(1),
                    "the version is " + version + ", and the driver's is " + expectations_.version);
    }
  }

  void judge_catalog() {
    const Line* catalog = nullptr;
    for (const Line* line : package_.index().lines_of(kSection)) {
      const std::string_view name = line->name().text;
      constexpr std::string_view kCatalog = "CatalogFile";
      if (same_name(name.substr(0, kCatalog.size()), kCatalog) &&
          (name.size() == kCatalog.size() || name[kCatalog.size()] == '.')) {
        catalog = line;
        const std::string file = text(line);
        if (file.size() < 5 || !same_name(std::string_view(file).substr(file.size() - 4), ".cat")) {
          findings_.add(Rule::version_catalog, place_of(line), shown(file) + " is no catalog file");
        } else if (same_name(file, "mpio.cat")) {
          findings_.add(Rule::version_catalog, place_of(line), "mpio.cat belongs to MPIO itself");
        }
      }
    }
    if (catalog == nullptr) {
      findings_.add(Rule::version_catalog, place_of(nullptr), "CatalogFile is missing");
    }
  }

  const Package& package_;
  const Expectations& expectations_;
  Findings& findings_;
};

}  // namespace

void judge_version(const Package& package, const Expectations& expectations, Findings& findings) {
  VersionJudge(package, expectations, findings).judge();
}

}  // namespace inf
