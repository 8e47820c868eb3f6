// What the tests of a transport share: a handler that writes everything down, and commands with
// buffers of their own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "io/event_loop.h"
#include "mpio/transport.h"
#include "scsi/cdb.h"
#include "scsi/sense.h"

namespace io::test {

// Runs the loop until `done` holds. False when that takes longer than a broken test may hang.
inline bool run_until(EventLoop& loop, const std::function<bool()>& done,
                      std::chrono::milliseconds deadline = std::chrono::seconds(30)) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    loop.run_once(20);
  }
  return true;
}

// One command. `done` counts how often it came back: exactly 1 is right.
struct Io {
  mpio::TransportCommand command;
  std::vector<uint8_t> bytes;
  std::vector<mpio::IoSlice> slices;
  int done = 0;

  bool good() const {
    return done == 1 && command.delivery == mpio::Delivery::delivered && command.scsi_status == 0;
  }
  scsi::Sense sense() const {
    return scsi::decode_sense({command.sense.data(), command.sense_bytes});
  }
};

// The buffer is cut into `slice_count` unequal parts.
inline std::unique_ptr<Io> make_io(const scsi::Cdb& cdb, mpio::Direction direction,
                                   size_t size_bytes, size_t slice_count = 1) {
  auto io = std::make_unique<Io>();
  io->bytes.assign(size_bytes, 0xee);
  size_t at = 0;
  for (size_t i = 0; i < slice_count && at < size_bytes; ++i) {
    const size_t even = size_bytes / slice_count;
    const size_t size = i + 1 == slice_count ? size_bytes - at : even - (i % 2) * (even / 2);
    io->slices.push_back({io->bytes.data() + at, size});
    at += size;
  }
  io->command.cdb = cdb;
  io->command.direction = direction;
  io->command.slices = io->slices;
  io->command.length_bytes = static_cast<uint32_t>(size_bytes);
  io->command.owner = io.get();
  return io;
}

inline std::unique_ptr<Io> make_test_unit_ready() {
  return make_io(scsi::make_test_unit_ready(), mpio::Direction::none, 0);
}

inline std::unique_ptr<Io> make_read(uint64_t lba, uint32_t blocks, size_t slice_count = 1) {
  return make_io(scsi::make_read(lba, blocks), mpio::Direction::from_target, size_t{blocks} * 512,
                 slice_count);
}

// Block n of the write is filled with bytes that only `seed`, the block and the place in it decide.
inline std::unique_ptr<Io> make_write(uint64_t lba, uint32_t blocks, uint32_t seed,
                                      size_t slice_count = 1) {
  auto io = make_io(scsi::make_write(lba, blocks), mpio::Direction::to_target, size_t{blocks} * 512,
                    slice_count);
  uint32_t state = seed * 2654435761U + static_cast<uint32_t>(lba) + 1;
  for (uint8_t& byte : io->bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return io;
}

// Notes what it hears; the hooks run after the note, with the transport in whatever state the
// callback left it.
class Probe final : public mpio::TransportHandler {
 public:
  void on_login_done(mpio::LinkResult result, std::string_view detail) override {
    logins.push_back(result);
    last_detail = detail;
    order += 'L';
    if (login_hook) {
      login_hook();
    }
  }
  void on_command_done(mpio::TransportCommand& command) override {
    Io& io = *static_cast<Io*>(command.owner);
    ++io.done;
    ++commands_done;
    order += 'c';
    if (command_hook) {
      command_hook(io);
    }
  }
  void on_link_lost(mpio::LinkResult result, std::string_view detail) override {
    losses.push_back(result);
    last_detail = detail;
    order += 'X';
    if (lost_hook) {
      lost_hook();
    }
  }
  void on_heard() override {
    ++heard;
    if (heard_hook) {
      heard_hook();
    }
  }

  void on_held_ended(bool answered, mpio::SettledBy then) override {
    held_answered = answered;
    held_then = then;
    order += 'H';
  }

  std::vector<mpio::LinkResult> logins;
  std::vector<mpio::LinkResult> losses;
  std::string last_detail;
  std::string order;  // L login done, c command done, X link lost, H held commands ended
  bool held_answered = false;
  mpio::SettledBy held_then = mpio::SettledBy::end;
  int commands_done = 0;
  int heard = 0;
  std::function<void()> login_hook;
  std::function<void(Io&)> command_hook;
  std::function<void()> lost_hook;
  std::function<void()> heard_hook;
};

}  // namespace io::test
