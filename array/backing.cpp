// See backing.h.
#include "array/backing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace array {
namespace {

constexpr uint64_t kPieceBytes = 64 * 1024;

class RamBacking final : public Backing {
 public:
  explicit RamBacking(uint64_t size_bytes) { resize(size_bytes); }

  uint64_t size_bytes() const override { return size_bytes_; }

  bool read(uint64_t offset, base::MutableBytes out) override {
    for_each_piece(offset, out.size(), [&](size_t piece, size_t at, size_t done, size_t count) {
      if (pieces_[piece]) {
        std::memcpy(out.data() + done, pieces_[piece]->data() + at, count);
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
      std::memcpy(pieces_[piece]->data() + at, data.data() + done, count);
    });
    return true;
  }

  bool discard(uint64_t offset, uint64_t length) override {
    for_each_piece(offset, length, [&](size_t piece, size_t at, size_t, size_t count) {
      if (count == kPieceBytes) {
        pieces_[piece].reset();
      } else if (pieces_[piece]) {
        std::memset(pieces_[piece]->data() + at, 0, count);
      }
    });
    return true;
  }

  bool sync() override { return true; }

  bool resize(uint64_t size_bytes) override {
    size_bytes_ = size_bytes;
    pieces_.resize(static_cast<size_t>((size_bytes + kPieceBytes - 1) / kPieceBytes));
    return true;
  }

 private:
  using Piece = std::array<uint8_t, kPieceBytes>;

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

class FileBacking final : public Backing {
 public:
  FileBacking(int fd, uint64_t size_bytes) : fd_(fd), size_bytes_(size_bytes) {}
  ~FileBacking() override { close(fd_); }

  uint64_t size_bytes() const override { return size_bytes_; }

  bool read(uint64_t offset, base::MutableBytes out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got =
          pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {  // the file was cut short behind our back, or cannot be read
        return false;
      }
      done += static_cast<size_t>(got);
    }
    return true;
  }

  bool write(uint64_t offset, base::Bytes data) override {
    size_t done = 0;
    while (done < data.size()) {
      const ssize_t put =
          pwrite(fd_, data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) {
        continue;
      }
      if (put <= 0) {
        return false;
      }
      done += static_cast<size_t>(put);
    }
    return true;
  }

  bool discard(uint64_t offset, uint64_t length) override {
    if (fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                  static_cast<off_t>(length)) == 0) {
      return true;
    }
    const std::vector<uint8_t> zeros(static_cast<size_t>(std::min(length, kPieceBytes)));
    for (uint64_t done = 0; done < length; done += kPieceBytes) {
      const auto count = static_cast<size_t>(std::min(kPieceBytes, length - done));
      if (!write(offset + done, base::Bytes(zeros).first(count))) {
        return false;
      }
    }
    return true;
  }

  bool sync() override { return fdatasync(fd_) == 0; }

  bool resize(uint64_t size_bytes) override {
    if (ftruncate(fd_, static_cast<off_t>(size_bytes)) != 0) {
      return false;
    }
    size_bytes_ = size_bytes;
    return true;
  }

 private:
  int fd_;
  uint64_t size_bytes_;
};

}  // namespace

std::unique_ptr<Backing> make_ram_backing(uint64_t size_bytes) {
  return std::make_unique<RamBacking>(size_bytes);
}

std::unique_ptr<Backing> open_file_backing(const std::string& path, bool read_only,
                                           std::string& error) {
  const int fd = open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || fstat(fd, &info) != 0) {
    error = "cannot open the backing file " + path + ": " + std::strerror(errno);
    if (fd >= 0) {
      close(fd);
    }
    return nullptr;
  }
  // A block device has no size in its inode; its end tells.
  const off_t end = lseek(fd, 0, SEEK_END);
  if (end < 0 || S_ISDIR(info.st_mode)) {
    error = "the backing file " + path + " is neither a regular file nor a block device";
    close(fd);
    return nullptr;
  }
  return std::make_unique<FileBacking>(fd, static_cast<uint64_t>(end));
}

}  // namespace array
