// What an INF is about: who refers to which section, for the judges. Everything points into the
// document.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inf/decoration.h"
#include "inf/document.h"
#include "inf/index.h"
#include "inf/strings.h"

namespace inf {

// A line of a models section: a device and the section that installs it.
struct Device {
  const Line* line = nullptr;
  std::string hardware_id;
};

struct AddedService {
  const Line* line = nullptr;  // AddService = name,flags,section
  std::string name;
  std::string section;
};

// HKR, HKLM, ...
bool is_registry_root(std::string_view text);

// A line of an AddReg section, with its names replaced; or one that looks like it and stands in a
// service's section, which happens when the header above it is missing.
struct RegistryValue {
  const Line* line = nullptr;
  std::string root;
  std::string key;
  std::string name;
  std::string flags;
  std::vector<std::string> data;
  bool of_service = false;  // HKR is the service's key, else the device's
};

class Package {
 public:
  explicit Package(const Document& document);

  const Document& document() const { return index_.document(); }
  const Index& index() const { return index_; }
  const Strings& strings() const { return strings_; }

  const std::vector<Device>& devices() const { return devices_; }
  const std::vector<AddedService>& services() const { return services_; }
  // Each once: those that describe a service, and those that add services.
  const std::vector<std::string>& service_sections() const { return service_sections_; }
  const std::vector<std::string>& services_sections() const { return services_sections_; }
  const std::vector<RegistryValue>& registry() const { return registry_; }

  // The sections that serve `base`: itself, and those with a decoration behind it.
  const std::vector<std::string>& variants_of(std::string_view base) const;

  struct Reference {
    Place from;  // where the section is named
    std::string to;
    bool found = false;
  };
  const std::vector<Reference>& references() const { return references_; }
  bool is_referred_to(std::string_view section) const;

  // Files that are copied, with the section or directive that says so, and where to.
  struct CopiedFile {
    std::string name;
    const Field* from = nullptr;
    std::string list;  // the file-list section; empty: "@name"
  };
  const std::vector<CopiedFile>& copied() const { return copied_; }
  // The line of [DestinationDirs] that says where a file goes; null: none does.
  const Line* destination_of(const CopiedFile& file) const;

 private:
  void find_variants();
  void read_manufacturers();
  void read_models(const std::string& section);
  void read_install(const std::string& section);
  void read_services(const std::string& section);
  void read_copies(const Line& line);
  void read_registry(const Line& line, bool of_service);
  void add_registry_value(const Line& line, bool of_service);
  bool refer(Place from, std::string to);
  bool refer_to_variants(Place from, const std::string& base);
  void note_used(std::string_view section) { used_.insert(folded(section)); }

  Index index_;
  Strings strings_;
  std::vector<Device> devices_;
  std::vector<AddedService> services_;
  std::vector<std::string> service_sections_;
  std::vector<std::string> services_sections_;
  std::vector<RegistryValue> registry_;
  std::vector<Reference> references_;
  std::vector<CopiedFile> copied_;
  std::unordered_set<std::string> used_;
  // The decorated sections by what stands before the decoration.
  std::unordered_map<std::string, std::vector<std::string>> variants_;
};

}  // namespace inf
