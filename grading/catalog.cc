// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/catalog.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "grading/names.h"
#include "grading/plain_text.h"
#include "grading/process.h"

namespace grading {
namespace {

constexpr absl::Duration kListTimeout = absl::Seconds(30);

std::string FromEnvironment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("cannot read ", path, "; start the tool as ./lab in Raftlab's own folder."));
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::StatusOr<std::vector<Test>> ListTests(const Site& site, const std::string& program) {
  const std::string path = site.ProgramPath(program);
  if (access(path.c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("there is no test program at ", path,
                                            "; build it: cmake --build ", site.build, " --target ",
                                            program, "."));
  }
  const absl::StatusOr<std::string> output = OutputOf({path, "--list"}, kListTimeout);
  if (!output.ok()) {
    return absl::InternalError(
        absl::StrCat("`", path, " --list` ", std::string(output.status().message()), "."));
  }
  return ParseTestList(*output, program);
}

}  // namespace

Site Site::Find() {
  return {.root = FromEnvironment("RAFTLAB_ROOT", RAFTLAB_SOURCE_DIR),
          .build = FromEnvironment("RAFTLAB_BUILD", RAFTLAB_BINARY_DIR)};
}

std::string FolderOf(const std::string& program) { return program.substr(0, program.find('_')); }

std::string Site::JudgePath(const std::string& program) const {
  return absl::StrCat(build, "/tests/", FolderOf(program), "_judge");
}

std::string Site::ServersPath(const std::string& program) const {
  const std::string folder = FolderOf(program);
  return absl::StrCat(build, "/", folder, "/lib", folder, "_server.so");
}

std::string Site::NodeHostPath() const { return absl::StrCat(build, "/tests/node_host"); }

std::string Site::ProgramPath(const std::string& program) const {
  return absl::StrCat(build, "/tests/", program);
}

absl::StatusOr<Catalog> LoadCatalog(const Site& site) {
  auto stages = LoadStages(site);
  if (!stages.ok()) return stages.status();
  std::vector<std::string> programs;
  for (const Stage& stage : *stages) {
    if (std::ranges::find(programs, stage.program) == programs.end()) {
      programs.push_back(stage.program);
    }
  }
  std::vector<Test> listed;
  for (const std::string& program : programs) {
    auto tests = ListTests(site, program);
    if (!tests.ok()) return tests.status();
    listed.insert(listed.end(), tests->begin(), tests->end());
  }
  Catalog catalog;
  catalog.stages = *std::move(stages);
  for (const Stage& stage : catalog.stages) {
    std::ranges::copy_if(listed, std::back_inserter(catalog.tests),
                         [&](const Test& test) { return test.stage == stage.name; });
  }
  for (const Test& test : listed) {
    if (std::ranges::find(catalog.tests, test.name, &Test::name) == catalog.tests.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the test ", test.name, " is of stage ", test.stage,
                       ", which handout/stages.csv does not have."));
    }
  }
  return catalog;
}

// LAB_STAFF begin
absl::StatusOr<Catalog> SelectStages(const Catalog& all, const std::string& wanted) {
  if (wanted.empty()) return all;
  Catalog selected;
  std::vector<std::string> known;
  for (const Stage& stage : all.stages) known.push_back(stage.name);
  std::set<std::string> names;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(wanted, ','))) {
    if (std::ranges::find(known, word) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat("--stages: there is no stage ", word,
                                                     NearestHint(word, known), " There are ",
                                                     absl::StrJoin(known, ", "), "."));
    }
    names.insert(word);
  }
  for (const Stage& stage : all.stages) {
    if (names.count(stage.name) > 0) selected.stages.push_back(stage);
  }
  for (const Test& test : all.tests) {
    if (names.count(test.stage) > 0) selected.tests.push_back(test);
  }
  return selected;
}
// LAB_STAFF end

absl::StatusOr<std::vector<Stage>> LoadStages(const Site& site) {
  const auto csv = ReadFile(site.root + "/handout/stages.csv");
  if (!csv.ok()) return csv.status();
  return ParseStages(*csv);
}

absl::StatusOr<std::vector<RubricRow>> LoadRubric(const Site& site) {
  const auto csv = ReadFile(site.root + "/handout/rubric.csv");
  if (!csv.ok()) return csv.status();
  return ParseRubric(*csv);
}

absl::StatusOr<std::vector<Test>> ParseTestList(const std::string& lines,
                                                const std::string& program) {
  std::vector<Test> tests;
  for (const auto line : absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    const std::string text = PlainText(std::string_view(line.data(), line.size()));
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool ok = json.is_object() && json.contains("test") && json["test"].is_string() &&
                    json.contains("stage") && json["stage"].is_string();
    if (!ok) {
      return absl::InternalError(absl::StrCat(
          "`", program, " --list` printed a line that is not a test: ", text.substr(0, 120),
          "; does a global object print when it is made?"));
    }
    Test test;
    test.name = json["test"];
    test.stage = json["stage"];
    test.program = program;
    if (json.contains("servers") && json["servers"].is_number()) test.servers = json["servers"];
    if (json.contains("about") && json["about"].is_string()) test.about = json["about"];
    tests.push_back(std::move(test));
  }
  if (tests.empty()) {
    return absl::InternalError(absl::StrCat("`", program, " --list` printed no test."));
  }
  return tests;
}

}  // namespace grading
