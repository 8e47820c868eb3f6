// LUNs in files and on block devices; see backing.h. What is mapped, the file system tells.
#include "array/backing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

namespace array {
namespace {

constexpr uint64_t kPieceBytes = 64 * 1024;
// Where the file system does not say.
constexpr uint32_t kUsualUnitBytes = 4096;

class FileBacking final : public Backing {
 public:
  FileBacking(int fd, uint64_t size_bytes, uint32_t unit_bytes)
      : fd_(fd), size_bytes_(size_bytes), unit_bytes_(unit_bytes) {}
  ~FileBacking() override { close(fd_); }

  uint64_t size_bytes() const override { return size_bytes_; }
  uint32_t map_unit_bytes() const override { return unit_bytes_; }
  bool is_volatile() const override { return true; }  // the page cache

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

  Extent extent(uint64_t offset, uint64_t limit) override {
    const auto at = static_cast<off_t>(offset);
    const off_t data = lseek(fd_, at, SEEK_DATA);
    if (data < 0) {
      // ENXIO: a hole up to the end. Anything else: it cannot say, as with a block device.
      return {errno != ENXIO, limit};
    }
    if (data > at) {
      return {false, std::min(static_cast<uint64_t>(data - at), limit)};
    }
    const off_t hole = lseek(fd_, at, SEEK_HOLE);
    return {true, hole > at ? std::min(static_cast<uint64_t>(hole - at), limit) : limit};
  }

  bool prefetch(uint64_t offset, uint64_t length) override {
    static_cast<void>(posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(length),
                                    POSIX_FADV_WILLNEED));
    return false;  // on its way
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
  uint32_t unit_bytes_;
};

}  // namespace

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
  const auto unit = static_cast<uint32_t>(info.st_blksize);
  const bool sane = unit >= 512 && unit <= (1U << 20) && std::has_single_bit(unit);
  return std::make_unique<FileBacking>(fd, static_cast<uint64_t>(end),
                                       sane ? unit : kUsualUnitBytes);
}

}  // namespace array
