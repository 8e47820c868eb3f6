// Command lines, one word per line of the input: every one is parsed into something to run, or
// refused with a message. Nothing is run.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "base/assert.h"
#include "cli/command.h"

namespace {

constexpr size_t kMaxWords = 64;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty() && words.size() < kMaxWords) {
    const size_t end = std::min(text.find('\n'), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::string> words = words_of({reinterpret_cast<const char*>(data), size});
  CLI::App app{"dsmkit", "dsmkit"};
  cli::Invocation invocation;
  cli::add_commands(app, invocation);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream complaint;
    app.exit(error, out, complaint);
    const bool asked = error.get_exit_code() == 0;
    BASE_ASSERT(asked ? !out.str().empty() : complaint.str().size() > 1);
    return 0;
  }
  BASE_ASSERT(invocation.run != nullptr);
  return 0;
}
