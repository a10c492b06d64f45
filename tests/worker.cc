// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/worker.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iostream>
#include <map>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "sim/run.h"
#include "tests/host.h"
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
          {"isolated", !HostFlag().empty()},
          {"schedule",
           Text(sim::StrategyName(sim::ResolveStrategy(job.options.strategy, job.options.seed)))},
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

// Answers every job whose first run has ended; does not wait.
void FinishEnded(std::map<pid_t, Job>* running) {
  while (true) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info.si_pid == 0) return;
    const auto it = running->find(info.si_pid);
    if (it == running->end()) {
      waitpid(info.si_pid, nullptr, 0);
      continue;
    }
    Job job = std::move(it->second);
    running->erase(it);
    AnswerJob(job, Confirm(*job.test, job.options, job.run.Collect()));
  }
}

// Job lines as they come on standard input.
class JobLines {
 public:
  bool ended() const { return ended_ && lines_.empty(); }
  bool has_line() const { return !lines_.empty(); }
  std::string Take() {
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  // REQUIRES: there is something to read, or it has ended.
  void Read() {
    char buffer[1 << 16];
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) return;
    ended_ = got <= 0;
    if (got > 0) rest_.append(buffer, static_cast<size_t>(got));
    for (size_t end; (end = rest_.find('\n')) != rest_.npos; rest_.erase(0, end + 1)) {
      if (end > 0) lines_.push_back(rest_.substr(0, end));
    }
    if (ended_ && !rest_.empty()) lines_.push_back(std::exchange(rest_, {}));
  }
  bool open() const { return !ended_; }

 private:
  std::deque<std::string> lines_;
  std::string rest_;
  bool ended_ = false;
};

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
  // A child's end makes a descriptor readable, so that one poll waits for both it and the next job.
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  const int children = signalfd(-1, &child_ended, SFD_NONBLOCK | SFD_CLOEXEC);

  std::map<pid_t, Job> running;
  JobLines lines;
  while (!lines.ended() || !running.empty()) {
    while (lines.has_line() && running.size() < jobs) StartJob(lines.Take(), &running);
    pollfd wait[] = {{children, POLLIN, 0}, {lines.open() ? STDIN_FILENO : -1, POLLIN, 0}};
    if (lines.ended() && running.empty()) break;
    poll(wait, 2, -1);
    signalfd_siginfo signal;
    while (read(children, &signal, sizeof(signal)) > 0) {
    }
    FinishEnded(&running);
    if (wait[1].revents != 0) lines.Read();
  }
  return 0;
}

}  // namespace tests
