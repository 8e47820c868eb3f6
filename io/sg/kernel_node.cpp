// See kernel_node.h.
#include "io/sg/kernel_node.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace io::sg {
namespace {

class KernelNode final : public Node {
 public:
  KernelNode(EventLoop& loop, int fd, dev_t number) : loop_(loop), fd_(fd), number_(number) {}
  ~KernelNode() override {
    unwatch();
    close(fd_);
  }
  KernelNode(const KernelNode&) = delete;
  KernelNode& operator=(const KernelNode&) = delete;

  int submit(const sg_io_hdr& header) override {
    return write(fd_, &header, sizeof header) < 0 ? errno : 0;
  }
  int reap(sg_io_hdr& header) override { return read(fd_, &header, sizeof header) < 0 ? errno : 0; }
  int control(unsigned long request, void* argument) override {
    return ioctl(fd_, request, argument) < 0 ? errno : 0;
  }

  std::string device_number() const override {
    return std::to_string(major(number_)) + ":" + std::to_string(minor(number_));
  }

  void watch(std::function<void(bool gone)> handler) override {
    watched_ = true;
    loop_.watch(fd_, EPOLLIN, [handler = std::move(handler)](uint32_t events) {
      handler((events & (EPOLLHUP | EPOLLERR)) != 0);
    });
  }
  void unwatch() override {
    if (std::exchange(watched_, false)) {
      loop_.unwatch(fd_);
    }
  }

 private:
  EventLoop& loop_;
  const int fd_;
  const dev_t number_;
  bool watched_ = false;
};

}  // namespace

std::unique_ptr<Node> KernelDriver::open(const std::string& path, int& error) {
  // O_NONBLOCK: do not wait for one who has it alone, nor for the error recovery of its host.
  const int fd = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    error = errno;
    return nullptr;
  }
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISCHR(status.st_mode)) {
    error = ENOTTY;
    close(fd);
    return nullptr;
  }
  error = 0;
  return std::make_unique<KernelNode>(loop_, fd, status.st_rdev);
}

}  // namespace io::sg
