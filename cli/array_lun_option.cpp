// See array_lun_option.h.
#include "cli/array_lun_option.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "cli/size_text.h"

namespace cli {
namespace {

constexpr uint64_t kMaxRamBytes = uint64_t{1} << 40;
constexpr uint64_t kMinPoolBytes = uint64_t{1} << 20;

// Splits at commas; two of them are one that does not split.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',') {
      parts.back() += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == ',') {
      parts.back() += text[++i];
    } else {
      parts.emplace_back();
    }
  }
  return parts;
}

bool take_backing(const std::string& part, array::LunConfig& lun, std::string& problem) {
  constexpr std::string_view kFile = "file:";
  constexpr std::string_view kRam = "ram:";
  if (part.starts_with(kFile) && part.size() > kFile.size()) {
    lun.file = part.substr(kFile.size());
    return true;
  }
  const auto size = part.starts_with(kRam)
                        ? parse_size_bytes(std::string_view(part).substr(kRam.size()))
                        : std::nullopt;
  if (!size) {
    problem = "write ram:SIZE (ram:256M) or file:PATH first";
    return false;
  }
  lun.size_bytes = *size;
  return true;
}

bool take_block(std::string_view name, std::string_view value, uint32_t& bytes,
                std::string& problem) {
  if (value != "512" && value != "4096") {
    problem = fmt::format("{}= must be 512 or 4096", name);
    return false;
  }
  bytes = value == "512" ? 512 : 4096;
  return true;
}

bool take_pool(std::string_view value, array::LunConfig& lun, std::string& problem) {
  const auto size = parse_size_bytes(value);
  if (!size || *size < kMinPoolBytes) {
    problem = "thin= must be a size of at least 1M: the space for what is written";
    return false;
  }
  lun.provisioning.pool_bytes = *size;
  return true;
}

bool take_threshold(std::string_view value, array::LunConfig& lun, std::string& problem) {
  unsigned percent = 0;
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), percent);
  if (code != std::errc() || end != value.data() + value.size() || percent < 1 || percent > 99) {
    problem = "threshold= must be 1 to 99, percent of thin=SIZE";
    return false;
  }
  lun.provisioning.threshold_percent = static_cast<uint8_t>(percent);
  return true;
}

struct Seen {
  uint32_t physical_bytes = 4096;
  bool thin = false;
  bool thick = false;
  bool threshold = false;
};

bool take_option(const std::string& part, array::LunConfig& lun, Seen& seen, std::string& problem) {
  const size_t equals = part.find('=');
  const std::string_view name = std::string_view(part).substr(0, equals);
  const std::string_view value =
      equals == std::string::npos ? "" : std::string_view(part).substr(equals + 1);
  const bool flag = equals == std::string::npos;
  if (flag && name == "read-only") {
    return lun.read_only = true;
  }
  if (flag && name == "removable") {
    return lun.removable = true;
  }
  if (flag && name == "thin") {
    return seen.thin = true;
  }
  if (flag && name == "thick") {
    lun.provisioning.thin = false;
    return seen.thick = true;
  }
  if (name == "block" && !flag) {
    return take_block(name, value, lun.block_bytes, problem);
  }
  if (name == "physical" && !flag) {
    return take_block(name, value, seen.physical_bytes, problem);
  }
  if (name == "thin") {
    seen.thin = true;
    return take_pool(value, lun, problem);
  }
  if (name == "threshold" && !flag) {
    seen.threshold = true;
    return take_threshold(value, lun, problem);
  }
  problem = fmt::format(
      "\"{}\" is not known; the options are read-only, removable, block=512|4096, "
      "physical=512|4096, "
      "thick, thin, "
      "thin=SIZE and threshold=PERCENT (a comma in a file's name is written twice)",
      part);
  return false;
}

bool consistent(const array::LunConfig& lun, const Seen& seen, std::string& problem) {
  if (seen.thin && seen.thick) {
    problem = "a LUN is thin or thick, not both";
    return false;
  }
  if (seen.physical_bytes < lun.block_bytes) {
    problem = "physical=512 needs block=512: a physical block holds whole logical ones";
    return false;
  }
  if (seen.threshold && lun.provisioning.pool_bytes == 0) {
    problem = "threshold= needs thin=SIZE: it is a part of that space";
    return false;
  }
  if (lun.file.empty() && (lun.size_bytes == 0 || lun.size_bytes % lun.block_bytes != 0 ||
                           lun.size_bytes > kMaxRamBytes)) {
    problem = fmt::format(
        "the size must be a multiple of the block size ({} bytes), from one block to 1T",
        lun.block_bytes);
    return false;
  }
  return true;
}

}  // namespace

std::optional<array::LunConfig> parse_lun(const std::string& text, uint32_t block_bytes,
                                          std::string& error) {
  array::LunConfig lun;
  lun.block_bytes = block_bytes;
  Seen seen;
  std::string problem;
  const std::vector<std::string> parts = split(text);
  bool good = take_backing(parts[0], lun, problem);
  for (size_t i = 1; good && i < parts.size(); ++i) {
    good = take_option(parts[i], lun, seen, problem);
  }
  if (!good || !consistent(lun, seen, problem)) {
    error = fmt::format("--lun \"{}\": {}", text, problem);
    return std::nullopt;
  }
  lun.physical_exponent = seen.physical_bytes == lun.block_bytes ? 0 : 3;
  return lun;
}

std::string traits_text(const array::LunConfig& lun) {
  std::string text;
  text += lun.block_bytes == 512 ? "" : fmt::format(", blocks of {} bytes", lun.block_bytes);
  text +=
      lun.block_bytes == 512 && lun.physical_exponent == 0 ? ", physical blocks of 512 bytes" : "";
  text += lun.read_only ? ", read-only" : "";
  text += lun.removable ? ", removable" : "";
  text += lun.provisioning.thin ? "" : ", thick";
  if (lun.provisioning.pool_bytes != 0) {
    text +=
        fmt::format(", space for {}, threshold at {} %", format_size(lun.provisioning.pool_bytes),
                    lun.provisioning.threshold_percent);
  }
  return text;
}

}  // namespace cli
