// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/crypto.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "grading/seeds.h"

namespace grading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kKey[] = "0123456789abcdef";

// FIPS 180-4, examples.
TEST(Crypto, Sha256) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(KeyCommitment("abc"), Sha256Hex("abc"));
}

// RFC 4231, test cases 1 and 6.
TEST(Crypto, HmacSha256) {
  EXPECT_EQ(absl::BytesToHexString(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(
      absl::BytesToHexString(HmacSha256(std::string(131, '\xaa'),
                                        "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// The numbers are those of another program: Python's hmac.
TEST(Crypto, SeedsAreKnown) {
  EXPECT_THAT(DeriveSeeds(kKey, "alice", "Raft2A.InitialElection", 3),
              ElementsAre(4304297180249037u, 1512283722173515u, 7443785952130829u));
  EXPECT_THAT(DeriveSeeds(kKey, "", "Raft2B.Backup", 2),
              ElementsAre(5930507667207510u, 8812767014317782u));
}

TEST(Crypto, SeedsDifferAndContinue) {
  const std::vector<uint64_t> many = DeriveSeeds(kKey, "alice", "Raft2A.X", 1000);
  EXPECT_EQ(std::set<uint64_t>(many.begin(), many.end()).size(), 1000u);
  for (const uint64_t seed : many) {
    EXPECT_GE(seed, 1u);
    EXPECT_LE(seed, kLargestSeed);
  }
  EXPECT_EQ(DeriveSeeds(kKey, "alice", "Raft2A.X", 10),
            std::vector<uint64_t>(many.begin(), many.begin() + 10));
  EXPECT_NE(DeriveSeeds(kKey, "alice", "Raft2A.Y", 1), DeriveSeeds(kKey, "alice", "Raft2A.X", 1));
  // What is the submission and what is the test cannot be confused.
  EXPECT_NE(DeriveSeeds(kKey, "a\n1:b", "c", 1), DeriveSeeds(kKey, "a", "b\n1:c", 1));
}

class KeyFile : public ::testing::Test {
 protected:
  ~KeyFile() override { std::filesystem::remove(path_); }
  absl::StatusOr<std::string> Read(const std::string& text) {
    std::ofstream(path_) << text;
    return ReadKeyFile(path_);
  }

  const std::string path_ = testing::TempDir() + "key_test." + std::to_string(getpid());
};

TEST_F(KeyFile, IsReadWithoutItsLineEnd) { EXPECT_EQ(*Read("0123456789abcdef\r\n"), kKey); }

TEST_F(KeyFile, WhatIsWrongIsSaid) {
  EXPECT_THAT(ReadKeyFile(path_).status().message(),
              HasSubstr("cannot be read: No such file or directory; make one with: openssl"));
  EXPECT_THAT(ReadKeyFile(testing::TempDir()).status().message(), HasSubstr("Is a directory"));
  EXPECT_THAT(Read("\n\n").status().message(), HasSubstr("is empty"));
  EXPECT_THAT(Read("0123456789abcde\n").status().message(),
              HasSubstr("has 15 bytes and needs at least 16"));
  EXPECT_THAT(Read(std::string(kLongestKey + 1, 'x')).status().message(),
              HasSubstr("is longer than 65536 bytes"));
  EXPECT_TRUE(Read(std::string(kLongestKey, 'x')).ok());
}

}  // namespace
}  // namespace grading
