// Choosing a LUN's identity among its designators. SPC-4 7.8.6.
#include "dsm/identity.h"

#include <cstring>

#include "scsi/designator.h"
#include "scsi/inquiry.h"
#include "scsi/vpd.h"

namespace dsm {
namespace {

// Lower is better; kUnusable for designators that name nothing by themselves.
constexpr unsigned kUnusable = 100;

unsigned rank_of(const scsi::Designator& designator) {
  using scsi::DesignatorType;
  switch (designator.type) {
    case DesignatorType::scsi_name:
      return 0;
    case DesignatorType::naa:
      // NAA 3h is assigned by an administrator or by chance: two targets may use it twice.
      return !designator.bytes.empty() && designator.bytes[0] >> 4 == 3 ? 2 : 1;
    case DesignatorType::eui64:
      return 3;
    case DesignatorType::t10_vendor_id:
      return 4;
    case DesignatorType::vendor_specific:
      return 5;
    default:
      return kUnusable;
  }
}

constinit const Identity kNone{};  // copied from here, not built on the stack

bool all_zero_or_blank(base::Bytes bytes) {
  for (const uint8_t byte : bytes) {
    if (byte != 0 && byte != ' ') {
      return false;
    }
  }
  return true;
}

}  // namespace

uint32_t Identity::hash() const {
  uint32_t hash = 2166136261U;  // FNV-1a
  const auto mix = [&hash](uint8_t byte) { hash = (hash ^ byte) * 16777619U; };
  mix(type);
  mix(code_set);
  for (const uint8_t byte : span()) {
    mix(byte);
  }
  return hash;
}

bool operator==(const Identity& a, const Identity& b) {
  return a.type == b.type && a.code_set == b.code_set && a.size == b.size &&
         std::memcmp(a.bytes.data(), b.bytes.data(), a.size) == 0;
}

IdentityChoice choose_identity(base::Bytes vpd83, Identity& out) {
  out = kNone;
  IdentityChoice choice;
  unsigned best_rank = kUnusable;
  size_t best_size = 0;
  scsi::DesignatorWalk walk(vpd83);
  while (const auto designator = walk.next()) {
    const size_t size = designator->bytes.size();
    if (designator->association != scsi::Association::logical_unit || size > kMaxIdentityBytes ||
        all_zero_or_blank(designator->bytes)) {
      continue;
    }
    const unsigned rank = rank_of(*designator);
    if (rank > best_rank || rank == kUnusable || (rank == best_rank && size <= best_size)) {
      continue;
    }
    best_rank = rank;
    best_size = size;
    choice.found = true;
    choice.locally_assigned = rank == 2;
    out.type = static_cast<uint8_t>(designator->type);
    out.code_set = static_cast<uint8_t>(designator->code_set);
    out.size = static_cast<uint16_t>(base::copy_bounded(out.bytes, designator->bytes));
  }
  return choice;
}

bool serial_identity(base::Bytes inquiry, base::Bytes vpd80, Identity& out) {
  out = kNone;
  const auto serial = scsi::vpd_payload(vpd80, scsi::kVpdSerialNumber);
  if (!serial || all_zero_or_blank(*serial) || inquiry.size() < 32) {
    return false;
  }
  base::ByteWriter writer(out.bytes);
  writer.bytes(base::slice(inquiry, 8, 24));
  writer.bytes(*serial);
  if (writer.truncated()) {
    out = kNone;
    return false;
  }
  out.type = kSerialIdentity;
  out.code_set = static_cast<uint8_t>(scsi::CodeSet::ascii);
  out.size = static_cast<uint16_t>(writer.needed());
  return true;
}

}  // namespace dsm
