// Part of Raftlab, under the MIT License (see LICENSE).

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "grading/commands.h"
#include "grading/isolation.h"
#include "grading/names.h"
#include "grading/process.h"
#include "grading/seeds.h"
#include "grading/terminal.h"

namespace grading {
namespace {

// "3.5" or "3.5s".
absl::StatusOr<double> ParseTime(const std::string& option, const std::string& text) {
  std::string number = text;
  if (number.ends_with('s')) number.pop_back();
  double seconds = 0;
  if (absl::SimpleAtod(number, &seconds) && std::isfinite(seconds) && seconds >= 0) return seconds;
  return absl::InvalidArgumentError(
      absl::StrCat(option, " ", text, ": a time is in virtual seconds, as in 3.5."));
}

absl::Status AddTimes(const ReplayOptions& options, std::vector<std::string>* arguments) {
  double last = 0;
  for (const auto& [option, text] :
       {std::pair("--from", options.from), std::pair("--until", options.until)}) {
    if (text.empty()) continue;
    const auto seconds = ParseTime(option, text);
    if (!seconds.ok()) return seconds.status();
    if (*seconds < last) {
      return absl::InvalidArgumentError(
          absl::StrCat("--until ", text, " is before --from ", options.from, "."));
    }
    last = *seconds;
    arguments->insert(arguments->end(), {option, absl::StrCat(*seconds)});
  }
  return absl::OkStatus();
}

absl::Status AddNode(const std::string& text, int servers, std::vector<std::string>* arguments) {
  if (text.empty()) return absl::OkStatus();
  // The log calls nodes n0, n1, ...; both forms are understood.
  const std::string digits = text.starts_with('n') ? text.substr(1) : text;
  int node = 0;
  if (!absl::SimpleAtoi(digits, &node) || node < 0 || (servers > 0 && node >= servers)) {
    const std::string last = servers > 0 ? absl::StrCat(" to ", servers - 1) : " on";
    return absl::InvalidArgumentError(
        absl::StrCat("--node ", text, ": nodes are numbered from 0", last, "."));
  }
  arguments->insert(arguments->end(), {"--node", absl::StrCat(node)});
  return absl::OkStatus();
}

// The world uses signals of its own: a profiling timer tells it of loops that compute without end.
std::vector<std::string> GdbCommand(const std::vector<std::string>& program) {
  std::vector<std::string> command = {"gdb", "-q"};
  for (const char* line :
       {"set confirm off", "set pagination off", "set print pretty on", "set breakpoint pending on",
        "handle SIGPROF SIGALRM SIGVTALRM SIGUSR1 SIGUSR2 nostop noprint pass",
        "handle SIGSEGV SIGABRT SIGFPE SIGILL SIGBUS stop print pass",
        "echo Set breakpoints (break raft.cc:120), then type run. The same seed runs the same way "
        "each time.\\n"}) {
    command.insert(command.end(), {"-ex", line});
  }
  command.push_back("--args");
  command.insert(command.end(), program.begin(), program.end());
  return command;
}

int ReplayIsolated(const Site& site, const std::string& program,
                   const std::vector<std::string>& arguments) {
  const auto isolations = IsolateOwnServers(site, {program});
  if (!isolations.ok()) return Complain(isolations.status());
  const Launch judge = JudgeOf(site, program, isolations->at(program));
  std::vector<std::string> command = {judge.path};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), judge.arguments.begin(), judge.arguments.end());
  const absl::StatusOr<int> code = RunInForeground(command);
  return code.ok() ? *code : Complain(code.status());
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReplayArguments(const ReplayOptions& options,
                                                         const Test& test) {
  if (options.seed.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("which run? Name its seed, as in `./lab replay ", test.name, " --seed 17`."));
  }
  const auto seed = ParseSeed(options.seed);
  if (!seed.ok()) return seed.status();
  const auto strategy = ParseStrategy(options.strategy);
  if (!strategy.ok()) return strategy.status();
  if (options.gdb && options.check_determinism) {
    return absl::InvalidArgumentError(
        "--check-determinism runs twice and gdb once: give one of the two options.");
  }
  if (options.gdb && options.isolated) {
    return absl::InvalidArgumentError(
        "a debugger cannot look into isolated servers: give one of --gdb and --isolated.");
  }
  std::vector<std::string> arguments = {"--replay",          test.name,    "--seed",
                                        absl::StrCat(*seed), "--strategy", *strategy};
  if (!options.log.empty()) arguments.insert(arguments.end(), {"--log", options.log});
  absl::Status status = AddNode(options.node, test.servers, &arguments);
  status.Update(AddTimes(options, &arguments));
  if (!status.ok()) return status;
  if (!options.html.empty()) arguments.insert(arguments.end(), {"--html", options.html});
  if (options.check_determinism) arguments.push_back("--check-determinism");
  if (options.gdb) arguments.push_back("--no-fork");
  return arguments;
}

int ReplayCommand(const ReplayOptions& options, const Site& site) {
  const absl::StatusOr<Catalog> catalog = LoadCatalog(site);
  if (!catalog.ok()) return Complain(catalog.status());
  const auto test = FindTest(catalog->tests, options.test);
  if (!test.ok()) return Complain(test.status());
  const auto arguments = ReplayArguments(options, *test);
  if (!arguments.ok()) return Complain(arguments.status());
  if (options.isolated) return ReplayIsolated(site, test->program, *arguments);
  std::vector<std::string> command = {site.ProgramPath(test->program)};
  command.insert(command.end(), arguments->begin(), arguments->end());
  if (options.gdb && !IsInPath("gdb")) {
    Complain(
        absl::NotFoundError("gdb is not installed; on Debian and Ubuntu: apt-get install gdb."));
    return kFault;
  }
  return Complain(Exec(options.gdb ? GdbCommand(command) : command));
}

}  // namespace grading
