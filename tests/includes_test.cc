// Part of Raftlab, under the MIT License (see LICENSE).
//
// The layers of the project (ARCHITECTURE.md), checked against what the sources include, and what
// must not stand in the code of a lab.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

// Each folder, and which others it may include beside itself.
const std::map<std::string, std::set<std::string>>& Layers() {
  static const auto* layers = new std::map<std::string, std::set<std::string>>{
      {"sim", {}},
      {"labgob", {}},
      {"linearizability", {}},
      {"labrpc", {"sim", "labgob"}},
      {"raft", {"sim", "labgob", "labrpc"}},
      {"kvraft", {"sim", "labgob", "labrpc", "raft"}},
      {"shardkv", {"sim", "labgob", "labrpc", "raft", "kvraft"}},
      {"tests", {"sim", "labgob", "labrpc", "raft", "kvraft", "shardkv", "linearizability"}},
      {"grading", {"sim", "linearizability"}},
      {"bench",
       {"sim", "labgob", "labrpc", "raft", "kvraft", "shardkv", "linearizability", "tests",
        "grading"}},
  };
  return *layers;
}

// Folders at the root that hold no code of the project.
bool IsNotOurs(const std::string& folder) {
  return folder.starts_with(".") || folder.starts_with("build") || folder == "CMakeFiles" ||
         folder == "out";
}

// What code that runs in a world must not use, and what it uses instead. Unit tests may: some make
// a student's mistake to see what comes of it.
struct BannedWord {
  std::string_view word;
  std::string_view instead;
};
constexpr BannedWord kBannedWords[] = {
    {"std::thread", "sim::Go"},
    {"std::mutex", "sim::Mutex"},
    {"absl::Mutex", "sim::Mutex"},
    {"absl::BitGen", "sim::Random"},
    {"std::random_device", "sim::Random"},
    {"rand(", "sim::Random"},
};
const std::set<std::string> kFoldersOfTheWorld = {"labrpc", "raft", "kvraft", "shardkv"};

// The text with its comments, strings and character literals blanked out; lines stay lines. What
// follows `#include` stays too. Raw strings are read to their end.
std::string CodeOf(std::string_view text) {
  std::string code(text);
  const auto blank = [&code](size_t from, size_t to) {
    to = std::min(to, code.size());
    for (size_t i = from; i < to; ++i) {
      if (code[i] != '\n') code[i] = ' ';
    }
    return to;
  };
  const auto end_of = [&text](std::string_view what, size_t from) {
    const size_t at = text.find(what, from);
    return at == text.npos ? text.size() : at + what.size();
  };
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("//")) {
      i = blank(i, std::min(text.find('\n', i), text.size()));
    } else if (rest.starts_with("/*")) {
      i = blank(i, end_of("*/", i + 2));
    } else if (rest.starts_with("#include")) {
      i = std::min(text.find('\n', i), text.size());
    } else if (rest.starts_with("R\"")) {
      const std::string_view mark = rest.substr(2, rest.find('(') - 2);
      i = blank(i, end_of(absl::StrCat(")", std::string(mark), "\""), i));
    } else if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !std::isalnum(text[i - 1])))) {
      size_t end = i + 1;
      while (end < text.size() && text[end] != text[i]) end += text[end] == '\\' ? 2 : 1;
      i = blank(i, end + 1);
    } else {
      ++i;
    }
  }
  return code;
}

// `raft/raft.h` of `#include "raft/raft.h"  // why`; empty if the line includes nothing.
std::string IncludedPath(std::string_view line) {
  const size_t hash = line.find_first_not_of(" \t");
  if (hash == line.npos || !line.substr(hash).starts_with("#include")) return "";
  const size_t begin = line.find_first_of("\"<");
  const size_t end = begin == line.npos ? begin : line.find_first_of("\">", begin + 1);
  return end == line.npos ? "" : std::string(line.substr(begin + 1, end - begin - 1));
}

// Whether the word stands there as a word of its own.
bool Uses(std::string_view line, std::string_view word) {
  const auto is_part_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (size_t at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || !is_part_of_name(line[at - 1]);
    const bool ends = word.back() == '(' || end == line.size() || !is_part_of_name(line[end]);
    if (begins && ends) return true;
  }
  return false;
}

std::string Allowed(const std::string& folder) {
  const std::set<std::string>& others = Layers().at(folder);
  return absl::StrCat(folder, "/ may include ",
                      others.empty() ? "no other folder" : absl::StrJoin(others, ", "));
}

// What is wrong with one include, as the end of a sentence; empty if nothing.
std::string Complaint(const std::string& folder, bool is_source, const std::string& path) {
  if (absl::StartsWith(path, "boost/fiber") || absl::StartsWith(path, "boost/context")) {
    if (folder == "sim" && is_source) return "";
    return "only sim/*.cc may include Boost.Fiber and Boost.Context: they cost every file that "
           "does seconds of compile time";
  }
  if (absl::StartsWith(path, ".")) return "paths begin at the project's root";
  const std::string target = path.substr(0, path.find('/'));
  if (target == path || target == folder || Layers().count(target) == 0) return "";
  return Layers().at(folder).count(target) > 0 ? "" : Allowed(folder);
}

void CheckFile(const fs::path& root, const std::string& folder, const fs::path& file,
               std::vector<std::string>* complaints) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  int number = 0;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(CodeOf(text.str()), '\n'))) {
    const std::string place =
        absl::StrCat(fs::relative(file, root).generic_string(), ":", ++number, ": ");
    if (const std::string path = IncludedPath(line); !path.empty()) {
      const std::string complaint = Complaint(folder, file.extension() == ".cc", path);
      if (!complaint.empty())
        complaints->push_back(absl::StrCat(place, "includes ", path, "; ", complaint));
      continue;
    }
    if (kFoldersOfTheWorld.count(folder) == 0 || absl::EndsWith(file.string(), "_test.cc"))
      continue;
    for (const BannedWord& banned : kBannedWords) {
      if (!Uses(line, banned.word)) continue;
      complaints->push_back(absl::StrCat(place, "uses ", std::string(banned.word),
                                         banned.word.back() == '(' ? ")" : "",
                                         "; inside the world it is ", std::string(banned.instead)));
    }
  }
}

std::vector<fs::path> SourcesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".h" || extension == ".cc") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// One line for each include and each word that should not be there, in order of the files.
std::vector<std::string> CheckTree(const fs::path& root) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_directory() && !IsNotOurs(entry.path().filename()))
      folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  std::vector<std::string> complaints;
  for (const fs::path& path : folders) {
    const std::string folder = path.filename();
    const std::vector<fs::path> files = SourcesIn(path);
    if (!files.empty() && Layers().count(folder) == 0) {
      complaints.push_back(absl::StrCat(folder,
                                        "/ holds sources, but no row of the table in "
                                        "tests/includes_test.cc says what it may include"));
      continue;
    }
    for (const fs::path& file : files) CheckFile(root, folder, file, &complaints);
  }
  return complaints;
}

TEST(Layers, EveryIncludeIsAllowed) {
  const std::vector<std::string> complaints = CheckTree(RAFTLAB_SOURCE_DIR);
  EXPECT_THAT(complaints, IsEmpty()) << absl::StrJoin(complaints, "\n");
  // The check has seen the project, and not an empty folder.
  EXPECT_TRUE(fs::exists(fs::path(RAFTLAB_SOURCE_DIR) / "sim/world.h"));
}

// A tree in a temporary folder, to check the check.
class SampleTree : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = fs::temp_directory_path() / "raftlab-includes-XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    root_ = path;
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::vector<std::string> Check() { return CheckTree(root_); }

 private:
  fs::path root_;
};

TEST_F(SampleTree, WhatTheTableAllowsPasses) {
  Write("raft/raft.cc",
        "#include \"raft/raft.h\"\n#include \"sim/sim.h\"\n#include <vector>\n"
        "#include \"absl/time/time.h\"\n#include \"labrpc/labrpc.h\"  // calls\n");
  Write("sim/scheduler.cc", "#include <boost/fiber/all.hpp>\n");
  Write("bench/raft_bench.cc", "#include \"tests/cluster.h\"\n#include <benchmark/benchmark.h>\n");
  Write("build/CMakeFiles/probe.cc", "#include \"../raft/raft.h\"\n");
  EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(SampleTree, ALeakIsNamedWithFileLineAndTable) {
  Write("labrpc/network.cc", "#include <map>\n\n  #include \"raft/messages.h\"\n");
  Write("labgob/codec.h", "#include \"sim/sim.h\"\n");
  Write("grading/deep/pool.cc", "#include \"tests/worker.h\"\n#include \"sim/run.h\"\n");
  EXPECT_THAT(
      Check(),
      ElementsAre(
          "grading/deep/pool.cc:1: includes tests/worker.h; grading/ may include linearizability, "
          "sim",
          "labgob/codec.h:1: includes sim/sim.h; labgob/ may include no other folder",
          "labrpc/network.cc:3: includes raft/messages.h; labrpc/ may include labgob, sim"));
}

TEST_F(SampleTree, WaysAroundTheTableAreClosed) {
  Write("labrpc/network.cc", "#include \"../raft/messages.h\"\n");
  Write("extras/new.h", "int x;\n");
  EXPECT_THAT(
      Check(),
      ElementsAre("extras/ holds sources, but no row of the table in tests/includes_test.cc says "
                  "what it may include",
                  "labrpc/network.cc:1: includes ../raft/messages.h; paths begin at the "
                  "project's root"));
}

TEST_F(SampleTree, BoostFiberStaysInTheSourcesOfSim) {
  Write("sim/fiber.h", "#include <boost/fiber/fiber.hpp>\n");
  Write("raft/raft.cc", "#include <boost/context/continuation.hpp>\n");
  EXPECT_THAT(Check(),
              ElementsAre(testing::StartsWith("raft/raft.cc:1: includes boost/context/"),
                          testing::StartsWith("sim/fiber.h:1: includes boost/fiber/fiber.hpp; "
                                              "only sim/*.cc may")));
}

TEST_F(SampleTree, BannedWordsAreFoundInCodeAlone) {
  Write("raft/raft.cc",
        "// std::thread is refused\n"
        "/* absl::Mutex\n   std::mutex */ const char* kText = \"std::mutex \\\" rand()\";\n"
        "const char* kRaw = R\"(std::thread)\"; int operand(int); int n = 1'000; char c = '\"';\n"
        "std::mutex mu; std::thread_local_thing no;\n"
        "int r = rand() + std::rand();\n");
  Write("labrpc/labrpc.cc", "absl::BitGen gen;\n");
  Write("labrpc/labrpc_test.cc", "static std::mutex mu;  // as a student may write it\n");
  Write("sim/interpose.cc", "unsigned int std::random_device::_M_getval() {}\n");
  EXPECT_THAT(
      Check(),
      ElementsAre("labrpc/labrpc.cc:1: uses absl::BitGen; inside the world it is sim::Random",
                  "raft/raft.cc:5: uses std::mutex; inside the world it is sim::Mutex",
                  "raft/raft.cc:6: uses rand(); inside the world it is sim::Random"));
}

}  // namespace
