// The program beside the drivers: asks the stand-in for its verdict and prints it. Exits with 0
// when nothing has failed.
//
//   run_contract.exe        the entry points, one after another
//   run_contract.exe gone   after mydsm.sys has been stopped
#include "windows/wine/stand_in.h"

extern "C" {
NTKERNELAPI HANDLE CreateFileW(const WCHAR* name, ULONG access, ULONG share, PVOID security,
                               ULONG disposition, ULONG flags, HANDLE like);
NTKERNELAPI int DeviceIoControl(HANDLE file, ULONG code, PVOID in, ULONG in_bytes, PVOID out,
                                ULONG out_bytes, ULONG* returned, PVOID overlapped);
[[noreturn]] NTKERNELAPI void ExitProcess(ULONG code);
NTKERNELAPI WCHAR* GetCommandLineW();
NTKERNELAPI HANDLE GetStdHandle(ULONG which);
NTKERNELAPI int WriteFile(HANDLE file, const void* data, ULONG bytes, ULONG* written,
                          PVOID overlapped);
}

namespace {

constexpr ULONG kGenericReadWrite = 0xC0000000;
constexpr ULONG kOpenExisting = 3;
constexpr ULONG kStandardOutput = static_cast<ULONG>(-11);
char the_answer[4096];

bool ends_with_gone(const WCHAR* text) {
  size_t length = 0;
  while (text[length] != 0) {
    ++length;
  }
  return length > 4 && text[length - 4] == 'g' && text[length - 1] == 'e';
}

void print(const char* text, size_t bytes) {
  ULONG written = 0;
  WriteFile(GetStdHandle(kStandardOutput), text, static_cast<ULONG>(bytes), &written, nullptr);
}

template <size_t N>
[[noreturn]] void give_up(const char (&text)[N]) {
  print(text, N - 1);
  ExitProcess(1);
}

}  // namespace

extern "C" void run_contract_main() {
  const HANDLE control = CreateFileW(KERNEL_TEXT("\\\\.\\MPIOControl"), kGenericReadWrite, 0,
                                     nullptr, kOpenExisting, 0, nullptr);
  if (control == reinterpret_cast<HANDLE>(~ULONG_PTR{0})) {
    give_up("failed the control device cannot be opened\n");
  }
  const ULONG code =
      ends_with_gone(GetCommandLineW()) ? stand_in::kAskWhetherGone : stand_in::kRunContract;
  ULONG bytes = 0;
  if (DeviceIoControl(control, code, nullptr, 0, the_answer, sizeof(the_answer), &bytes, nullptr) ==
      0) {
    give_up("failed the stand-in does not answer\n");
  }
  print(the_answer, bytes);
  // A line begins with `p` for passed.
  bool good = bytes != 0;
  for (ULONG i = 0; i < bytes; ++i) {
    good = good && ((i != 0 && the_answer[i - 1] != '\n') || the_answer[i] == 'p');
  }
  ExitProcess(good ? 0 : 1);
}
