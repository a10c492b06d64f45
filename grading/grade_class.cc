// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/grade_class.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <unistd.h>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "grading/export.h"
#include "grading/process.h"
#include "grading/terminal.h"

namespace grading {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr int kAttempts = 2;  // of grading one submission

// What a grading process tells its parent, a line each: "runs DONE LEFT", "kept", "fault WHY".
void Tell(const std::string& line) {
  const std::string text = line + "\n";
  // If nobody listens any more, this process is about to be ended.
  [[maybe_unused]] const ssize_t told = write(STDOUT_FILENO, text.data(), text.size());
}

// In a process of its own; the exit code.
int GradeHere(const GradingPlan& plan, const SubmissionPath& from, const std::string& out,
              const Site& site, const Sandbox& sandbox) {
  const auto old = ReadGrade(out, from.name);
  const auto grade =
      GradeSubmission(plan, from, old.ok() ? &*old : nullptr, site, sandbox,
                      [](int done, int left) { Tell(absl::StrCat("runs ", done, " ", left)); });
  absl::Status status = grade.status();
  if (grade.ok() && old.ok() && *grade == *old) {
    Tell("kept");
    return kPassed;
  }
  if (status.ok()) status = WriteGrade(*grade, out);
  if (!status.ok()) Tell(absl::StrCat("fault ", status.message()));
  return status.ok() ? kPassed : kFault;
}

// A submission that is being graded.
struct Grading {
  const SubmissionPath* from = nullptr;
  int attempt = 1;
  Child process;
  std::string unread = {};
  int done = 0;
  int left = 0;
  bool kept = false;
  std::string fault = {};
};

void ReadLines(Grading* grading) {
  for (size_t end; (end = grading->unread.find('\n')) != std::string::npos;
       grading->unread.erase(0, end + 1)) {
    const std::vector<std::string> words =
        absl::StrSplit(grading->unread.substr(0, end), absl::MaxSplits(' ', 1));
    if (words[0] == "kept") grading->kept = true;
    if (words[0] == "fault" && words.size() == 2) grading->fault = words[1];
    if (words[0] != "runs" || words.size() != 2) continue;
    const std::pair<std::string, std::string> numbers = absl::StrSplit(words[1], ' ');
    (void)absl::SimpleAtoi(numbers.first, &grading->done);
    (void)absl::SimpleAtoi(numbers.second, &grading->left);
  }
}

std::string LineOf(const Grade& grade, bool kept, size_t width) {
  std::string line = absl::StrFormat("%-*s", static_cast<int>(width), grade.submission);
  for (const StageScore& stage : grade.sheet.stages) {
    absl::StrAppendFormat(&line, "  %s %s", stage.stage.name,
                          stage.possible > 0
                              ? absl::StrFormat("%5.1f", 100 * stage.points / stage.possible)
                              : "    -");
  }
  const auto worst = std::ranges::max_element(grade.findings, {}, &Finding::severity);
  if (worst != grade.findings.end() && worst->severity == Finding::Severity::kError) {
    absl::StrAppend(&line, "  ", worst->text.substr(0, 100));
  } else if (const auto warnings = std::ranges::count(grade.findings, Finding::Severity::kWarning,
                                                      &Finding::severity)) {
    absl::StrAppend(&line, "  ", warnings, " finding", warnings == 1 ? "" : "s");
  }
  return line + (kept ? "  (as before)\n" : "\n");
}

class ClassRun {
 public:
  ClassRun(const GradingPlan& plan, const std::vector<SubmissionPath>& submissions, int at_once,
           const std::string& out, const Site& site, const Sandbox& sandbox)
      : plan_(plan),
        submissions_(submissions),
        at_once_(static_cast<size_t>(at_once)),
        out_(out),
        site_(site),
        sandbox_(sandbox),
        runs_each_(static_cast<int>(plan.catalog.tests.size()) * plan.seed_count),
        bar_(static_cast<int>(submissions.size()) * runs_each_, /*enabled=*/true) {
    for (const SubmissionPath& from : submissions) width_ = std::max(width_, from.name.size());
  }

  absl::Status Run() {
    while (next_ < submissions_.size() || !gradings_.empty()) {
      if (InterruptSignal() != 0) {
        for (Grading& grading : gradings_) grading.process.Terminate();
        return absl::CancelledError("interrupted");
      }
      while (next_ < submissions_.size() && gradings_.size() < at_once_) {
        if (absl::Status status = Start(submissions_[next_++], 1); !status.ok()) return status;
      }
      if (absl::Status status = Listen(); !status.ok()) return status;
      ShowProgress();
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Start(const SubmissionPath& from, int attempt) {
    auto child = Child::Start([&] { return GradeHere(plan_, from, out_, site_, sandbox_); });
    if (!child.ok()) return child.status();
    gradings_.push_back({.from = &from, .attempt = attempt, .process = *std::move(child)});
    return absl::OkStatus();
  }

  absl::Status Listen() {
    std::vector<Grading> still;
    std::vector<Grading> ended;
    for (Grading& grading : gradings_) {
      const Child::Event event = grading.process.Wait(kLook / static_cast<double>(gradings_.size()),
                                                      /*wants_to_send=*/false, &grading.unread);
      ReadLines(&grading);
      (event == Child::Event::kEnd ? ended : still).push_back(std::move(grading));
    }
    gradings_ = std::move(still);
    for (Grading& grading : ended) {
      if (absl::Status status = Finish(&grading); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Finish(Grading* grading) {
    const std::string end = grading->process.Reap();
    if (InterruptSignal() != 0) return absl::OkStatus();
    if (!end.empty() && grading->attempt < kAttempts) {
      return Start(*grading->from, grading->attempt + 1);
    }
    if (!end.empty()) {
      const std::string why =
          grading->fault.empty() ? absl::StrCat("its grading process ", end, ".") : grading->fault;
      if (absl::Status status = WriteGrade(FaultGrade(plan_, *grading->from, why), out_);
          !status.ok()) {
        return status;
      }
    }
    const auto grade = ReadGrade(out_, grading->from->name);
    if (!grade.ok()) return grade.status();
    ++finished_;
    bar_.Clear();
    Print(LineOf(*grade, grading->kept, width_));
    return absl::OkStatus();
  }

  void ShowProgress() {
    int done = static_cast<int>(finished_) * runs_each_;
    std::string names;
    for (const Grading& grading : gradings_) {
      if (grading.done > 0) done += std::max(0, runs_each_ - grading.left);
      absl::StrAppend(&names, names.empty() ? "" : ", ", grading.from->name);
    }
    bar_.Update(done, 0, names);
  }

  const GradingPlan& plan_;
  const std::vector<SubmissionPath>& submissions_;
  const size_t at_once_;
  const std::string out_;
  const Site& site_;
  const Sandbox& sandbox_;
  const int runs_each_;
  ProgressBar bar_;
  size_t width_ = 0;
  size_t next_ = 0;
  size_t finished_ = 0;
  std::vector<Grading> gradings_;
};

}  // namespace

absl::Status GradeClass(const GradingPlan& plan, const std::vector<SubmissionPath>& submissions,
                        int at_once, const std::string& out, const Site& site,
                        const Sandbox& sandbox) {
  return ClassRun(plan, submissions, at_once, out, site, sandbox).Run();
}

}  // namespace grading
