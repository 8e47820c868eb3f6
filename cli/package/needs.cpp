// See needs.h. The programs' packages are those of tools/packages.txt.
#include "cli/package/needs.h"

#include <filesystem>

#include "cli/package/tool.h"

namespace cli {
namespace {

struct Program {
  const char* name;
  const char* package;
  const char* use;
};

constexpr Program kPrograms[] = {
    {"python3", "python3", "runs what builds the driver"},
    {"clang++-14", "clang-14", "compiles the driver"},
    {"lld-link-14", "lld-14", "links it"},
    {"llvm-rc-14", "llvm-14", "compiles its resources"},
    {"x86_64-w64-mingw32-g++", "g++-mingw-w64-x86-64", "compiles the installer"},
    {"wixl", "wixl", "makes the MSI"},
    {"msibuild", "msitools", "puts into the MSI what wixl leaves out"},
    {"openssl", "openssl", "makes the certificate for tests"},
    {"osslsigncode", "osslsigncode", "signs"},
};

}  // namespace

std::string missing_for_package(const std::string& source) {
  if (!std::filesystem::exists(source + "/tools/windows_driver.py")) {
    return source +
           " is no source tree of dsmkit (tools/windows_driver.py is not in it), and the driver is "
           "built of that; give --source DIR, a checkout of this version";
  }
  std::string missing;
  for (const Program& program : kPrograms) {
    if (!has_tool(program.name)) {
      missing += std::string(missing.empty() ? "" : ", ") + program.name +
                 " (Debian: " + program.package + "; " + program.use + ")";
    }
  }
  return missing.empty() ? ""
                         : "not installed: " + missing + ". Install them with " + source +
                               "/tools/setup, or by hand";
}

}  // namespace cli
