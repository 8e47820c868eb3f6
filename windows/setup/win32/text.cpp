#include "windows/setup/win32/text.h"

#include <windows.h>

#include <cwchar>

namespace setup {

std::wstring wide(std::string_view utf8) {
  const int size = static_cast<int>(utf8.size());
  std::wstring text(
      static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, text.data(), static_cast<int>(text.size()));
  return text;
}

std::string narrow(std::wstring_view text) {
  const int size = static_cast<int>(text.size());
  std::string utf8(static_cast<size_t>(WideCharToMultiByte(CP_UTF8, 0, text.data(), size, nullptr,
                                                           0, nullptr, nullptr)),
                   '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), size, utf8.data(), static_cast<int>(utf8.size()),
                      nullptr, nullptr);
  return utf8;
}

std::vector<std::string> narrow_list(const wchar_t* texts) {
  std::vector<std::string> list;
  for (; *texts != L'\0'; texts += std::wcslen(texts) + 1) {
    list.push_back(narrow(texts));
  }
  return list;
}

Failure failure(const std::string& what, uint32_t code) {
  wchar_t text[512];
  const DWORD size = FormatMessageW(
      FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
      nullptr, code, 0, text, std::size(text), nullptr);
  std::string told = narrow({text, size});
  told.erase(told.find_last_not_of(" .") + 1);
  return {told.empty() ? what + ": failed" : what + ": " + told, code};
}

void fail(const std::string& what) {
  throw failure(what, GetLastError());
}

}  // namespace setup
