// Part of Raftlab, under the MIT License (see LICENSE).
//
// Whole output files of the exporters, kept in testdata/. With RAFTLAB_UPDATE_GOLDENS=1 in the
// environment a test writes the file anew instead; read the difference before you commit it.

#ifndef RAFTLAB_GRADING_GOLDEN_H_
#define RAFTLAB_GRADING_GOLDEN_H_

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace grading {

// Expects `text` to be what RAFTLAB_GOLDENS/`name` holds.
inline void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(RAFTLAB_GOLDENS) + "/" + name;
  if (std::getenv("RAFTLAB_UPDATE_GOLDENS") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << "there is no " << path << "; RAFTLAB_UPDATE_GOLDENS=1 writes it";
  std::stringstream wanted;
  wanted << file.rdbuf();
  EXPECT_EQ(text, wanted.str()) << "differs from " << path
                                << "; if it should, run this test with RAFTLAB_UPDATE_GOLDENS=1";
}

}  // namespace grading

#endif  // RAFTLAB_GRADING_GOLDEN_H_
