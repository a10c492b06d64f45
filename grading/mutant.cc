// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/mutant.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "grading/catalog.h"
#include "grading/crypto.h"
#include "grading/export.h"
#include "grading/names.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKinds[] = {"safety",   "durability", "liveness",      "performance",
                                  "contract", "undefined",  "nondeterminism"};
constexpr size_t kSampled = 10;

bool IsRegex(const std::string& text) {
  try {
    const std::regex regex(text);
    return true;
  } catch (const std::regex_error&) {
    return false;
  }
}

// The header's lines into the mutant; a sentence about what is wrong with them.
std::string TakeHeader(const std::string& header, const std::vector<Stage>& stages,
                       Mutant* mutant) {
  std::string hard;
  std::map<std::string, std::string*> fields = {{"Number", &mutant->number},
                                                {"Title", &mutant->title},
                                                {"Rule", &mutant->rule},
                                                {"Class", &mutant->kind},
                                                {"Hard", &hard},
                                                {"Stage", &mutant->stage},
                                                {"Message", &mutant->message},
                                                {"Killed by", &mutant->killed_by}};
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(header, '\n'))) {
    const size_t colon = line.find(':');
    const auto field = fields.find(line.substr(0, colon));
    if (colon == std::string::npos || field == fields.end()) {
      return absl::StrCat("its header has a line that is no `Key: value` of ours: ", line);
    }
    *field->second = std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  for (const auto& [key, value] : fields) {
    if (value->empty()) return absl::StrCat("its header has no ", key, ".");
  }
  if (!absl::SimpleAtoi(hard, &mutant->hard) || mutant->hard < 1 || mutant->hard > 3) {
    return absl::StrCat("Hard is 1, 2 or 3, not ", hard, ".");
  }
  if (std::ranges::find(kKinds, mutant->kind) == std::end(kKinds)) {
    return absl::StrCat("Class is one of ", absl::StrJoin(kKinds, ", "), ", not ", mutant->kind,
                        ".");
  }
  const auto stage = std::ranges::find(stages, mutant->stage, &Stage::name);
  if (stage == stages.end()) {
    std::vector<std::string> names;
    for (const Stage& known : stages) names.push_back(known.name);
    return absl::StrCat("Stage is one of ", absl::StrJoin(names, ", "), ", not ", mutant->stage,
                        ".");
  }
  mutant->folder = FolderOf(stage->program);
  if (!IsRegex(mutant->message)) return "Message is no regular expression.";
  return "";
}

// A sentence about what the patch may not do.
std::string CheckDiff(const std::string& diff, const ZooLab& lab) {
  bool any = false;
  std::vector<std::string> allowed;
  for (const std::string& file : lab.files) allowed.push_back(absl::StrCat(lab.folder, "/", file));
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(diff, '\n'))) {
    if (!absl::StartsWith(line, "+++ ")) continue;
    const std::string file = line.substr(4, line.find('\t') - 4);
    any = true;
    if (std::ranges::none_of(allowed,
                             [&](const auto& path) { return file == absl::StrCat("b/", path); })) {
      return absl::StrCat("it changes ", file, "; a mutant of this stage may change ",
                          absl::StrJoin(allowed, ", "), ".");
    }
  }
  return any ? "" : "it has no unified diff.";
}

Mutant LoadControl(const fs::path& folder) {
  Mutant control{.name = folder.filename(), .path = folder, .control = true};
  const auto about = ReadTextFile(folder / "about.txt");
  control.title = about.ok() ? std::string(absl::StripAsciiWhitespace(*about)) : "";
  if (control.title.empty()) control.wrong = "it has no about.txt.";
  std::vector<std::string> labs;
  for (const ZooLab& lab : ZooLabs()) {
    if (fs::is_directory(folder / lab.folder)) labs.push_back(lab.folder);
  }
  if (labs.size() == 1) control.folder = labs[0];
  if (labs.empty()) control.wrong = "it has no folder of a lab, such as raft/.";
  if (labs.size() > 1) {
    control.wrong =
        absl::StrCat("it has the folders of more than one lab: ", absl::StrJoin(labs, ", "), ".");
  }
  return control;
}

// The paths in the folder, in order of name; none if there is no folder.
std::set<fs::path> PathsIn(const fs::path& folder) {
  std::set<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) paths.insert(entry.path());
  return paths;
}

}  // namespace

const std::vector<ZooLab>& ZooLabs() {
  static const auto* labs = new std::vector<ZooLab>{
      {.folder = "raft",
       .files = {"messages.h", "raft.cc", "raft.h"},
       .compiled = {"raft.cc", "server.cc"}},
      {.folder = "kvraft",
       .files = {"clerk.cc", "clerk.h", "kv_messages.h", "kv_server.cc", "kv_server.h"},
       .compiled = {"clerk.cc", "kv_server.cc", "program.cc"}},
      {.folder = "shardkv",
       .files = {"balance.cc", "balance.h", "ctrl_clerk.cc", "ctrl_clerk.h", "ctrl_messages.h",
                 "ctrl_server.cc", "ctrl_server.h", "replica.cc", "replica.h", "shard_clerk.cc",
                 "shard_clerk.h", "shard_messages.h", "shard_server.cc", "shard_server.h",
                 "shard_state.cc", "shard_state.h"},
       .compiled = {"balance.cc", "ctrl_clerk.cc", "ctrl_server.cc", "program.cc", "replica.cc",
                    "shard_clerk.cc", "shard_server.cc", "shard_state.cc"}}};
  return *labs;
}

const ZooLab& ZooLabOf(const std::string& folder) {
  return *std::ranges::find(ZooLabs(), folder, &ZooLab::folder);
}

int SeedsToKill(const Mutant& mutant) { return mutant.hard == 1 ? 1 : mutant.hard == 2 ? 20 : 100; }

Mutant ParseMutant(const std::string& name, const std::string& text,
                   const std::vector<Stage>& stages) {
  Mutant mutant{.name = name};
  const size_t end = text.find("\n\n");
  if (end == std::string::npos) {
    mutant.wrong = "it has no header: lines `Key: value` and an empty line.";
    return mutant;
  }
  mutant.wrong = TakeHeader(text.substr(0, end), stages, &mutant);
  if (mutant.wrong.empty()) mutant.wrong = CheckDiff(text.substr(end), ZooLabOf(mutant.folder));
  return mutant;
}

absl::StatusOr<std::vector<Mutant>> LoadZoo(const std::string& folder,
                                            const std::vector<Stage>& stages) {
  std::vector<Mutant> zoo;
  for (const fs::path& path : PathsIn(fs::path(folder) / "mutants")) {
    if (path.extension() != ".patch") continue;
    const auto text = ReadTextFile(path);
    if (!text.ok()) return text.status();
    zoo.push_back(ParseMutant(path.stem(), *text, stages));
    zoo.back().path = path;
  }
  for (const fs::path& path : PathsIn(fs::path(folder) / "control")) {
    if (fs::is_directory(path)) zoo.push_back(LoadControl(path));
  }
  if (!zoo.empty()) return zoo;
  return absl::InvalidArgumentError(absl::StrCat("there is no zoo in ", folder,
                                                 ": neither mutants/NAME.patch nor control/NAME."));
}

absl::StatusOr<std::vector<Mutant>> SelectMutants(const std::vector<Mutant>& zoo,
                                                  const std::vector<std::string>& names,
                                                  const std::string& stage) {
  std::set<std::string> wanted;
  std::vector<std::string> known;
  for (const Mutant& mutant : zoo) known.push_back(mutant.name);
  for (const std::string& word : names) {
    bool found = false;
    for (const Mutant& mutant : zoo) {
      if (MatchesGlob(word, mutant.name) || MatchesGlob(word, mutant.id()) ||
          MatchesGlob(word, mutant.number)) {
        wanted.insert(mutant.id());
        found = true;
      }
    }
    if (!found) {
      return absl::InvalidArgumentError(
          absl::StrCat("no mutant is called ", word, NearestHint(word, known)));
    }
  }
  std::vector<Mutant> selected;
  std::ranges::copy_if(zoo, std::back_inserter(selected), [&](const Mutant& mutant) {
    return (names.empty() || wanted.contains(mutant.id())) &&
           (stage.empty() || mutant.stage == stage);
  });
  if (!selected.empty()) return selected;
  return absl::InvalidArgumentError(absl::StrCat("no mutant is of the stage ", stage, "."));
}

std::vector<Mutant> SampleOf(const std::vector<Mutant>& zoo, const std::string& word) {
  std::map<std::string, std::string> drawn;  // names by digest
  for (const Mutant& mutant : zoo) {
    if (mutant.hard > 1) drawn[Sha256Hex(absl::StrCat(word, " ", mutant.name))] = mutant.name;
  }
  std::set<std::string> sample;
  for (const auto& [digest, name] : drawn) {
    if (sample.size() < kSampled) sample.insert(name);
  }
  std::vector<Mutant> chosen;
  std::ranges::copy_if(zoo, std::back_inserter(chosen), [&](const Mutant& mutant) {
    return mutant.hard <= 1 || sample.contains(mutant.name);
  });
  return chosen;
}

}  // namespace grading
