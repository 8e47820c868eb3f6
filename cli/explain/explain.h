// Decodes SCSI data for a person: bytes in, an ordered JSON document out. The text form is drawn
// from the same document, so the two never say different things.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "dsm/error_table.h"
#include "profile/profile.h"

namespace cli::explain {

using Document = nlohmann::ordered_json;

// Each gives the decoded fields, or {"error": why} when the bytes are no such data.
Document inquiry(base::Bytes bytes);
Document vpd(base::Bytes bytes);
Document target_port_groups(base::Bytes bytes);
// Answers of PERSISTENT RESERVE IN.
Document reservation_keys(base::Bytes bytes);
Document reservation(base::Bytes bytes);
Document reservation_capabilities(base::Bytes bytes);
Document reservation_status(base::Bytes bytes);
// With the error rule that applies to a command that ended with this sense, and its verdict. With a
// vendor's profile: whose rule that is, and which built-in one it stands in front of.
Document sense(base::Bytes bytes, const profile::Profile* profile = nullptr);
// Name, meaning, and what a row leads to.
Document rule(const dsm::ErrorRow& row);

// "name: value" lines, nested ones indented.
std::string to_text(const Document& document);

// "60 01 40 5f" for binary, the text itself for printable bytes.
std::string hex(base::Bytes bytes);

}  // namespace cli::explain
