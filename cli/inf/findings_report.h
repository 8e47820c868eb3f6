// What `dsmkit inf check` prints of its findings.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inf/check/check.h"

namespace cli {

// Errors and warnings; notes leave a file clean.
size_t count_faults(const std::vector<inf::Finding>& findings);

// "FILE:LINE:COLUMN: error: what [rule-id]", each with its why and remedy, and a line of summary.
std::string findings_text(const std::string& file, const std::vector<inf::Finding>& findings);

// {file, clean, findings: [{rule, level, line, column, what, why, remedy}]}
nlohmann::json findings_json(const std::string& file, const std::vector<inf::Finding>& findings);

// A run of SARIF 2.1.0 (OASIS), with all rules.
nlohmann::json findings_sarif(const std::string& file, const std::vector<inf::Finding>& findings);

}  // namespace cli
