// See crash.h.
#include "windows/harness/crash.h"

#include <signal.h>
#include <ucontext.h>

#include <string>

#include "windows/harness/image.h"
#include "windows/harness/machine.h"
#include "windows/harness/pageable.h"

namespace harness {
namespace {

struct sigaction before;

// The driver's function: what was interrupted, or what called that, as when the kernel copies for
// it. "": nobody knows.
std::string culprit(const ucontext_t& interrupted) {
  const Image* const image = Image::last();
  if (image == nullptr || !Image::kIsFile) {
    return "";
  }
  constexpr int kWords = 64;  // of the stack
  const auto* const registers = interrupted.uc_mcontext.gregs;
  const auto* const stack = reinterpret_cast<const uint8_t* const*>(registers[REG_RSP]);
  std::string function = image->function_at(reinterpret_cast<const void*>(registers[REG_RIP]));
  for (int i = 0; function.empty() && i < kWords; ++i) {
    function = image->function_at(stack[i] - 1);  // of the call, not of what comes after it
  }
  return function;
}

// Not in the middle of the heap's or the stream's own work: the memory is the driver's to touch.
void on_fault(int signal, siginfo_t* info, void* context) {
  const char* const what = PageableBytes::name_of(info->si_addr);
  if (what == nullptr) {
    sigaction(signal, &before, nullptr);  // it happens again
    return;
  }
  const std::string function = culprit(*static_cast<const ucontext_t*>(context));
  fail(std::string(what) + ": memory that may be paged out is touched at IRQL " +
       std::to_string(Machine::irql()) + (function.empty() ? "" : " by " + function));
}

}  // namespace

void name_paged_access() {
  struct sigaction named {};
  named.sa_sigaction = on_fault;
  named.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &named, &before);
}

}  // namespace harness
