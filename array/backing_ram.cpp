// LUNs in memory; see backing.h. Memory is allocated in pieces; which sectors of a piece are mapped
// is a bit each.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <vector>

#include "array/backing.h"

namespace array {
namespace {

constexpr uint64_t kPieceBytes = 64 * 1024;
constexpr uint32_t kSectorBytes = 512;
constexpr size_t kPieceSectors = kPieceBytes / kSectorBytes;

struct Piece {
  std::array<uint8_t, kPieceBytes> bytes{};
  std::bitset<kPieceSectors> mapped;
};

// The sectors that the range touches, at offset 0 of a piece.
std::bitset<kPieceSectors> touched(size_t at, size_t count) {
  const size_t first = at / kSectorBytes;
  const size_t end = (at + count + kSectorBytes - 1) / kSectorBytes;
  return (~std::bitset<kPieceSectors>() >> (kPieceSectors - (end - first))) << first;
}

// Those that it covers.
std::bitset<kPieceSectors> covered(size_t at, size_t count) {
  const size_t first = (at + kSectorBytes - 1) / kSectorBytes;
  const size_t end = (at + count) / kSectorBytes;
  return first >= end ? std::bitset<kPieceSectors>()
                      : touched(first * kSectorBytes, (end - first) * kSectorBytes);
}

class RamBacking final : public Backing {
 public:
  explicit RamBacking(uint64_t size_bytes) { resize(size_bytes); }

  uint64_t size_bytes() const override { return size_bytes_; }
  uint32_t map_unit_bytes() const override { return kSectorBytes; }
  bool is_volatile() const override { return false; }  // as stable as it will ever be

  bool read(uint64_t offset, base::MutableBytes out) override {
    for_each_piece(offset, out.size(), [&](size_t piece, size_t at, size_t done, size_t count) {
      if (pieces_[piece]) {
        std::memcpy(out.data() + done, pieces_[piece]->bytes.data() + at, count);
      } else {
        std::memset(out.data() + done, 0, count);
      }
    });
    return true;
  }

  bool write(uint64_t offset, base::Bytes data) override {
    for_each_piece(offset, data.size(), [&](size_t piece, size_t at, size_t done, size_t count) {
      if (!pieces_[piece]) {
        pieces_[piece] = std::make_unique<Piece>();
      }
      std::memcpy(pieces_[piece]->bytes.data() + at, data.data() + done, count);
      pieces_[piece]->mapped |= touched(at, count);
    });
    return true;
  }

  bool discard(uint64_t offset, uint64_t length) override {
    for_each_piece(offset, length, [&](size_t number, size_t at, size_t, size_t count) {
      auto& piece = pieces_[number];
      if (!piece) {
        return;
      }
      piece->mapped &= ~covered(at, count);
      if (piece->mapped.none()) {
        piece.reset();
      } else {
        std::memset(piece->bytes.data() + at, 0, count);
      }
    });
    return true;
  }

  Extent extent(uint64_t offset, uint64_t limit) override {
    const uint64_t first = offset / kSectorBytes;
    const uint64_t end = (offset + limit + kSectorBytes - 1) / kSectorBytes;
    const bool mapped = is_mapped(first);
    uint64_t sector = first;
    while (sector < end && is_mapped(sector) == mapped) {
      const bool whole_piece = sector % kPieceSectors == 0 && !pieces_[sector / kPieceSectors];
      sector += whole_piece ? kPieceSectors : 1;
    }
    return {mapped, std::min(sector * kSectorBytes - offset, limit)};
  }

  bool prefetch(uint64_t, uint64_t) override { return true; }
  bool sync() override { return true; }

  bool resize(uint64_t size_bytes) override {
    if (size_bytes < size_bytes_) {  // what grows again must read as zeros
      discard(size_bytes, size_bytes_ - size_bytes);
    }
    size_bytes_ = size_bytes;
    pieces_.resize(static_cast<size_t>((size_bytes + kPieceBytes - 1) / kPieceBytes));
    return true;
  }

 private:
  bool is_mapped(uint64_t sector) const {
    const auto& piece = pieces_[static_cast<size_t>(sector / kPieceSectors)];
    return piece && piece->mapped.test(static_cast<size_t>(sector % kPieceSectors));
  }

  template <typename F>
  static void for_each_piece(uint64_t offset, uint64_t length, F&& visit) {
    uint64_t done = 0;
    while (done < length) {
      const uint64_t at = (offset + done) % kPieceBytes;
      const uint64_t count = std::min(kPieceBytes - at, length - done);
      visit(static_cast<size_t>((offset + done) / kPieceBytes), static_cast<size_t>(at),
            static_cast<size_t>(done), static_cast<size_t>(count));
      done += count;
    }
  }

  uint64_t size_bytes_ = 0;
  std::vector<std::unique_ptr<Piece>> pieces_;
};

}  // namespace

std::unique_ptr<Backing> make_ram_backing(uint64_t size_bytes) {
  return std::make_unique<RamBacking>(size_bytes);
}

}  // namespace array
