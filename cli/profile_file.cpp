// See profile_file.h.
#include "cli/profile_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "profile/parse.h"

namespace cli {

bool read_text(const std::string& file, size_t most, std::string& text, std::string& error) {
  const bool standard = file == "-";
  std::FILE* in = standard ? stdin : std::fopen(file.c_str(), "rb");
  if (in == nullptr) {
    error = fmt::format("cannot open {}: {}", file, std::strerror(errno));
    return false;
  }
  std::array<char, 65536> chunk;
  size_t got = 0;
  while (text.size() <= most && (got = std::fread(chunk.data(), 1, chunk.size(), in)) > 0) {
    text.append(chunk.data(), got);
  }
  const bool bad = std::ferror(in) != 0;
  const int reason = errno;
  if (!standard) {
    std::fclose(in);
  }
  if (bad) {
    error = fmt::format("cannot read {}: {}", file, std::strerror(reason));
  } else if (text.size() > most) {
    error = fmt::format("{} holds more than {} bytes", file, most);
  }
  return error.empty();
}

bool write_text(const std::string& file, const std::string& text, std::string& error) {
  const bool standard = file == "-";
  std::FILE* out = standard ? stdout : std::fopen(file.c_str(), "wb");
  bool good = out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size() &&
              std::fflush(out) == 0;
  int reason = errno;
  if (out != nullptr && !standard && std::fclose(out) != 0 && good) {
    reason = errno;
    good = false;
  }
  if (!good) {
    error = fmt::format("cannot write {}: {}", standard ? "to standard output" : file,
                        std::strerror(reason));
  }
  return good;
}

std::shared_ptr<const profile::Profile> load_profile(const std::string& file, int& exit_code) {
  std::string text;
  std::string error;
  if (!read_text(file, profile::kMaxProfileBytes, text, error)) {
    exit_code = fail(kExitUnavailable, error);
    return nullptr;
  }
  profile::Parsed parsed = profile::parse_profile(text, file);
  if (!parsed.profile) {
    for (const profile::Mistake& mistake : parsed.mistakes.list()) {
      exit_code = fail(kExitUsage, profile::text_of(mistake, file));
    }
    return nullptr;
  }
  return std::make_shared<const profile::Profile>(std::move(*parsed.profile));
}

}  // namespace cli
