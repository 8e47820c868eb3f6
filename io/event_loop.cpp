// epoll, a timerfd for the head of the timer queue, an eventfd for posts. See event_loop.h.
//
// Removal from inside callbacks: a watch has a generation of its own, events carry it, and an event
// whose watch is gone or was made anew is dropped. Handlers are shared_ptrs so that one that
// unwatches itself outlives its own call.
#include "io/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/timer_queue.h"
#include "base/units.h"

namespace io {
namespace {

using base::kNsPerS;
constexpr int kEventsPerWait = 64;

struct Watch {
  uint32_t generation = 0;
  std::shared_ptr<EventLoop::FdHandler> handler;
};

uint64_t pack(int fd, uint32_t generation) {
  return (uint64_t{generation} << 32) | static_cast<uint32_t>(fd);
}

}  // namespace

struct EventLoop::Impl {
  int epoll_fd = -1;
  int timer_fd = -1;
  int post_fd = -1;
  uint32_t next_generation = 1;
  std::unordered_map<int, Watch> watches;
  std::vector<int> signal_fds;
  base::TimerQueue timers;
  uint64_t armed_due_ns = 0;  // what the timerfd is set to; 0: not set
  std::atomic<bool> stopping{false};
  std::mutex posts_mutex;
  std::vector<std::function<void()>> posts;

  void control(int operation, int fd, uint32_t events, uint32_t generation) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = pack(fd, generation);
    const int result = epoll_ctl(epoll_fd, operation, fd, &event);
    BASE_ASSERT(result == 0);
  }

  void set_timer_fd() {
    const uint64_t due = timers.empty() ? 0 : std::max<uint64_t>(timers.next_due_ns(), 1);
    if (due == armed_due_ns) {
      return;
    }
    armed_due_ns = due;
    itimerspec spec{};
    spec.it_value.tv_sec = static_cast<time_t>(due / kNsPerS);
    spec.it_value.tv_nsec = static_cast<long>(due % kNsPerS);
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  void wake_up() const {
    const uint64_t one = 1;
    static_cast<void>(!write(post_fd, &one, sizeof one));
  }

  void run_posts() {
    std::vector<std::function<void()>> taken;
    {
      const std::lock_guard lock(posts_mutex);
      taken.swap(posts);
    }
    for (const auto& task : taken) {
      task();
    }
  }
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {
  impl_->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  impl_->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  impl_->post_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  BASE_ASSERT(impl_->epoll_fd >= 0 && impl_->timer_fd >= 0 && impl_->post_fd >= 0);
  watch(impl_->timer_fd, EPOLLIN, [this](uint32_t) {
    uint64_t expirations = 0;
    static_cast<void>(!read(impl_->timer_fd, &expirations, sizeof expirations));
    impl_->armed_due_ns = 0;
  });
  watch(impl_->post_fd, EPOLLIN, [this](uint32_t) {
    uint64_t count = 0;
    static_cast<void>(!read(impl_->post_fd, &count, sizeof count));
  });
}

EventLoop::~EventLoop() {
  for (const int fd : impl_->signal_fds) {
    close(fd);
  }
  close(impl_->post_fd);
  close(impl_->timer_fd);
  close(impl_->epoll_fd);
}

uint64_t EventLoop::now_ns() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNsPerS + static_cast<uint64_t>(now.tv_nsec);
}

void EventLoop::arm(base::Timer& timer, uint64_t due_ns) {
  impl_->timers.arm(timer, due_ns);
}

void EventLoop::cancel(base::Timer& timer) {
  impl_->timers.cancel(timer);
}

void EventLoop::watch(int fd, uint32_t events, FdHandler handler) {
  const uint32_t generation = impl_->next_generation++;
  const bool added =
      impl_->watches.emplace(fd, Watch{generation, std::make_shared<FdHandler>(std::move(handler))})
          .second;
  BASE_ASSERT(added);
  impl_->control(EPOLL_CTL_ADD, fd, events, generation);
}

void EventLoop::modify(int fd, uint32_t events) {
  const auto found = impl_->watches.find(fd);
  BASE_ASSERT(found != impl_->watches.end());
  impl_->control(EPOLL_CTL_MOD, fd, events, found->second.generation);
}

void EventLoop::unwatch(int fd) {
  if (impl_->watches.erase(fd) != 0) {
    epoll_ctl(impl_->epoll_fd, EPOLL_CTL_DEL, fd, nullptr);
  }
}

void EventLoop::on_signal(int signal_number, std::function<void()> handler) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  BASE_ASSERT(fd >= 0);
  impl_->signal_fds.push_back(fd);
  watch(fd, EPOLLIN, [fd, handler = std::move(handler)](uint32_t) {
    signalfd_siginfo info{};
    if (read(fd, &info, sizeof info) == sizeof info) {
      handler();
    }
  });
}

void EventLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(impl_->posts_mutex);
    impl_->posts.push_back(std::move(task));
  }
  impl_->wake_up();
}

void EventLoop::run() {
  while (!impl_->stopping) {
    run_once(-1);
  }
  impl_->stopping = false;
}

void EventLoop::run_once(int max_wait_ms) {
  impl_->set_timer_fd();
  const bool due = !impl_->timers.empty() && impl_->timers.next_due_ns() <= now_ns();
  std::array<epoll_event, kEventsPerWait> events;
  const int count =
      epoll_wait(impl_->epoll_fd, events.data(), kEventsPerWait, due ? 0 : max_wait_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    const auto found = impl_->watches.find(static_cast<int>(event.data.u64 & 0xffffffff));
    if (found != impl_->watches.end() &&
        found->second.generation == static_cast<uint32_t>(event.data.u64 >> 32)) {
      const auto handler = found->second.handler;
      (*handler)(event.events);
    }
  }
  impl_->run_posts();
  // At most as many as are armed now: a timer that arms itself for the past must not starve the
  // sockets.
  const uint64_t now = now_ns();
  size_t left = impl_->timers.size();
  while (left-- != 0 && !impl_->timers.empty() && impl_->timers.next_due_ns() <= now) {
    impl_->timers.pop().fire();
  }
}

void EventLoop::stop() {
  impl_->stopping = true;
  impl_->wake_up();
}

}  // namespace io
