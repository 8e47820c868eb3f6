// See pending.h.
#include "windows/driver/settings/pending.h"

#include "dsm/policy.h"

namespace driver {
namespace {

constexpr uint32_t kVersion = 1;

struct Header {
  uint32_t version;
  uint32_t policy;
  uint64_t preferred;
  uint32_t paths;
  uint32_t reserved;
};
static_assert(sizeof(Header) == kPendingHeaderBytes);

struct Path {
  uint64_t name;
  uint32_t desire;
  uint32_t weight;
};
static_assert(sizeof(Path) == kPendingPathBytes);

Path path_at(base::Bytes bytes, size_t index) {
  Path path{};
  std::memcpy(&path, bytes.data() + kPendingHeaderBytes + index * sizeof(path), sizeof(path));
  return path;
}

bool is_policy(uint32_t number) {
  return number == 0 ||
         (number <= UINT8_MAX && dsm::find_policy(static_cast<dsm::PolicyId>(number)) != nullptr);
}

}  // namespace

base::Bytes encode_pending(const LunSettings& settings, base::MutableBytes buffer) {
  const Header header{kVersion, static_cast<uint32_t>(settings.policy.policy),
                      settings.policy.preferred, static_cast<uint32_t>(settings.paths.size()), 0};
  std::memcpy(buffer.data(), &header, sizeof(header));
  size_t at = sizeof(header);
  for (const StoredPath& stored : settings.paths) {
    const Path path{stored.name, static_cast<uint32_t>(stored.desire), stored.weight};
    std::memcpy(&buffer[at], &path, sizeof(path));
    at += sizeof(path);
  }
  return buffer.first(at);
}

bool decode_pending(base::Bytes bytes, LunSettings& out) {
  Header header{};
  if (bytes.size() < sizeof(header)) {
    return false;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.version != kVersion || !is_policy(header.policy) ||
      header.paths > LunSettings::kMaxPaths ||
      bytes.size() != sizeof(header) + header.paths * sizeof(Path)) {
    return false;
  }
  for (size_t i = 0; i < header.paths; ++i) {
    const Path path = path_at(bytes, i);
    if (path.name == kNoPath || path.desire > static_cast<uint32_t>(dsm::Desire::unavailable)) {
      return false;
    }
  }
  out.policy = {static_cast<dsm::PolicyId>(header.policy), header.preferred};
  out.paths.clear();
  for (size_t i = 0; i < header.paths; ++i) {
    const Path path = path_at(bytes, i);
    static_cast<void>(
        out.paths.push_back({path.name, static_cast<dsm::Desire>(path.desire), path.weight}));
  }
  return true;
}

}  // namespace driver
