// Whether the INF is for the driver that it is said to be for.
#include <algorithm>

#include "inf/check/judges.h"
#include "inf/device_lists.h"

namespace inf {
namespace {

class ExpectedJudge {
 public:
  ExpectedJudge(const Package& package, const Expectations& expectations, Findings& findings)
      : package_(package), expected_(expectations), findings_(findings) {}

  void judge() {
    for (const AddedService& service : package_.services()) {
      expect(Rule::expected_service, service.line->place_of(0), "the service", service.name,
             expected_.service);
      judge_started(service);
    }
    for (const Package::CopiedFile& file : package_.copied()) {
      expect(Rule::expected_binary, file.from->place, "the file", file.name, expected_.binary);
    }
    for (const Device& device : package_.devices()) {
      expect(Rule::expected_hardware_id, device.line->place_of(1), "the hardware ID",
             device.hardware_id, expected_.hardware_id);
    }
    for (const Line* line : package_.index().lines_of("Version")) {
      if (same_name(line->key.text.substr(0, std::string_view("CatalogFile").size()),
                    "CatalogFile")) {
        expect(Rule::expected_catalog, line->place_of(0), "the catalog",
               package_.strings().replaced(line->value(0).text), expected_.catalog);
      }
    }
    if (!expected_.devices.empty()) {
      judge_devices();
    }
  }

 private:
  void expect(Rule rule, Place place, const char* what, const std::string& is,
              const std::string& wanted) {
    if (!wanted.empty() && !is.empty() && !same_name(is, wanted)) {
      findings_.add(
          rule, place,
          std::string(what) + " is " + shown(is) + ", and the driver's is " + shown(wanted));
    }
  }

  void judge_started(const AddedService& service) {
    const Line* const line = package_.index().find(service.section, "ServiceBinary");
    if (line != nullptr) {
      const std::string path = package_.strings().replaced(line->value(0).text);
      expect(Rule::expected_binary, line->place_of(0), "the binary",
             path.substr(path.rfind('\\') + 1), expected_.binary);
    }
  }

  // Each in its turn: the first that matches decides.
  void judge_devices() {
    std::vector<ListedDevice> own;
    for (ListedDevice& device : listed_devices(package_)) {
      if (device.list == DeviceList::of_module) {
        own.push_back(std::move(device));
      }
    }
    if (own.empty()) {
      return;  // devices_none
    }
    const std::vector<std::string>& wanted = expected_.devices;
    bool same = true;
    for (const ListedDevice& device : own) {
      if (std::none_of(wanted.begin(), wanted.end(), [&device](const std::string& each) {
            return same_name(each, device.entry);
          })) {
        findings_.add(Rule::expected_devices, device.place,
                      shown(device.entry) + " is no device of the driver");
        same = false;
      }
    }
    for (const std::string& entry : wanted) {
      if (std::none_of(own.begin(), own.end(), [&entry](const ListedDevice& each) {
            return same_name(each.entry, entry);
          })) {
        findings_.add(Rule::expected_devices, own[0].place, shown(entry) + " is missing");
        same = false;
      }
    }
    for (size_t i = 0; same && i < own.size(); ++i) {
      if (i == wanted.size()) {
        findings_.add(Rule::expected_devices, own[i].place,
                      shown(own[i].entry) + " is there twice");
        same = false;
      } else if (!same_name(own[i].entry, wanted[i])) {
        findings_.add(Rule::expected_devices, own[i].place,
                      shown(own[i].entry) + " stands where " + shown(wanted[i]) +
                          " should: the first that matches decides");
        same = false;
      }
    }
  }

  const Package& package_;
  const Expectations& expected_;
  Findings& findings_;
};

}  // namespace

void judge_expected(const Package& package, const Expectations& expectations, Findings& findings) {
  ExpectedJudge(package, expectations, findings).judge();
}

}  // namespace inf
