#include "inf/check/package.h"

#include <algorithm>

namespace inf {

bool is_registry_root(std::string_view text) {
  constexpr const char* kRoots[] = {"HKR", "HKLM", "HKCR", "HKCU", "HKU"};
  return std::any_of(std::begin(kRoots), std::end(kRoots),
                     [text](const char* root) { return same_name(text, root); });
}

Package::Package(const Document& document) : index_(document), strings_(index_) {
  find_variants();
  read_manufacturers();
}

// Each section serves its own name, and that before a decoration: NT, then anything.
void Package::find_variants() {
  std::unordered_set<std::string> seen;
  for (const Section& section : document().sections) {
    const std::string& name = section.name.text;
    if (!seen.insert(folded(name)).second) {
      continue;
    }
    variants_[folded(name)].push_back(name);
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      if (parse_decoration(std::string_view(name).substr(dot + 1))) {
        variants_[folded(name.substr(0, dot))].push_back(name);
        break;
      }
    }
  }
}

const std::vector<std::string>& Package::variants_of(std::string_view base) const {
  static const std::vector<std::string> kNone;
  const auto found = variants_.find(folded(base));
  return found == variants_.end() ? kNone : found->second;
}

bool Package::is_referred_to(std::string_view section) const {
  return used_.count(folded(section)) != 0;
}

// True when it is there and has not been read yet.
bool Package::refer(Place from, std::string to) {
  const bool found = index_.has(to);
  const bool is_new = !is_referred_to(to);
  note_used(to);
  references_.push_back({from, std::move(to), found});
  return found && is_new;
}

bool Package::refer_to_variants(Place from, const std::string& base) {
  const bool found = !variants_of(base).empty();
  references_.push_back({from, base, found});
  return found;
}

void Package::read_manufacturers() {
  for (const Line* line : index_.lines_of("Manufacturer")) {
    const std::string base = strings_.replaced(line->value(0).text);
    if (line->values.size() <= 1 || !line->has_key) {
      if (refer(line->place_of(0), base)) {
        read_models(base);
      }
      continue;
    }
    for (size_t i = 1; i < line->values.size(); ++i) {
      const std::string section = base + "." + line->values[i].text;
      if (refer(line->values[i].place, section)) {
        read_models(section);
      }
    }
    if (index_.has(base) && !is_referred_to(base)) {
      note_used(base);
      read_models(base);
    }
  }
}

void Package::read_models(const std::string& section) {
  for (const Line* line : index_.lines_of(section)) {
    devices_.push_back({line, strings_.replaced(line->value(1).text)});
    const std::string base = strings_.replaced(line->value(0).text);
    if (refer_to_variants(line->place_of(0), base)) {
      for (const std::string& variant : variants_of(base)) {
        if (!is_referred_to(variant)) {
          note_used(variant);
          read_install(variant);
        }
      }
    }
  }
}

void Package::read_install(const std::string& section) {
  for (const Line* line : index_.lines_of(section)) {
    if (same_name(line->key.text, "CopyFiles")) {
      read_copies(*line);
    } else if (same_name(line->key.text, "AddReg")) {
      read_registry(*line, false);
    }
  }
  for (const char* const kind : {".Services", ".HW", ".WMI", ".Wdf", ".Filters", ".Components"}) {
    const std::string name = section + kind;
    if (!index_.has(name)) {
      continue;
    }
    note_used(name);
    if (kind == std::string_view(".Services")) {
      read_services(name);
    }
    for (const Line* line : index_.lines_of(name)) {
      if (same_name(line->key.text, "AddReg")) {
        read_registry(*line, false);
      } else if (same_name(line->key.text, "WMIInterface") && line->values.size() > 1) {
        refer(line->values.back().place, strings_.replaced(line->values.back().text));
      }
    }
  }
}

void Package::read_services(const std::string& section) {
  services_sections_.push_back(section);
  for (const Line* line : index_.lines_of(section)) {
    if (!same_name(line->key.text, "AddService") || line->value(0).text.empty()) {
      continue;
    }
    const std::string to = strings_.replaced(line->value(2).text);
    services_.push_back({line, strings_.replaced(line->value(0).text), to});
    if (!refer(line->place_of(2), to)) {
      continue;
    }
    service_sections_.push_back(to);
    for (const Line* each : index_.lines_of(to)) {
      if (same_name(each->key.text, "AddReg")) {
        read_registry(*each, true);
      } else if (!each->has_key && is_registry_root(each->value(0).text)) {
        add_registry_value(*each, true);
      }
    }
  }
}

void Package::read_copies(const Line& line) {
  for (const Field& value : line.values) {
    const std::string name = strings_.replaced(value.text);
    if (name.starts_with('@')) {
      copied_.push_back({name.substr(1), &value, {}});
    } else if (refer(value.place, name)) {
      for (const Line* file : index_.lines_of(name)) {
        const std::string source = strings_.replaced(file->value(1).text);
        copied_.push_back(
            {source.empty() ? strings_.replaced(file->name().text) : source, &file->name(), name});
      }
    }
  }
}

const Line* Package::destination_of(const CopiedFile& file) const {
  const Line* const own = file.list.empty() ? nullptr : index_.find("DestinationDirs", file.list);
  return own != nullptr ? own : index_.find("DestinationDirs", "DefaultDestDir");
}

void Package::read_registry(const Line& line, bool of_service) {
  for (const Field& value : line.values) {
    const std::string name = strings_.replaced(value.text);
    if (!refer(value.place, name)) {
      continue;
    }
    for (const Line* each : index_.lines_of(name)) {
      add_registry_value(*each, of_service);
    }
  }
}

void Package::add_registry_value(const Line& line, bool of_service) {
  RegistryValue entry{&line, {}, {}, {}, {}, {}, of_service};
  std::string* const parts[] = {&entry.root, &entry.key, &entry.name, &entry.flags};
  for (size_t i = 0; i < line.values.size(); ++i) {
    std::string text = strings_.replaced(line.values[i].text);
    if (i < std::size(parts)) {
      *parts[i] = std::move(text);
    } else {
      entry.data.push_back(std::move(text));
    }
  }
  registry_.push_back(std::move(entry));
}

}  // namespace inf
