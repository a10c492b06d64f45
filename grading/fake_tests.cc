// Part of Raftlab, under the MIT License (see LICENSE).
//
// A test program without a world, for the tests of the tool: it speaks the protocol (protocol.h),
// and its runs end as the environment says.
//
//   FAKE_LIST    more lines for --list, as they are
//   FAKE_ONLY    list only the tests whose names contain this
//   FAKE_RULES   "test:seed:verdict;..." for runs that do not pass; * is any test or seed. Beyond
//   the
//                verdicts: die (the worker is killed), die-once (only in the first worker), junk (a
//                line that is no result), mute (no answer), exit (the worker ends), fault-once
//   FAKE_STATE   a folder that remembers what was done once
//   FAKE_SLEEP   milliseconds that a run takes

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace {

using Json = nlohmann::json;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int List() {
  const std::string only = Environment("FAKE_ONLY");
  for (const char* test : {"Raft2A.InitialElection",
                           "Raft2A.ReElection",
                           "Raft2A.ManyElections",
                           "Raft2B.BasicAgree",
                           "Raft2B.RPCBytes",
                           "Raft2B.FollowerFailure",
                           "Raft2B.LeaderFailure",
                           "Raft2B.FailAgree",
                           "Raft2B.FailNoAgree",
                           "Raft2B.ConcurrentStarts",
                           "Raft2B.Rejoin",
                           "Raft2B.Backup",
                           "Raft2B.Count",
                           "Raft2C.Persist1",
                           "Raft2C.Persist2",
                           "Raft2C.Persist3",
                           "Raft2C.Figure8",
                           "Raft2C.UnreliableAgree",
                           "Raft2C.Figure8Unreliable",
                           "Raft2C.ReliableChurn",
                           "Raft2C.UnreliableChurn",
                           "Raft2D.SnapshotBasic",
                           "Raft2D.SnapshotInstall",
                           "Raft2D.SnapshotInstallUnreliable",
                           "Raft2D.SnapshotInstallCrash",
                           "Raft2D.SnapshotInstallUnCrash",
                           "Raft2D.SnapshotAllCrash",
                           "Raft2D.SnapshotInit"}) {
    const std::string name = test;
    if (name.find(only) == std::string::npos) continue;
    const Json json = {{"test", name},
                       {"stage", name.substr(4, 2)},
                       {"servers", 3},
                       {"about", "does " + name.substr(7) + "."}};
    std::cout << json << "\n";
  }
  std::cout << Environment("FAKE_LIST");
  return 0;
}

std::string VerdictOf(const std::string& test, uint64_t seed) {
  for (const auto rule : absl::StrSplit(Environment("FAKE_RULES"), ';', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(rule, ':');
    if (parts[0] != "*" && parts[0] != test) continue;
    if (parts[1] != "*" && parts[1] != absl::StrCat(seed)) continue;
    return parts[2];
  }
  return "pass";
}

// True the first time that it is asked about this in this FAKE_STATE.
bool FirstTime(const std::string& test, uint64_t seed) {
  const std::string path = absl::StrCat(Environment("FAKE_STATE"), "/", test, ".", seed);
  return open(path.c_str(), O_CREAT | O_EXCL, 0644) >= 0;
}

// What the rules do to the worker itself; gives the verdict that is left to report.
std::string Misbehave(std::string verdict, const std::string& test, uint64_t seed) {
  if (verdict == "die-once") verdict = FirstTime(test, seed) ? "die" : "pass";
  if (verdict == "fault-once") verdict = FirstTime(test, seed) ? "framework-fault" : "pass";
  if (verdict == "die") raise(SIGKILL);
  if (verdict == "exit") std::_Exit(4);
  if (verdict == "junk") std::cout << "Hello from a student's printf" << std::endl;
  if (verdict == "mute") pause();
  return verdict;
}

int Work(size_t jobs) {
  std::vector<std::string> kept;
  const std::string sleep = Environment("FAKE_SLEEP");
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json job = Json::parse(line);
    const std::string test = job["test"];
    const uint64_t seed = job["seed"];
    if (!sleep.empty()) usleep(static_cast<useconds_t>(std::stoi(sleep)) * 1000);
    const std::string verdict = Misbehave(VerdictOf(test, seed), test, seed);
    const bool passed = verdict == "pass";
    Json result = {
        {"id", job["id"]},
        {"test", test},
        {"seed", seed},
        {"strategy", job["strategy"]},
        {"verdict", verdict},
        {"message", passed ? "" : verdict + " <broken> at index 7"},
        {"report", passed ? "" : "Rule broken: " + verdict + "\nwanted 1, got 2 ]]> &\n"},
        {"hash", "00000000deadbeef"},
        {"virtual_seconds", 5.0 + static_cast<double>(seed) / 10},
        {"cpu_ms", 1.5},
        {"real_ms", 2.5},
        {"servers", 3},
        {"rpcs", 1000 + seed},
        {"bytes", 1234567},
        {"commits", 11},
        {"weather", "loss"},
        {"warnings", Json::array()},
        {"notes", Json::array()},
        {"elections", 2}};
    if (seed == 3) result["warnings"] = {"a mutex is held across Call"};
    std::string text = result.dump();
    // Bytes that no JSON writer would let through: a student's text may hold them.
    if (verdict == "contract") text.replace(text.find("Rule"), 4, "\xff\x1b[2");
    // As late as the protocol allows.
    kept.push_back(text);
    if (kept.size() < jobs) continue;
    std::cout << kept.front() << std::endl;
    kept.erase(kept.begin());
  }
  for (const std::string& text : kept) std::cout << text << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "--list") return List();
  if (first == "--worker") return Work(std::stoul(arguments.back()));
  if (first == "--replay") {
    std::cout << absl::StrJoin(arguments, " ") << "\n";
    return VerdictOf(arguments[1], std::stoull(arguments[3])) == "pass" ? 0 : 1;
  }
  std::cerr << "fake_tests: --list, --worker or --replay\n";
  return 2;
}
