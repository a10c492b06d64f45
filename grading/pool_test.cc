// Part of Raftlab, under the MIT License (see LICENSE).
//
// The pool against fake_tests, which misbehaves on request.

#include "grading/pool.h"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grading {
namespace {

using ::testing::HasSubstr;

class PoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("FAKE_STATE", state_.c_str(), 1);
    std::filesystem::create_directories(state_);
  }
  void TearDown() override {
    for (const char* name : {"FAKE_RULES", "FAKE_STATE"}) unsetenv(name);
    std::filesystem::remove_all(state_);
  }

  // Runs `seeds` seeds of one test; `rules` are FAKE_RULES.
  absl::Status Run(const std::string& rules, int seeds) {
    setenv("FAKE_RULES", rules.c_str(), 1);
    std::vector<Job> jobs;
    for (int seed = 1; seed <= seeds; ++seed) {
      jobs.push_back({.test = "Raft2A.X", .seed = static_cast<uint64_t>(seed), .strategy = "mix"});
    }
    options_.program = FAKE_TESTS;
    Pool pool(
        options_, jobs,
        [&](grading::Run run) {
          const uint64_t seed = run.seed;
          EXPECT_TRUE(runs_.emplace(seed, std::move(run)).second) << "twice: seed " << seed;
        },
        [] {});
    return pool.Run();
  }

  PoolOptions options_ = {.program = FAKE_TESTS, .jobs = 2};
  std::map<uint64_t, grading::Run> runs_;

 private:
  const std::string state_ = testing::TempDir() + "pool_test." + std::to_string(getpid());
};

TEST_F(PoolTest, RunsWhatIsWantedThen) {
  // Until the first failure, and of the rest every hundredth.
  options_.jobs = 1;
  options_.wanted = [&](size_t job) { return !runs_.contains(7) || job % 100 == 0; };
  EXPECT_TRUE(Run("Raft2A.X:7:safety", 500).ok());
  EXPECT_EQ(runs_.size(), 7u + 4u);
  EXPECT_FALSE(runs_.contains(8));
  EXPECT_TRUE(runs_.contains(401));
}

TEST_F(PoolTest, RunsAll) {
  EXPECT_TRUE(Run("Raft2A.X:7:safety", 500).ok());
  EXPECT_EQ(runs_.size(), 500u);
  EXPECT_EQ(runs_[7].verdict, Verdict::kSafety);
  EXPECT_EQ(runs_[8].verdict, Verdict::kPass);
  EXPECT_EQ(runs_[8].rpcs, 1008);
  EXPECT_EQ(runs_[8].extra["elections"], 2);
}

TEST_F(PoolTest, ARunThatKillsTheWorkerOnceIsRepeated) {
  EXPECT_TRUE(Run("*:5:die-once;*:19:fault-once", 20).ok());
  EXPECT_EQ(runs_.size(), 20u);
  EXPECT_EQ(runs_[5].verdict, Verdict::kPass);
  ASSERT_EQ(runs_[5].faults.size(), 1u);
  EXPECT_THAT(runs_[5].faults[0], HasSubstr("was killed by signal 9 (Killed)"));
  EXPECT_EQ(runs_[19].verdict, Verdict::kPass);
  EXPECT_EQ(runs_[19].faults.size(), 1u);
}

TEST_F(PoolTest, ARunThatAlwaysKillsTheWorkerIsAFaultAndTheOthersPass) {
  EXPECT_TRUE(Run("*:5:die", 20).ok());
  EXPECT_EQ(runs_.size(), 20u);
  for (const auto& [seed, run] : runs_) {
    EXPECT_EQ(run.verdict, seed == 5 ? Verdict::kFrameworkFault : Verdict::kPass) << seed;
  }
}

TEST_F(PoolTest, AWorkerThatBreaksTheProtocolIsReplaced) {
  EXPECT_TRUE(Run("*:5:junk", 10).ok());
  EXPECT_EQ(runs_[5].verdict, Verdict::kFrameworkFault);
  EXPECT_THAT(runs_[5].message, HasSubstr("a line that is not a result (no JSON object): Hello"));
  EXPECT_EQ(runs_[10].verdict, Verdict::kPass);
}

TEST_F(PoolTest, AnUnknownVerdictBreaksTheProtocol) {
  EXPECT_TRUE(Run("*:1:excellent", 2).ok());
  EXPECT_THAT(runs_[1].message, HasSubstr("the verdict \"excellent\" is unknown"));
}

TEST_F(PoolTest, ASilentWorkerIsReplaced) {
  options_.silence = absl::Milliseconds(200);
  EXPECT_TRUE(Run("*:2:mute", 3).ok());
  EXPECT_THAT(runs_[2].message, HasSubstr("said nothing for 200ms"));
  EXPECT_EQ(runs_[3].verdict, Verdict::kPass);
}

TEST_F(PoolTest, GivesUpOnAWorkerThatNeverWorks) {
  const absl::Status status = Run("*:*:exit", 50);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("ended with exit code 4; after 10 such ends the rest is not run."));
  EXPECT_LT(runs_.size(), 50u);
}

}  // namespace
}  // namespace grading
