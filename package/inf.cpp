#include "package/inf.h"

#include "package/inf_parts.h"

namespace package {

std::string inf_of(const profile::Profile& profile, InfLayout layout, inf::Date date) {
  const profile::Identity identity = profile::identity_of(profile);
  const InfSource source{profile, identity, files_of(identity), date};
  InfBuilder inf(source);
  layout == InfLayout::modern ? write_modern(inf) : write_classic(inf);
  return inf.text();
}

inf::Expectations expectations_of(const profile::Profile& profile) {
  const profile::Identity identity = profile::identity_of(profile);
  inf::Expectations out;
  for (size_t i = 0; i < profile::kWmiClassCount; ++i) {
    if (access_of(i) != WmiAccess::part) {
      out.wmi_classes.push_back(profile::guid_text(identity.class_guids[i]));
    }
  }
  out.version = version_text(identity);
  out.service = identity.service;
  out.binary = identity.binary;
  out.catalog = files_of(identity).catalog;
  out.hardware_id = identity.hardware_id();
  for (const profile::Device& device : profile.devices) {
    out.devices.push_back(device.id);
  }
  return out;
}

}  // namespace package
