// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/seeds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string SeedsComplaint(const std::string& text) {
  return std::string(ParseSeeds(text).status().message());
}

TEST(SeedsTest, CountsAndRanges) {
  EXPECT_THAT(*ParseSeeds("3"), ElementsAre(1, 2, 3));
  EXPECT_THAT(*ParseSeeds("100..102"), ElementsAre(100, 101, 102));
  EXPECT_THAT(*ParseSeeds("7..7"), ElementsAre(7));
  EXPECT_THAT(*ParseSeeds("9007199254740991..9007199254740991"), ElementsAre(kLargestSeed));
}

TEST(SeedsTest, WrongOnesAreNamed) {
  EXPECT_EQ(SeedsComplaint("0"), "--seeds 0: the number of seeds is at least 1.");
  EXPECT_THAT(SeedsComplaint("abc"), HasSubstr("--seeds abc: the number of seeds is a whole"));
  EXPECT_THAT(SeedsComplaint("-5"), HasSubstr("is a whole number"));
  EXPECT_THAT(SeedsComplaint("9..3"), HasSubstr("write the smaller seed first"));
  EXPECT_THAT(SeedsComplaint("1.."), HasSubstr("the last seed is a whole number"));
  EXPECT_THAT(SeedsComplaint("1..9999999"), HasSubstr("too many"));
  EXPECT_THAT(SeedsComplaint("99999999999999999999999"), HasSubstr("too large"));
}

TEST(SeedsTest, OneSeed) {
  EXPECT_EQ(*ParseSeed("17"), 17u);
  for (const char* wrong : {"", "abc", "-1", "0", "1.5", "+3", " 3", "9007199254740992"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseSeed(wrong).status())) << wrong;
  }
}

TEST(SeedsTest, Jobs) {
  EXPECT_GE(*ParseJobs(""), 1);
  EXPECT_EQ(*ParseJobs("4"), 4);
  EXPECT_EQ(ParseJobs("0").status().message(), "--jobs 0: the number of jobs is at least 1.");
  EXPECT_FALSE(ParseJobs("513").ok());
}

}  // namespace
}  // namespace grading
