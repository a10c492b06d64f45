// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/worker.h"

#include <sys/wait.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "sim/run.h"
#include "tests/registry.h"
#include "tests/runner.h"

namespace tests {
namespace {

using nlohmann::json;

// A job whose first run is under way.
struct Job {
  json id;
  const LabTest* test = nullptr;
  sim::RunOptions options;
  sim::ChildRun run;
};

// Invalid UTF-8 in what a student's program printed must not break the line.
void Answer(const json& line) {
  std::cout << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
}

void AnswerUnknown(const json& id, const std::string& why) {
  Answer({{"id", id}, {"verdict", "framework-fault"}, {"message", why}, {"report", why + "\n"}});
}

std::string Text(std::string_view view) { return std::string(view); }

void AnswerJob(const Job& job, const ConfirmedRun& run) {
  const sim::RunResult& result = run.result;
  const auto stat = [&result](const char* name) {
    const auto it = result.stats.find(name);
    return it != result.stats.end() ? it->second : 0;
  };
  Answer({{"id", job.id},
          {"test", job.test->FullName()},
          {"seed", job.options.seed},
          {"strategy", Text(sim::StrategyName(job.options.strategy))},
          {"schedule", Text(sim::StrategyName(sim::ResolveStrategy(job.options.strategy, job.options.seed)))},
          {"verdict", Text(sim::VerdictName(result.verdict))},
          {"message", result.message},
          {"report", run.report},
          {"hash", absl::StrFormat("%016x", result.hash)},
          {"events", result.events},
          {"virtual_seconds", static_cast<double>(result.virtual_time) / 1e9},
          {"cpu_ms", static_cast<double>(result.cpu_micros) / 1e3},
          {"real_ms", static_cast<double>(result.real_micros) / 1e3},
          {"peak_kb", result.peak_kilobytes},
          {"servers", stat("servers")},
          {"rpcs", stat("rpcs")},
          {"bytes", stat("bytes")},
          {"commits", stat("commits")},
          {"warnings", result.warnings}});
}

// Reads a job line and starts it; answers at once if there is no such test.
void StartJob(const std::string& line, std::map<pid_t, Job>* running) {
  const json job_line = json::parse(line, nullptr, false);
  if (job_line.is_discarded() || !job_line.is_object()) {
    AnswerUnknown(nullptr, "a job line is not a JSON object: " + line);
    return;
  }
  Job job;
  job.id = job_line.value("id", json());
  job.test = FindTest(job_line.value("test", ""));
  const auto strategy = sim::StrategyFromName(job_line.value("strategy", "mix"));
  if (job.test == nullptr || !strategy.has_value()) {
    AnswerUnknown(job.id, "no such test or strategy: " + line);
    return;
  }
  job.options.seed = job_line.value("seed", uint64_t{1});
  job.options.strategy = *strategy;
  job.options.verbose = job_line.value("log", false);
  job.run = sim::ChildRun::Start(job.options, BodyOf(*job.test));
  running->emplace(job.run.pid(), std::move(job));
}

// Waits for any job to end, and answers it.
void FinishOne(std::map<pid_t, Job>* running) {
  siginfo_t info{};
  if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) != 0) return;
  const auto it = running->find(info.si_pid);
  if (it == running->end()) {
    waitpid(info.si_pid, nullptr, 0);
    return;
  }
  Job job = std::move(it->second);
  running->erase(it);
  AnswerJob(job, Confirm(*job.test, job.options, job.run.Collect()));
}

}  // namespace

int ListTests() {
  for (const LabTest& test : AllTests()) {
    Answer({{"test", test.FullName()}, {"stage", test.Stage()}, {"about", test.about}});
  }
  return 0;
}

int ServeJobs(const std::vector<std::string>& arguments) {
  size_t jobs = 1;
  const auto flag = std::find(arguments.begin(), arguments.end(), "--jobs");
  if (flag != arguments.end() &&
      (flag + 1 == arguments.end() || !absl::SimpleAtoi(*(flag + 1), &jobs) || jobs == 0)) {
    std::cerr << "--jobs needs a number of at least 1\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  std::map<pid_t, Job> running;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.empty()) continue;
    StartJob(line, &running);
    if (running.size() >= jobs) FinishOne(&running);
  }
  while (!running.empty()) FinishOne(&running);
  return 0;
}

}  // namespace tests
