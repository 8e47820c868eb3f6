// The installer as a program: tools/windows_setup.py compiles it, with who the vendor is.
#include "cli/package/work.h"

namespace cli {

std::string make_setup(Work& work) {
  std::string error = run_step(work, {work.tool("windows_setup.py"), "--identity",
                                      work.in_build("identity.h"), "--build-dir", work.build});
  error = error.empty() ? take(work, work.files.setup, work.files.setup) : error;
  return error.empty() ? sign(work, work.files.setup) : error;
}

}  // namespace cli
