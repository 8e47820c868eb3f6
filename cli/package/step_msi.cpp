// The installer as an MSI, made of what the steps before have made.
#include <fstream>

#include "cli/package/work.h"
#include "package/msi.h"

namespace cli {

std::string make_msi(Work& work) {
  if (const std::string unfit = package::unfit_for_msi(work.identity); !unfit.empty()) {
    return unfit;
  }
  const std::string source = work.in_build(work.files.msi) + ".wxs";
  std::ofstream file(source, std::ios::binary);
  file << package::wxs_of(work.identity);
  file.close();
  if (!file) {
    return "cannot write " + source;
  }
  const std::string error =
      run_step(work, {work.tool("windows_msi.py"), source, "--package", work.folder, "--library",
                      work.in_build(work.files.actions), "-o", work.in_package(work.files.msi)});
  return error.empty() ? sign(work, work.files.msi) : error;
}

}  // namespace cli
