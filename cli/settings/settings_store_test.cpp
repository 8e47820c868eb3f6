// The settings file: whatever fails or is cut off, it holds what it held or what it was to hold.
#include "cli/settings/settings_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "cli/settings/settings_text.h"
#include "tests/support/temp_dir.h"

namespace cli {
namespace {

using mpio::Scope;
using enum dsm::PolicyId;

SettingsStore::Edit to_policy(dsm::PolicyId policy, std::string lun = "naa.1") {
  return [policy, lun](mpio::Settings& settings) -> std::string {
    mpio::set_policy(settings, {Scope::lun, lun}, {policy, ""});
    return {};
  };
}

// A disk with a cache in front. The n-th call fails, or is the last before the power goes; then the
// disk holds what was synced, and of the rest whatever it has got to: nothing, all of it, or the
// names without the data.
class FragileCalls final : public FileCalls {
 public:
  unsigned fail_at = 0;  // 0: never
  bool power_goes = false;
  unsigned calls = 0;

  struct File {
    std::string cached;
    std::string synced;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;
  Names names;         // as programs see them
  Names synced_names;  // as they are on the disk

  int read(const std::string& path, size_t, std::string& text) override {
    if (const int error = next()) {
      return error;
    }
    if (names.count(path) == 0) {
      return ENOENT;
    }
    text = names[path]->cached;
    return 0;
  }
  int write(const std::string& path, std::string_view text) override {
    const int error = next();
    if (names.count(path) == 0) {
      names[path] = std::make_shared<File>();
    }
    names[path]->cached = error == 0 ? text : text.substr(0, text.size() / 2);  // no space left
    return error;
  }
  int sync(const std::string& path) override {
    const int error = next();
    if (error == 0) {
      names[path]->synced = names[path]->cached;
    }
    return error;
  }
  int rename(const std::string& from, const std::string& to) override {
    const int error = next();
    if (error == 0) {
      names[to] = names[from];
      names.erase(from);
    }
    return error;
  }
  int rename_to_new(const std::string& from, const std::string& to) override {
    if (names.count(to) != 0) {
      return EEXIST;
    }
    return rename(from, to);
  }
  int sync_folder(const std::string&) override {
    const int error = next();
    if (error == 0) {
      synced_names = names;
    }
    return error;
  }
  int make_folder(const std::string&) override { return next(); }
  int lock_folder(const std::string&, int& lock) override {
    const int error = next();
    locks += error == 0 ? 1 : 0;
    lock = 5;
    return error;
  }
  void unlock_folder(int lock) override {
    EXPECT_EQ(lock, 5);
    --locks;
  }
  int locks = 0;

  enum class Left { nothing_unsynced, everything, names_without_data };
  void restart(Left left) {
    if (left == Left::nothing_unsynced) {
      names = synced_names;
    }
    for (const auto& [name, file] : names) {
      if (left != Left::everything) {
        file->cached = file->synced;
      }
      file->synced = file->cached;
    }
    synced_names = names;
    fail_at = 0;
    off_ = false;
  }

 private:
  int next() {
    if (off_) {
      return EIO;  // nothing happens any more
    }
    if (++calls != fail_at) {
      return 0;
    }
    off_ = power_goes;
    return ENOSPC;
  }
  bool off_ = false;
};

std::string policy_of(SettingsStore& store) {
  const SettingsStore::Loaded loaded = store.load();
  EXPECT_EQ(loaded.problem, "");
  const auto lun = loaded.settings.luns.find("naa.1");
  return lun == loaded.settings.luns.end() ? "none"
                                           : std::to_string(int(lun->second.policy.policy));
}

TEST(SettingsStore, HoldsTheOldOrTheNewWhateverFailsOrIsCutOff) {
  using Left = FragileCalls::Left;
  const std::string old_policy = std::to_string(int(least_blocks));
  const std::string new_policy = std::to_string(int(weighted_paths));
  std::set<std::string> seen_after_power;
  for (const bool power_goes : {false, true}) {
    for (const Left left : {Left::nothing_unsynced, Left::everything, Left::names_without_data}) {
      for (unsigned n = 1;; ++n) {
        FragileCalls calls;
        SettingsStore store("/state/settings.json", calls);
        mpio::Settings settings;
        ASSERT_EQ(store.change(to_policy(least_blocks), settings), "");
        const mpio::Settings before = settings;
        calls.calls = 0;
        calls.fail_at = n;
        calls.power_goes = power_goes;
        const std::string error = store.change(to_policy(weighted_paths), settings);
        EXPECT_EQ(calls.locks, 0);
        const bool reached = calls.calls >= n;
        EXPECT_EQ(error.empty(), !reached) << n << ": " << error;
        if (!error.empty()) {
          EXPECT_EQ(settings, before) << n;
          EXPECT_NE(error.find("/state"), std::string::npos) << error;
        }
        const bool says_unchanged = error.find("nothing was changed") != std::string::npos;
        if (!power_goes) {
          calls.fail_at = 0;
          const std::string now = policy_of(store);
          EXPECT_TRUE(now == new_policy || (reached && now == old_policy)) << n << " " << now;
          EXPECT_TRUE(!says_unchanged || now == old_policy) << error;
        } else if (reached) {
          calls.restart(left);
          const std::string now = policy_of(store);
          EXPECT_TRUE(now == old_policy || now == new_policy) << n << " " << now;
          seen_after_power.insert(now);
          ASSERT_EQ(store.change(to_policy(fail_over_only), settings), "") << "and it goes on";
        }
        if (!reached) {
          calls.restart(Left::nothing_unsynced);
          EXPECT_EQ(policy_of(store), new_policy) << "what is done is on the disk";
          break;
        }
      }
    }
  }
  EXPECT_EQ(seen_after_power.size(), 2U) << "both were possible";
}

class SettingsFile : public ::testing::Test {
 protected:
  void put(const std::string& text) { std::ofstream(path) << text; }
  static std::string get(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  bool exists(const std::string& name) const {
    return access(folder.file(name).c_str(), F_OK) == 0;
  }

  test_support::TempDir folder;
  std::string path = folder.file("settings.json");
  SettingsStore store{path};
  mpio::Settings settings;
};

TEST_F(SettingsFile, IsNotThereBeforeSomethingIsStored) {
  EXPECT_EQ(store.load().problem, "");
  EXPECT_FALSE(exists("settings.json"));
  ASSERT_EQ(store.change(to_policy(least_blocks), settings), "");
  EXPECT_EQ(SettingsStore(path).load().settings, settings);
  EXPECT_FALSE(exists("settings.json.new"));
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(SettingsFile, ItsFolderIsMade) {
  SettingsStore deeper(folder.file("a/b/settings.json"));
  EXPECT_EQ(deeper.load().problem, "");
  EXPECT_EQ(deeper.change(to_policy(least_blocks), settings), "");
  EXPECT_EQ(deeper.load().settings, settings);
}

TEST_F(SettingsFile, WhatBelongsToOthersStays) {
  ASSERT_EQ(store.change(to_policy(least_blocks, "naa.absent"), settings), "");
  SettingsStore another(path);
  ASSERT_EQ(another.change(to_policy(weighted_paths, "naa.1"), settings), "");
  ASSERT_EQ(store.change(to_policy(none, "naa.1"), settings), "");
  EXPECT_EQ(settings.luns.size(), 1U);
  EXPECT_EQ(settings.luns.at("naa.absent").policy.policy, least_blocks);
}

TEST_F(SettingsFile, ChangesOfSeveralAtOnceAreAllThere) {
  constexpr int kWriters = 4;
  constexpr int kChanges = 10;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, writer] {
      SettingsStore mine(path);
      mpio::Settings seen;
      for (int i = 0; i < kChanges; ++i) {
        const std::string lun = "naa." + std::to_string(writer) + "-" + std::to_string(i);
        EXPECT_EQ(mine.change(to_policy(least_blocks, lun), seen), "");
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(store.load().settings.luns.size(), size_t{kWriters * kChanges});
}

TEST_F(SettingsFile, ACorruptOneCostsItsSettingsAndIsKeptAside) {
  put("{\n  \"dsmkit-settings\": 1,\n  \"luns\": oops\n}\n");
  SettingsStore::Loaded loaded = store.load();
  EXPECT_TRUE(loaded.problem.starts_with(path + ":3: ")) << loaded.problem;
  EXPECT_NE(loaded.problem.find(path + ".corrupt-1: mend it"), std::string::npos) << loaded.problem;
  EXPECT_EQ(loaded.settings, mpio::Settings{});
  EXPECT_NE(get(path + ".corrupt-1").find("oops"), std::string::npos);
  EXPECT_FALSE(exists("settings.json"));
  EXPECT_EQ(store.load().problem, "") << "it is told once";
  put("worse");
  EXPECT_NE(store.load().problem.find("corrupt-2"), std::string::npos);
  EXPECT_NE(get(path + ".corrupt-1").find("oops"), std::string::npos) << "never overwritten";
  ASSERT_EQ(store.change(to_policy(least_blocks), settings), "");
}

TEST_F(SettingsFile, OneThatIsSpoiltMeanwhileIsNotOverwritten) {
  ASSERT_EQ(store.change(to_policy(least_blocks), settings), "");
  put("spoilt");
  const std::string error = store.change(to_policy(weighted_paths), settings);
  EXPECT_TRUE(error.starts_with(path + ":1: ")) << error;
  EXPECT_NE(error.find("nothing was changed"), std::string::npos) << error;
  EXPECT_EQ(get(path), "spoilt");
}

TEST_F(SettingsFile, ANewerVersionStaysWhereItIs) {
  const std::string newer = "{\"dsmkit-settings\": 7, \"moods\": {}}";
  put(newer);
  EXPECT_NE(store.load().problem.find("version 7"), std::string::npos);
  EXPECT_NE(store.change(to_policy(least_blocks), settings).find("version 7"), std::string::npos);
  EXPECT_EQ(get(path), newer);
}

TEST_F(SettingsFile, OneThatCannotBeReadIsLeftAlone) {
  SettingsStore at_a_folder(folder.path());
  EXPECT_NE(at_a_folder.load().problem.find(folder.path()), std::string::npos);
  EXPECT_NE(at_a_folder.change(to_policy(least_blocks), settings), "");
  put(std::string(20u << 20, ' '));
  EXPECT_NE(store.load().problem.find("corrupt-1"), std::string::npos)
      << "that large is no settings";
}

TEST_F(SettingsFile, AnEditThatThinksBetterOfItChangesNothing) {
  ASSERT_EQ(store.change(to_policy(least_blocks), settings), "");
  const std::string before = get(path);
  EXPECT_EQ(store.change(
                [](mpio::Settings& now) -> std::string {
                  now = {};
                  return "no";
                },
                settings),
            "no");
  EXPECT_EQ(get(path), before);
}

TEST(DefaultSettingsPath, FollowsTheEnvironment) {
  const char* const before = std::getenv("XDG_STATE_HOME");
  const std::string kept = before != nullptr ? before : "";
  setenv("XDG_STATE_HOME", "/somewhere", 1);
  EXPECT_EQ(default_settings_path(), "/somewhere/dsmkit/settings.json");
  setenv("XDG_STATE_HOME", "not/absolute", 1);
  EXPECT_EQ(default_settings_path().front(), '/');
  if (before != nullptr) {
    setenv("XDG_STATE_HOME", kept.c_str(), 1);
  } else {
    unsetenv("XDG_STATE_HOME");
  }
}

}  // namespace
}  // namespace cli
