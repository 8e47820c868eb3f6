// A run that fails or is killed at any change that it makes to the machine.
#include <gtest/gtest.h>

#include <functional>

#include "windows/setup/testing/installation.h"

namespace setup {
namespace {

using testing::FakeSystem;
using testing::InstallationTest;
using testing::Killed;
using testing::MachineState;
using testing::Trouble;

// What is done, on which machine.
struct Deed {
  const char* name;
  std::vector<std::string> before;  // folders whose packages are installed first
  std::vector<std::string> arguments;
  Feature mpio = Feature::enabled;
};

class InterruptedTest : public InstallationTest, public ::testing::WithParamInterface<Deed> {
 protected:
  ExitCode deed() { return run(GetParam().arguments); }

  // Of the deed that nothing disturbs: the machine before and after, and how many changes it takes.
  void SetUp() override {
    system_.state.mpio = GetParam().mpio;
    for (const std::string& folder : GetParam().before) {
      install(folder);
    }
    arranged_ = system_;
    arranged_.changes = 0;
    start();
    code_ = deed();
    ASSERT_TRUE(code_ == ExitCode::done || code_ == ExitCode::restart_needed);
    after_ = system_.state;
    changes_ = system_.changes;
    ASSERT_GT(changes_, 10U);
  }
  void start(Trouble trouble = {}) {
    system_ = arranged_;
    system_.trouble = trouble;
  }
  // With that trouble, then once more without. Was it killed?
  bool killed() {
    try {
      deed();
      return false;
    } catch (const Killed&) {
      system_.trouble = {};
      return true;
    }
  }

  FakeSystem arranged_;
  MachineState after_;
  ExitCode code_ = ExitCode::done;
  unsigned changes_ = 0;
};

// Taken back as a whole, or, once it is final, finished by the next run.
TEST_P(InterruptedTest, a_failing_change_leaves_nothing) {
  unsigned undone = 0;
  for (unsigned n = 1; n <= changes_; ++n) {
    start({.fails = n});
    const ExitCode code = deed();
    if (code == ExitCode::undone) {
      EXPECT_EQ(differences(arranged_.state, system_.state), "") << "change " << n;
      ++undone;
    } else {
      ASSERT_EQ(code, ExitCode::unfinished) << "change " << n;
      EXPECT_FALSE(complaints_.empty());
    }
    deed();
    EXPECT_EQ(differences(after_, system_.state), "") << "change " << n;
  }
  EXPECT_GT(undone, 5U);
}

TEST_P(InterruptedTest, killed_at_any_change_the_next_run_does_it_all) {
  for (unsigned n = 1; n <= changes_; ++n) {
    for (const Trouble& trouble : {Trouble{.killed_before = n}, Trouble{.killed_after = n}}) {
      start(trouble);
      ASSERT_TRUE(killed());
      const ExitCode code = deed();
      EXPECT_TRUE(code == ExitCode::done || code == ExitCode::restart_needed);
      EXPECT_EQ(differences(after_, system_.state), "") << "change " << n;
    }
  }
}

TEST_P(InterruptedTest, killed_at_any_change_it_can_be_taken_back_or_is_final) {
  for (unsigned n = 1; n <= changes_; ++n) {
    for (const Trouble& trouble : {Trouble{.killed_before = n}, Trouble{.killed_after = n}}) {
      start(trouble);
      ASSERT_TRUE(killed());
      run({"/rollback"});
      EXPECT_TRUE(system_.state == arranged_.state || system_.state == after_) << "change " << n;
    }
  }
}

// Of what is taken back the half may have been taken back.
TEST_P(InterruptedTest, killed_while_it_takes_back_the_next_run_goes_on) {
  for (unsigned n = 1;; ++n) {
    std::vector<std::string> pending = GetParam().arguments;
    pending.emplace_back("/pending");
    start();
    ASSERT_EQ(run(pending), ExitCode::done);
    system_.changes = 0;
    system_.trouble = {.killed_after = n};
    try {
      EXPECT_EQ(run({"/rollback"}), ExitCode::done);
      EXPECT_EQ(differences(arranged_.state, system_.state), "");
      EXPECT_GT(n, 5U);
      return;
    } catch (const Killed&) {
      system_.trouble = {};
    }
    EXPECT_EQ(run({"/rollback"}), ExitCode::done);
    EXPECT_EQ(differences(arranged_.state, system_.state), "") << "change " << n;
  }
}

// A half of it must not be taken for the whole.
TEST_P(InterruptedTest, killed_while_it_takes_back_it_cannot_be_made_final) {
  for (unsigned n = 1; n < changes_; ++n) {
    std::vector<std::string> pending = GetParam().arguments;
    pending.emplace_back("/pending");
    start();
    ASSERT_EQ(run(pending), ExitCode::done);
    system_.changes = 0;
    system_.trouble = {.killed_after = n};
    try {
      run({"/rollback"});
    } catch (const Killed&) {
    }
    system_.trouble = {};
    run({"/commit"});
    EXPECT_EQ(differences(arranged_.state, system_.state), "") << "change " << n;
  }
}

// A change that cannot be taken back keeps nobody from taking back the others.
TEST_P(InterruptedTest, what_cannot_be_taken_back_is_tried_again) {
  for (unsigned n = 1; n <= changes_; ++n) {
    std::vector<std::string> pending = GetParam().arguments;
    pending.emplace_back("/pending");
    start();
    ASSERT_EQ(run(pending), ExitCode::done);
    system_.changes = 0;
    system_.trouble = {.fails = n};
    run({"/rollback"});
    system_.trouble = {};
    run({"/rollback"});
    EXPECT_EQ(differences(arranged_.state, system_.state), "") << "change " << n;
  }
}

const std::vector<std::string> kInstallOne = {"D:\\1", "acmedsm.inf", "Root\\ACMEDSM"};
const std::vector<std::string> kInstallTwo = {"D:\\2", "acmedsm.inf", "Root\\ACMEDSM"};

INSTANTIATE_TEST_SUITE_P(
    All, InterruptedTest,
    ::testing::Values(Deed{"install", {}, kInstallOne},
                      Deed{"install_with_the_feature", {}, kInstallOne, Feature::disabled},
                      Deed{"upgrade", {"D:\\1"}, kInstallTwo},
                      Deed{"uninstall", {"D:\\1"}, {"/uninstall"}}),
    [](const ::testing::TestParamInfo<Deed>& deed) { return std::string(deed.param.name); });

}  // namespace
}  // namespace setup
