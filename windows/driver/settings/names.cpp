// See names.h.
#include "windows/driver/settings/names.h"

#include <optional>

#include "scsi/designator.h"

namespace driver {
namespace {

constexpr WCHAR kPathKey[] = KERNEL_TEXT("DSMPath#________________");
constexpr size_t kPathPrefix = 8;
constexpr PathName kOfPort = PathName{1} << 63;

constexpr uint8_t kBinary = 1;

constexpr WCHAR digit(unsigned value) {
  return static_cast<WCHAR>(value < 10 ? '0' + value : 'A' + value - 10);
}

std::optional<unsigned> value_of(WCHAR digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'A' && digit <= 'F') {
    return digit - 'A' + 10;
  }
  return digit >= 'a' && digit <= 'f' ? std::optional<unsigned>(digit - 'a' + 10) : std::nullopt;
}

const char* kind_of(uint8_t type) {
  switch (type) {
    case 0:
      return "vendor.";
    case 1:
      return "t10.";
    case 2:
      return "eui.";
    case 3:
      return "naa.";
    case 8:
      return "name.";
    case dsm::kSerialIdentity:
      return "serial.";
    default:
      return "other.";
  }
}

class Writer {
 public:
  explicit Writer(LunName& out) : out_(out) { out_.characters = 0; }
  // False, and nothing written: no room.
  bool add(WCHAR character) {
    if (out_.characters == kLimit) {
      return false;
    }
    out_.text[out_.characters++] = character;
    return true;
  }
  bool add_hex(uint8_t byte) { return add(digit(byte >> 4U)) && add(digit(byte & 15U)); }
  // What is neither a letter nor a digit nor harmless stands as % and two digits.
  bool add_readable(uint8_t byte) {
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '-' || byte == ':' ||
                       byte == ',' || byte == '_' || byte == ' ';
    return plain ? add(byte) : add('%') && add_hex(byte);
  }
  // Always has room.
  void add_hash(uint64_t hash) {
    out_.text[out_.characters++] = '#';
    for (int shift = 60; shift >= 0; shift -= 4) {
      out_.text[out_.characters++] = digit(static_cast<unsigned>(hash >> shift) & 15U);
    }
  }

 private:
  static constexpr size_t kLimit = kMaxLunNameCharacters - 17;

  LunName& out_;
};

struct PortDesignator {
  scsi::Designator found;
  bool any = false;
};

// The one that tells most surely which port it is.
PortDesignator port_designator(base::Bytes vpd83) {
  PortDesignator best;
  const auto worth = [](scsi::DesignatorType type) {
    return type == scsi::DesignatorType::naa         ? 3
           : type == scsi::DesignatorType::eui64     ? 2
           : type == scsi::DesignatorType::scsi_name ? 1
                                                     : 0;
  };
  scsi::DesignatorWalk walk(vpd83);
  while (const auto designator = walk.next()) {
    if (designator->association == scsi::Association::target_port && worth(designator->type) != 0 &&
        (!best.any || worth(designator->type) > worth(best.found.type))) {
      best = {*designator, true};
    }
  }
  return best;
}

}  // namespace

uint64_t hash_of(base::Bytes bytes, uint64_t seed) {
  uint64_t hash = seed;
  for (const uint8_t byte : bytes) {
    hash = (hash ^ byte) * 0x100000001b3;
  }
  return hash;
}

PathName path_name_of(base::Bytes vpd83, const dsm::ClaimResult& claim, dsm::PathId path) {
  const PortDesignator port = port_designator(vpd83);
  if (!port.any && !claim.has_port) {
    return path;
  }
  // Within a target the port's number tells it apart, also where several ports share a name.
  uint8_t head[4] = {};
  base::store_be16(head, claim.has_port ? claim.relative_target_port : uint16_t{0});
  if (port.any) {
    head[2] = static_cast<uint8_t>(port.found.type);
    head[3] = static_cast<uint8_t>(port.found.code_set);
  }
  return hash_of(port.any ? port.found.bytes : base::Bytes(), hash_of(head)) | kOfPort;
}

// Names of keys are compared without regard to case, so where case may matter, and where a name is
// cut, a sum over all of it ends it.
void make_lun_name(const dsm::Identity& identity, LunName& out) {
  Writer writer(out);
  for (const char* at = kind_of(identity.type); *at != '\0'; ++at) {
    writer.add(static_cast<WCHAR>(*at));
  }
  const bool binary = identity.code_set == kBinary;
  bool whole = true;
  for (const uint8_t byte : identity.span()) {
    whole = whole && (binary ? writer.add_hex(byte) : writer.add_readable(byte));
  }
  if (!binary || !whole) {
    const uint8_t head[2] = {identity.type, identity.code_set};
    writer.add_hash(hash_of(identity.span(), hash_of(head)));
  }
}

PathKey::PathKey(PathName name) {
  for (size_t i = 0; i < kPathKeyCharacters; ++i) {
    text[i] = kPathKey[i];
  }
  for (unsigned byte = 0; byte < sizeof(name); ++byte) {
    const auto value = static_cast<unsigned>(name >> (8 * byte)) & 0xffU;
    text[kPathPrefix + 2 * byte] = digit(value >> 4U);
    text[kPathPrefix + 2 * byte + 1] = digit(value & 15U);
  }
}

PathName path_of_key(const UNICODE_STRING& key) {
  if (key.Length != kPathKeyCharacters * sizeof(WCHAR)) {
    return kNoPath;
  }
  for (size_t i = 0; i < kPathPrefix; ++i) {
    const WCHAR lower = key.Buffer[i] | 0x20;
    if (lower != (kPathKey[i] | 0x20)) {
      return kNoPath;
    }
  }
  PathName name = 0;
  for (unsigned i = 0; i < 2 * sizeof(name); ++i) {
    const std::optional<unsigned> value = value_of(key.Buffer[kPathPrefix + i]);
    if (!value) {
      return kNoPath;
    }
    name |= PathName{*value} << (8 * (i / 2) + (i % 2 == 0 ? 4 : 0));
  }
  return name;
}

}  // namespace driver
