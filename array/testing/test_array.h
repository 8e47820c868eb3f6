// For tests: an array of four ports on two controllers and two LUNs of memory, on a clock that the
// test moves.
#pragma once

#include <gtest/gtest.h>

#include <sstream>

#include "array/fault.h"
#include "array/testing/nexus_user.h"
#include "base/testing/manual_scheduler.h"

namespace array::testing {

struct TestArray {
  explicit TestArray(Config wanted = default_config()) : config(std::move(wanted)) {
    std::string error;
    array = Array::create(config, clock, error);
    EXPECT_NE(array, nullptr) << error;
  }
  static Config default_config() {
    Config config;
    config.ports = {{.controller = 0}, {.controller = 1}, {.controller = 0}, {.controller = 1}};
    config.luns.resize(2);
    config.luns[0].size_bytes = 1U << 20;
    config.luns[1].size_bytes = 2U << 20;
    return config;
  }

  // "delay 0 50"; empty, or what is wrong with it.
  std::string fault(const std::string& line) {
    std::string error;
    const std::vector<std::string> all = words(line);
    apply_fault(*array, all[0], std::span(all).subspan(1), error);
    return error;
  }
  std::string check(const std::string& line) {
    std::string error;
    const std::vector<std::string> all = words(line);
    check_fault(*array, all[0], std::span(all).subspan(1), error);
    return error;
  }
  static std::vector<std::string> words(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> all;
    for (std::string word; stream >> word;) {
      all.push_back(word);
    }
    return all;
  }

  base::testing::ManualScheduler clock;
  Config config;
  std::unique_ptr<Array> array;
};

// Logged in, and nothing pending.
class ReadyUser {
 public:
  explicit ReadyUser(TestArray& world, unsigned port = 0) : user_(*world.array, port) {
    user_.take_attentions(0);
    user_.take_attentions(1);
  }
  NexusUser* operator->() { return &user_; }
  NexusUser& operator*() { return user_; }

 private:
  NexusUser user_;
};

}  // namespace array::testing
