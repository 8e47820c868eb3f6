// identity_header() of identity.h: C++ for the driver, and for the tools that build it, which read
// the same lines.
#include <cstdio>

#include "profile/cpp_literal.h"
#include "profile/identity.h"

namespace profile {
namespace {

// In pieces, because it is not this file that includes it.
constexpr const char* kHead =
    R"(// Who this driver is. Made of a vendor's profile (that of mydsm is vendors/mydsm.toml):
//     dsmkit profile identity PROFILE --header
// The tools that build the driver read it too, line by line.
#pragma once

)"
    "#include \"windows/abi/kernel.h\"\n"
    R"(
// clang-format off
namespace driver::identity {

)";

std::string wide(const char* name, const std::string& text) {
  return std::string("inline constexpr WCHAR ") + name + "[] = KERNEL_TEXT(" + cpp_literal(text) +
         ");\n";
}

std::string bytes(const Guid& guid, size_t begin, size_t count) {
  std::string out = "0x";
  for (size_t i = begin; i < begin + count; ++i) {
    char two[3];
    std::snprintf(two, sizeof(two), "%02x", guid[i]);
    out += two;
  }
  return out;
}

std::string guid_constant(const std::string& name, const Guid& guid) {
  std::string out = "inline constexpr GUID " + name + " = {\n    " + bytes(guid, 0, 4) + ", " +
                    bytes(guid, 4, 2) + ", " + bytes(guid, 6, 2) + ", {";
  for (size_t i = 8; i < guid.size(); ++i) {
    out += (i == 8 ? "" : ", ") + bytes(guid, i, 1);
  }
  return out + "}};\n";
}

// DEVICE_PERF: kDevicePerfGuid.
std::string constant_of(std::string_view class_name) {
  std::string out = "k";
  bool begins = true;
  for (const char c : class_name) {
    if (c != '_') {
      out += begins ? c : static_cast<char>(c - 'A' + 'a');
    }
    begins = c == '_';
  }
  return out + "Guid";
}

}  // namespace

std::string identity_header(const Identity& identity) {
  std::string out = kHead;
  out += wide("kVendor", identity.vendor) + wide("kProduct", identity.product) +
         wide("kCompany", identity.company) + wide("kServiceName", identity.service) +
         wide("kBinaryName", identity.binary) + wide("kDisplayName", identity.display_name);
  out += "inline constexpr DSM_VERSION_INFO kVersion = {";
  for (size_t i = 0; i < identity.version.size(); ++i) {
    out += (i == 0 ? "" : ", ") + std::to_string(identity.version[i]);
  }
  out += "};\n\n// ETW: the name is UTF-8 there.\n";
  out += "inline constexpr char kTraceProviderName[] = " + cpp_literal(identity.trace_provider) +
         ";\n" + guid_constant("kTraceProviderGuid", identity.trace_guid);
  out += "\n// The WMI classes of windows/mof/.\n" + wide("kClassPrefix", identity.class_prefix);
  for (size_t i = 0; i < kWmiClassCount; ++i) {
    out += guid_constant(constant_of(kWmiClasses[i]), identity.class_guids[i]);
  }
  return out + "\n}  // namespace driver::identity\n";
}

}  // namespace profile
