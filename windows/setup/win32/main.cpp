// The program: its arguments as Windows has them, and what it says to a console or a file.
#include <windows.h>

#include <shellapi.h>

#include "windows/setup/installer.h"
#include "windows/setup/win32/system.h"
#include "windows/setup/win32/text.h"
#include "windows/setup/win32/this_vendor.h"

namespace {

class ConsoleTeller : public setup::Teller {
 public:
  void say(const std::string& line) override { write(STD_OUTPUT_HANDLE, line); }
  void complain(const std::string& line) override { write(STD_ERROR_HANDLE, line); }

 private:
  static void write(DWORD which, const std::string& line) {
    const HANDLE handle = GetStdHandle(which);
    const std::string text = line + "\r\n";
    DWORD count = 0;
    if (GetConsoleMode(handle, &count)) {
      const std::wstring wide = setup::wide(text);
      WriteConsoleW(handle, wide.data(), static_cast<DWORD>(wide.size()), &count, nullptr);
    } else {
      WriteFile(handle, text.data(), static_cast<DWORD>(text.size()), &count, nullptr);
    }
  }
};

}  // namespace

int main() {
  int count = 0;
  wchar_t** const words = CommandLineToArgvW(GetCommandLineW(), &count);
  std::vector<std::string> arguments;
  for (int i = 1; words != nullptr && i < count; ++i) {
    arguments.push_back(setup::narrow(words[i]));
  }
  LocalFree(words);
  setup::Win32System system(setup::this_vendor().stem());
  ConsoleTeller teller;
  return static_cast<int>(setup::run_installer(system, setup::this_vendor(), teller, arguments));
}
