// Part of Raftlab, under the MIT License (see LICENSE).
//
// The list of graded tests. A test is written as
//
//   LAB_TEST(Raft2A, InitialElection, "a leader is elected, and stays while nothing fails") {
//     Cluster cluster(world, {.servers = 3});
//     ...
//   }
//
// and is a GoogleTest test of the same name at once. Its body is the judge's: it runs in a child
// process, as the first fiber of the world that it is given, once per seed. It returns to pass.

#ifndef RAFTLAB_TESTS_REGISTRY_H_
#define RAFTLAB_TESTS_REGISTRY_H_

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world.h"

namespace tests {

struct LabTest {
  std::string suite;  // "Raft2A"
  std::string name;   // "InitialElection"
  std::string about;  // the claim, half a sentence
  void (*body)(sim::World& world) = nullptr;

  std::string FullName() const { return suite + "." + name; }
  // "2A": how the suite's name ends.
  std::string Stage() const { return suite.substr(suite.size() - 2); }
};

// In order of definition within a file, and of linking between files.
std::vector<LabTest>& AllTests();
// Null if there is none of this full name.
const LabTest* FindTest(std::string_view full_name);

// Adds a test; returns true, for an initialiser.
bool Register(LabTest test);

// What GoogleTest runs: the test over the seeds that the flags name (runner.h), each in a child.
void RunUnderGoogleTest(const std::string& full_name);

}  // namespace tests

#define LAB_TEST(suite, test_name, claim)                                             \
  static void LabTest_##suite##_##test_name(sim::World& world);                       \
  static const bool registered_##suite##_##test_name =                                \
      ::tests::Register({#suite, #test_name, claim, &LabTest_##suite##_##test_name}); \
  TEST(suite, test_name) { ::tests::RunUnderGoogleTest(#suite "." #test_name); }      \
  static void LabTest_##suite##_##test_name([[maybe_unused]] sim::World& world)

#endif  // RAFTLAB_TESTS_REGISTRY_H_
