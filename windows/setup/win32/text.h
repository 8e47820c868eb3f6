// Between our texts and Windows', and Windows' errors as failures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "windows/setup/system.h"

namespace setup {

std::wstring wide(std::string_view utf8);
std::string narrow(std::wstring_view text);
// REG_MULTI_SZ, as functions give it: up to its empty text.
std::vector<std::string> narrow_list(const wchar_t* texts);

// "WHAT: Access is denied." with the code.
Failure failure(const std::string& what, uint32_t code);
[[noreturn]] void fail(const std::string& what);  // with what GetLastError() says

}  // namespace setup
