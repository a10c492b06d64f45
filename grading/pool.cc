// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace grading {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr size_t kLongestLine = size_t{64} << 20;

}  // namespace

Pool::Pool(PoolOptions options, std::vector<Job> jobs, std::function<void(grading::Run)> done,
           std::function<void()> idle)
    : options_(std::move(options)),
      jobs_(std::move(jobs)),
      done_(std::move(done)),
      idle_(std::move(idle)),
      progress_(jobs_.size()) {
  for (size_t job = 0; job < jobs_.size(); ++job) waiting_.push_back(job);
}

absl::Status Pool::Run() {
  while (!waiting_.empty() || !suspects_.empty() || !under_way_.empty()) {
    if (InterruptSignal() != 0) return absl::CancelledError("interrupted");
    absl::Status status = absl::OkStatus();
    if (!worker_) status = StartWorker();
    if (status.ok()) {
      SendJobs();
      status = Listen();
    }
    if (!status.ok()) return status;
    idle_();
  }
  if (worker_) worker_->Reap();
  return absl::OkStatus();
}

absl::Status Pool::StartWorker() {
  std::vector<std::string> command = {options_.program, "--worker", "--jobs",
                                      absl::StrCat(options_.jobs)};
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  absl::StatusOr<Child> worker = Child::Start(command);
  if (!worker.ok()) return worker.status();
  worker_.emplace(*std::move(worker));
  unsent_.clear();
  unread_.clear();
  alone_ = !suspects_.empty();
  input_closed_ = false;
  last_heard_ = absl::Now();
  return absl::OkStatus();
}

void Pool::SendJobs() {
  if (input_closed_) return;
  // Few enough that a worker's death makes few suspects, enough that it always has the next job.
  const size_t jobs = static_cast<size_t>(options_.jobs);
  const size_t window = alone_ ? 1 : options_.wanted ? jobs : 2 * jobs + 2;
  std::deque<size_t>* from = alone_ ? &suspects_ : &waiting_;
  while (under_way_.size() < window && !from->empty()) {
    const size_t job = from->front();
    from->pop_front();
    if (options_.wanted && !options_.wanted(job)) continue;
    under_way_.insert(job);
    unsent_ += FormatJob(static_cast<int64_t>(job), jobs_[job]);
  }
  if (!unsent_.empty()) worker_->Send(&unsent_);
  // A worker may keep its last answers back until it knows that no job comes (protocol.h).
  if (unsent_.empty() && (alone_ || waiting_.empty())) {
    worker_->CloseInput();
    input_closed_ = true;
  }
}

absl::Status Pool::Listen() {
  switch (worker_->Wait(kTick, !unsent_.empty(), &unread_)) {
    case Child::Event::kOutput:
      last_heard_ = absl::Now();
      return TakeLines();
    case Child::Event::kEnd: {
      const std::string how = worker_->Reap();
      if (input_closed_ && under_way_.empty()) {
        worker_.reset();
        return absl::OkStatus();
      }
      return WorkerEnded(how.empty() ? "ended early" : how);
    }
    case Child::Event::kNothing:
      if (absl::Now() - last_heard_ < options_.silence) return absl::OkStatus();
      return WorkerEnded(absl::StrCat("said nothing for ", absl::FormatDuration(options_.silence)));
  }
  return absl::OkStatus();
}

absl::Status Pool::TakeLines() {
  size_t begin = 0;
  for (size_t end; (end = unread_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const absl::Status status = TakeLine(unread_.substr(begin, end - begin));
    if (!status.ok()) return WorkerEnded(std::string(status.message()));
  }
  unread_.erase(0, begin);
  if (unread_.size() > kLongestLine) return WorkerEnded("printed a line without an end");
  return absl::OkStatus();
}

// Errors are for WorkerEnded.
absl::Status Pool::TakeLine(const std::string& line) {
  absl::StatusOr<ReportedRun> reported = ParseResult(line);
  if (!reported.ok()) return reported.status();
  const size_t job = static_cast<size_t>(reported->id);
  if (!under_way_.contains(job)) {
    return absl::InternalError(
        absl::StrCat("reported on the job ", job, ", which it does not have"));
  }
  grading::Run& run = reported->run;
  if (run.test.empty()) {  // a job that the worker could not make sense of
    run.test = jobs_[job].test;
    run.seed = jobs_[job].seed;
  }
  if (run.test != jobs_[job].test || run.seed != jobs_[job].seed) {
    return absl::InternalError(absl::StrCat("reported on ", run.test, " seed ", run.seed,
                                            " as the job ", job, ", which is ", jobs_[job].test,
                                            " seed ", jobs_[job].seed));
  }
  under_way_.erase(job);
  if (run.verdict == Verdict::kFrameworkFault) {
    const std::string fault = run.message;
    Retry(job, fault, std::move(run), &waiting_);
    return absl::OkStatus();
  }
  run.faults = std::move(progress_[job].faults);
  done_(std::move(run));
  return absl::OkStatus();
}

absl::Status Pool::WorkerEnded(const std::string& how) {
  worker_.reset();
  if (++worker_ends_ >= options_.most_worker_ends) {
    return absl::InternalError(absl::StrCat(options_.program, " ", how, "; after ", worker_ends_,
                                            " such ends the rest is not run."));
  }
  for (const size_t job : std::exchange(under_way_, {})) {
    const std::string fault =
        absl::StrCat(options_.program, " ", how, " while this run was under way");
    grading::Run run;
    run.test = jobs_[job].test;
    run.seed = jobs_[job].seed;
    run.strategy = jobs_[job].strategy;
    run.verdict = Verdict::kFrameworkFault;
    run.message = fault;
    Retry(job, fault, std::move(run), &suspects_);
  }
  return absl::OkStatus();
}

void Pool::Retry(size_t job, const std::string& fault, grading::Run run,
                 std::deque<size_t>* queue) {
  Progress& progress = progress_[job];
  progress.faults.push_back(fault);
  if (++progress.attempts < options_.attempts) {
    queue->push_back(job);
    return;
  }
  run.faults = std::move(progress.faults);
  done_(std::move(run));
}

}  // namespace grading
