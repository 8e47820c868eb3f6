// The event loop: order of timers, watches that vanish inside callbacks, posts from threads,
// signals.
#include "io/event_loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>
#include <vector>

namespace io {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(fds.data()), 0); }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
  void fill() const { EXPECT_EQ(write(fds[1], "x", 1), 1); }
  std::array<int, 2> fds{};
};

struct Alarm {
  explicit Alarm(EventLoop& l) : loop(l) {}
  void ring() {
    rung_at_ns = loop.now_ns();
    loop.stop();
  }
  EventLoop& loop;
  base::MemberTimer<&Alarm::ring> timer{*this};
  uint64_t rung_at_ns = 0;
};

TEST(EventLoop, TimersAreNeverEarlyAndCancelHolds) {
  EventLoop loop;
  Alarm alarm(loop);
  Alarm cancelled(loop);
  const uint64_t due = loop.now_ns() + 3'000'000;
  loop.arm(cancelled.timer, due - 2'000'000);
  loop.arm(alarm.timer, due);
  loop.cancel(cancelled.timer);
  loop.run();
  EXPECT_GE(alarm.rung_at_ns, due);
  EXPECT_EQ(cancelled.rung_at_ns, 0u);
}

TEST(EventLoop, AHandlerMayUnwatchAnother) {
  EventLoop loop;
  const Pipe a;
  const Pipe b;
  int calls = 0;
  const auto handler = [&](uint32_t) {
    ++calls;
    loop.unwatch(a.fds[0]);
    loop.unwatch(b.fds[0]);
  };
  loop.watch(a.fds[0], EPOLLIN, handler);
  loop.watch(b.fds[0], EPOLLIN, handler);
  a.fill();
  b.fill();
  loop.run_once(100);
  EXPECT_EQ(calls, 1) << "the other's event was already fetched and had to be dropped";
}

TEST(EventLoop, ANewWatchOfTheSameDescriptorDoesNotGetTheOldOnesEvents) {
  EventLoop loop;
  const Pipe a;
  const Pipe b;
  bool stale = false;
  const auto renew = [&](uint32_t) {
    for (const Pipe* p : {&a, &b}) {
      std::array<char, 8> drop;
      if (loop.now_ns() != 0 && read(p->fds[0], drop.data(), 1) != 1) {
        ADD_FAILURE();
      }
      loop.unwatch(p->fds[0]);
      loop.watch(p->fds[0], EPOLLIN, [&](uint32_t) { stale = true; });
    }
  };
  loop.watch(a.fds[0], EPOLLIN, renew);
  loop.watch(b.fds[0], EPOLLIN, renew);
  a.fill();
  b.fill();
  loop.run_once(100);
  loop.run_once(0);
  EXPECT_FALSE(stale);
}

TEST(EventLoop, PostsFromAnotherThreadRunInTheLoop) {
  EventLoop loop;
  std::thread::id ran;
  std::thread other([&] {
    loop.post([&] {
      ran = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST(EventLoop, SignalsArrive) {
  EventLoop loop;
  bool got = false;
  loop.on_signal(SIGUSR2, [&] {
    got = true;
    loop.stop();
  });
  raise(SIGUSR2);
  loop.run();
  EXPECT_TRUE(got);
}

TEST(EventLoop, ATimerThatKeepsArmingItselfDoesNotStarveTheSockets) {
  EventLoop loop;
  struct Endless {
    explicit Endless(EventLoop& l) : loop(l) {}
    EventLoop& loop;
    base::Timer timer{[](void* self) {
                        auto& endless = *static_cast<Endless*>(self);
                        endless.loop.arm(endless.timer, 0);
                      },
                      this};
  } endless(loop);
  loop.arm(endless.timer, 0);
  const Pipe pipe;
  loop.watch(pipe.fds[0], EPOLLIN, [&](uint32_t) { loop.stop(); });
  pipe.fill();
  loop.run();
  loop.cancel(endless.timer);
}

TEST(EventLoop, PostFromInsideAPostRunsInALaterTurn) {
  EventLoop loop;
  int turns = 0;
  loop.post([&] { loop.post([&] { ++turns; }); });
  loop.run_once(0);
  EXPECT_EQ(turns, 0);
  loop.run_once(0);
  EXPECT_EQ(turns, 1);
}

TEST(EventLoop, StopFromAnotherThreadAndBeforeRunIsNotLost) {
  EventLoop loop;
  loop.stop();
  loop.run();
  std::thread other([&] { loop.stop(); });
  loop.run();
  other.join();
}

}  // namespace
}  // namespace io
