// The INF, judged as `dsmkit inf check --profile` judges it.
#include "cli/inf/findings_report.h"
#include "cli/package/work.h"
#include "cli/profile_file.h"
#include "inf/read.h"
#include "package/inf.h"

namespace cli {

std::string make_inf(Work& work) {
  const std::string text = package::inf_of(work.profile, package::InfLayout::modern, work.date);
  const auto findings = inf::check(inf::read_bytes(text), package::expectations_of(work.profile));
  if (count_faults(findings) != 0) {
    return findings_text(work.files.inf, findings);
  }
  std::string error;
  write_text(work.in_package(work.files.inf), text, error);
  return error;
}

}  // namespace cli
