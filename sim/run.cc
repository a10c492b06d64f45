// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/run.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "sim/check.h"
#include "sim/clock.h"
#include "sim/processor.h"
#include "sim/signals.h"
#include "sim/symbolize.h"

namespace sim {
namespace {

constexpr size_t kShownOutputBytes = size_t{64} << 10;
constexpr unsigned long kAskPersonality = 0xffffffff;
constexpr Nanos kLongLockWait = 1'000'000'000;

// A result crosses from child to parent as records `name size\nbytes\n`.
void AddRecord(std::string* out, std::string_view name, std::string_view bytes) {
  absl::StrAppend(out, absl::string_view(name.data(), name.size()), " ", bytes.size(), "\n",
                  absl::string_view(bytes.data(), bytes.size()), "\n");
}

std::vector<std::pair<std::string, std::string>> ReadRecords(std::string_view bytes) {
  std::vector<std::pair<std::string, std::string>> records;
  while (!bytes.empty()) {
    const size_t line_end = bytes.find('\n');
    const size_t blank = bytes.find(' ');
    size_t size = 0;
    if (line_end == bytes.npos || blank > line_end ||
        !absl::SimpleAtoi(absl::string_view(bytes.data() + blank + 1, line_end - blank - 1),
                          &size) ||
        line_end + size + 2 > bytes.size()) {
      return {};
    }
    records.emplace_back(bytes.substr(0, blank), bytes.substr(line_end + 1, size));
    bytes.remove_prefix(line_end + size + 2);
  }
  return records;
}

int64_t RealMicros() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000} + now.tv_nsec / 1000;
}

std::string ReadAll(int fd, size_t most) {
  std::string bytes;
  const off_t end = lseek(fd, 0, SEEK_END);
  if (end <= 0) return bytes;
  bytes.resize(std::min(static_cast<size_t>(end), most));
  const ssize_t got = pread(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

// Fibers that have waited for a mutex for a second or more: a likely cause of whatever failed.
std::vector<std::string> LongLockWaits(World& world) {
  std::vector<std::string> lines;
  for (NodeId node = 0; node < world.node_count(); ++node) {
    if (!world.up(node)) continue;
    for (const std::string& line : world.DescribeFibers(node, kLongLockWait)) {
      if (absl::StrContains(line, "waits for a mutex"))
        lines.push_back(absl::StrCat("n", node, ": ", line));
    }
  }
  return lines;
}

// Only the soft limit: its signal comes to us, while the hard one's cannot be caught.
void SetLimit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  getrlimit(resource, &limit);
  limit.rlim_cur = std::min(value, limit.rlim_max);
  setrlimit(resource, &limit);
}

// The child's side of a run: what it reports, and to whom.
class Child {
 public:
  // `at_end` gives the exit code, after the result has been written.
  Child(
      const RunOptions& options, int result_fd, std::function<int()> at_end = [] { return 0; })
      : options_(options), result_fd_(result_fd), at_end_(std::move(at_end)) {}

  // Runs the body and does not return.
  [[noreturn]] void Run(const RunBody& body) {
    World::Options world_options{
        .seed = options_.seed,
        .strategy = options_.strategy,
        .verbose = options_.verbose,
    };
    if (options_.record_tape) world_options.record = &recorded_;
    if (!options_.replay_tape.empty()) {
      absl::StatusOr<Tape> tape = Tape::FromText(options_.replay_tape);
      if (!tape.ok()) Finish({.message = std::string(tape.status().message())});
      replayed_ = *std::move(tape);
      world_options.replay = &replayed_;
    }
    SetFailureHandler([this](const Failure& failure) { Finish(failure); });
    World world(world_options);
    PrintLinesOf(world);
    body(world);
    Finish({.verdict = Verdict::kPass});
  }

 private:
  // Each line as it happens, where that is asked for.
  void PrintLinesOf(World& world) {
    if (!options_.print_lines) return;
    world.trace().SetLineSink(
        [this, &world](Nanos at, NodeId node, Topic topic, const std::string& line) {
          if (options_.line_filter && !options_.line_filter(at, node, topic)) return;
          std::fwrite(line.data(), 1, line.size(), stdout);
          if (options_.print_hashes) {
            std::fputs(absl::StrFormat("  (%d ns, hash %016x)", at, world.trace().hash()).c_str(),
                       stdout);
          }
          std::fputc('\n', stdout);
        });
  }

  [[noreturn]] void Finish(const Failure& failure) {
    // What fails while a failure is reported must not report itself.
    SetFailureHandler({});
    const std::string record = Describe(failure);
    LeaveWorld();
    if (World* world = World::CurrentOrNull()) {
      const std::string printed = world->TakePrinted();
      std::fwrite(printed.data(), 1, printed.size(), stdout);
    }
    SetLimit(RLIMIT_FSIZE, RLIM_INFINITY);  // a tape may be long
    if (ftruncate(result_fd_, 0) != 0 || pwrite(result_fd_, record.data(), record.size(), 0) !=
                                             static_cast<ssize_t>(record.size())) {
      std::fprintf(stderr, "cannot write the run's result\n");
    }
    const int code = at_end_();
    std::fflush(stdout);
    _exit(code);
  }

  std::string Describe(const Failure& failure) {
    std::string out;
    World* world = World::CurrentOrNull();
    if (world != nullptr && failure.verdict != Verdict::kPass) {
      world->trace().Line(world->now(), kJudge, Topic::kFail, failure.message);
    }
    AddRecord(&out, "verdict", VerdictName(failure.verdict));
    AddRecord(&out, "message", failure.message);
    for (const std::string& line : failure.detail) AddRecord(&out, "detail", line);
    if (world != nullptr && failure.verdict != Verdict::kPass) {
      for (const std::string& line : world->notes()) AddRecord(&out, "detail", line);
    }
    for (const Frame& frame : failure.backtrace) {
      AddRecord(&out, "frame", absl::StrCat(frame.offset, " ", frame.module));
    }
    if (world != nullptr) {
      if (failure.verdict != Verdict::kPass && failure.verdict != Verdict::kDeadlock) {
        for (const std::string& line : LongLockWaits(*world)) AddRecord(&out, "detail", line);
      }
      for (const std::string& line : world->trace().LastLines()) AddRecord(&out, "last", line);
      for (const std::string& line : world->warnings()) AddRecord(&out, "warning", line);
      for (const auto& [name, value] : world->stats()) {
        AddRecord(&out, "stat", absl::StrCat(value, " ", name));
      }
      AddRecord(&out, "hash", absl::StrCat(world->trace().hash()));
      AddRecord(&out, "events", absl::StrCat(world->trace().events()));
      AddRecord(&out, "virtual", absl::StrCat(world->now()));
    }
    if (options_.record_tape) AddRecord(&out, "tape", recorded_.ToText());
    if (options_.draw_page && world != nullptr) AddRecord(&out, "page", world->DrawPage());
    return out;
  }

  const RunOptions& options_;
  const int result_fd_;
  const std::function<int()> at_end_;
  Tape recorded_;
  Tape replayed_;
};

[[noreturn]] void RunChildProcess(const RunOptions& options, const RunBody& body, int result_fd,
                                  int output_fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  if (output_fd >= 0) {
    dup2(output_fd, STDOUT_FILENO);
    dup2(output_fd, STDERR_FILENO);
    SetLimit(RLIMIT_FSIZE, static_cast<rlim_t>(kOutputLimitBytes));
  }
  if (options.cpu >= 0) KeepOnProcessor(options.cpu);
  SetLimit(RLIMIT_CORE, 0);
  SetLimit(RLIMIT_CPU, kCpuLimitSeconds);
  // A run's memory is given back when its process ends: returning it before costs more than it
  // saves.
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 1 << 20);
  InstallSignalHandlers();
  Child child(options, result_fd);
  child.Run(body);
}

void ReadResultInto(RunResult* result, std::string_view bytes) {
  std::vector<Frame> frames;
  for (auto& [name, value] : ReadRecords(bytes)) {
    const auto number_and_rest = [&value = value]() -> std::pair<uint64_t, std::string> {
      const size_t blank = value.find(' ');
      uint64_t number = 0;
      int64_t negative = 0;
      if (!absl::SimpleAtoi(value.substr(0, blank), &number) &&
          absl::SimpleAtoi(value.substr(0, blank), &negative)) {
        number = static_cast<uint64_t>(negative);
      }
      return {number, blank == value.npos ? "" : value.substr(blank + 1)};
    };
    if (name == "verdict")
      result->verdict = VerdictFromName(value).value_or(Verdict::kFrameworkFault);
    if (name == "message") result->message = value;
    if (name == "detail") result->detail.push_back(value);
    if (name == "last") result->last_lines.push_back(value);
    if (name == "warning") result->warnings.push_back(value);
    if (name == "tape") result->tape = value;
    if (name == "page") result->page = value;
    if (name == "hash") result->hash = number_and_rest().first;
    if (name == "events") result->events = number_and_rest().first;
    if (name == "virtual") result->virtual_time = static_cast<Nanos>(number_and_rest().first);
    if (name == "stat") {
      const auto [number, stat] = number_and_rest();
      result->stats[stat] = static_cast<int64_t>(number);
    }
    if (name == "frame") {
      const auto [offset, module] = number_and_rest();
      frames.push_back({module, offset});
    }
  }
  result->backtrace = Symbolize(frames, result->verdict == Verdict::kFrameworkFault);
}

// A child that ended without a result: what its end says.
void ExplainSilentEnd(RunResult* result, int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    result->verdict = Verdict::kFrameworkFault;
    result->message = "the run's process was killed from outside (out of memory?)";
  } else if (WIFSIGNALED(status)) {
    result->verdict = Verdict::kCrash;
    result->message = absl::StrFormat("the run's process died of signal %d (%s)", WTERMSIG(status),
                                      strsignal(WTERMSIG(status)));
  } else {
    result->verdict = Verdict::kContract;
    result->message = absl::StrFormat(
        "the program ended itself with status %d in the middle of the test; a server must not exit",
        WEXITSTATUS(status));
  }
}

}  // namespace

ChildRun ChildRun::Start(const RunOptions& options, const RunBody& body) {
  ChildRun run;
  run.result_fd_ = memfd_create("raftlab-result", MFD_CLOEXEC);
  run.output_fd_ = options.print_lines ? -1 : memfd_create("raftlab-output", MFD_CLOEXEC);
  run.started_micros_ = RealMicros();
  std::fflush(stdout);
  run.pid_ = fork();
  SIM_CHECK(run.pid_ >= 0, "cannot fork");
  if (run.pid_ == 0) RunChildProcess(options, body, run.result_fd_, run.output_fd_);
  return run;
}

RunResult ChildRun::Collect() {
  RunResult result;
  int status = 0;
  rusage usage{};
  while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.real_micros = RealMicros() - started_micros_;
  result.cpu_micros = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * int64_t{1'000'000} +
                      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  result.peak_kilobytes = usage.ru_maxrss;
  const std::string bytes = ReadAll(result_fd_, std::string::npos / 2);
  if (bytes.empty()) {
    ExplainSilentEnd(&result, status);
  } else {
    ReadResultInto(&result, bytes);
  }
  if (output_fd_ >= 0) result.output = ReadAll(output_fd_, kShownOutputBytes);
  close(result_fd_);
  if (output_fd_ >= 0) close(output_fd_);
  return result;
}

RunResult RunInChild(const RunOptions& options, const RunBody& body) {
  return ChildRun::Start(options, body).Collect();
}

void RunHere(const RunOptions& options, const RunBody& body) {
  const int fd = memfd_create("raftlab-result", MFD_CLOEXEC);
  Child child(options, fd, [fd, &options] {
    RunResult result;
    ReadResultInto(&result, ReadAll(fd, std::string::npos / 2));
    result.last_lines.clear();  // they have been printed
    if (result.verdict == Verdict::kPass) return 0;
    std::fputs(FormatReport(result, "this run", options, "as you did").c_str(), stdout);
    return 1;
  });
  child.Run(body);
}

std::string FormatReport(const RunResult& result, const std::string& name,
                         const RunOptions& options, const std::string& replay) {
  std::string out = absl::StrFormat("%s: %s, seed %d, %s schedule, at %.3f s of virtual time\n",
                                    VerdictName(result.verdict), name, options.seed,
                                    StrategyName(ResolveStrategy(options.strategy, options.seed)),
                                    static_cast<double>(result.virtual_time) / 1e9);
  absl::StrAppend(&out, "  ", result.message, "\n");
  for (const std::string& line : result.detail) absl::StrAppend(&out, "    ", line, "\n");
  const auto section = [&out](const char* title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    absl::StrAppend(&out, "  ", title, ":\n");
    for (const std::string& line : lines) absl::StrAppend(&out, "    ", line, "\n");
  };
  section("where it happened", result.backtrace);
  section("the last events of each server", result.last_lines);
  section("warnings", result.warnings);
  if (!result.output.empty()) {
    absl::StrAppend(&out, "  the program printed (beginning):\n",
                    absl::string_view(result.output).substr(0, 2000), "\n");
  }
  absl::StrAppend(&out, "  replay: ", replay, "\n");
  return out;
}

std::optional<std::string> FindDivergence(RunOptions options, const RunBody& body) {
  options.verbose = true;
  options.print_lines = true;
  options.print_hashes = true;
  std::vector<std::string> lines[2];
  for (std::vector<std::string>& run : lines) {
    const int fd = memfd_create("raftlab-lines", MFD_CLOEXEC);
    std::fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    ChildRun::Start(options, body).Collect();
    dup2(kept, STDOUT_FILENO);
    close(kept);
    run = absl::StrSplit(ReadAll(fd, std::string::npos / 2), '\n', absl::SkipEmpty());
    close(fd);
  }
  const auto [first, second] =
      std::mismatch(lines[0].begin(), lines[0].end(), lines[1].begin(), lines[1].end());
  if (first == lines[0].end() && second == lines[1].end()) return std::nullopt;
  const std::string ended = "(the run has ended)";
  return absl::StrCat("the last event that both runs share:\n    ",
                      first == lines[0].begin() ? "(none)" : *(first - 1),
                      "\n  then the first run has\n    ", first == lines[0].end() ? ended : *first,
                      "\n  and the second\n    ", second == lines[1].end() ? ended : *second, "\n");
}

void MakeRepeatable(char** argv) {
  if (std::getenv("RAFTLAB_REEXEC") == nullptr) {
    setenv("RAFTLAB_REEXEC", "1", 1);
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    personality(static_cast<unsigned long>(personality(kAskPersonality)) | ADDR_NO_RANDOMIZE);
    execv("/proc/self/exe", argv);
  }
  const int persona = personality(kAskPersonality);
  if (persona != -1 && (persona & ADDR_NO_RANDOMIZE) != 0) return;
  std::fprintf(
      stderr,
      "note: this system does not let a program switch off address-space randomisation; "
      "code whose behaviour depends on addresses (hash maps) may run differently each time\n");
}

}  // namespace sim
