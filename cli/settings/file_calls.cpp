// The machine's own calls; see file_calls.h.
#include "cli/settings/file_calls.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace cli {
namespace {

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)),
        error_(fd_ < 0 ? errno : 0) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int error() const { return error_; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
  int error_;
};

int sync_at(const std::string& path, int flags) {
  const Descriptor file(path, flags);
  if (file.error() != 0) {
    return file.error();
  }
  return fsync(file.get()) == 0 ? 0 : errno;
}

class MachineCalls final : public FileCalls {
 public:
  int read(const std::string& path, size_t max_bytes, std::string& text) override {
    const Descriptor file(path, O_RDONLY);
    if (file.error() != 0) {
      return file.error();
    }
    text.clear();
    constexpr size_t kChunkBytes = 65'536;
    while (text.size() <= max_bytes) {
      const size_t before = text.size();
      text.resize(before + kChunkBytes);
      const ssize_t got = ::read(file.get(), text.data() + before, kChunkBytes);
      text.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
      if (got == 0) {
        return 0;
      }
      if (got < 0 && errno != EINTR) {
        return errno;
      }
    }
    return EFBIG;
  }

  int write(const std::string& path, std::string_view text) override {
    const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (file.error() != 0) {
      return file.error();
    }
    while (!text.empty()) {
      const ssize_t put = ::write(file.get(), text.data(), text.size());
      if (put < 0 && errno != EINTR) {
        return errno;
      }
      text.remove_prefix(put > 0 ? static_cast<size_t>(put) : 0);
    }
    return 0;
  }

  int sync(const std::string& path) override { return sync_at(path, O_WRONLY); }

  int rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  }

  int rename_to_new(const std::string& from, const std::string& to) override {
    if (link(from.c_str(), to.c_str()) != 0) {
      return errno;
    }
    return unlink(from.c_str()) == 0 ? 0 : errno;
  }

  int sync_folder(const std::string& folder) override {
    return sync_at(folder, O_RDONLY | O_DIRECTORY);
  }

  int make_folder(const std::string& folder) override {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    return error.value();
  }

  int lock_folder(const std::string& folder, int& lock) override {
    Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY);
    if (descriptor.error() != 0) {
      return descriptor.error();
    }
    while (flock(descriptor.get(), LOCK_EX) != 0) {
      if (errno != EINTR) {
        return errno;
      }
    }
    lock = descriptor.release();
    return 0;
  }

  void unlock_folder(int lock) override { close(lock); }
};

}  // namespace

FileCalls& file_calls() {
  static MachineCalls calls;
  return calls;
}

}  // namespace cli
