// The last part of docs/traces.md, made from the layout of the records.
#pragma once

#include <string>

namespace replay::testing {

inline constexpr const char* kFieldsTitle = "## All fields\n";
std::string fields_document();

}  // namespace replay::testing
