// Part of Raftlab, under the MIT License (see LICENSE).
//
// Runs jobs on one test program in worker mode, which forks a child for each and runs some at once.
// What goes wrong on our side stays on our side: a run that ends in a framework fault, or that is
// under way when the worker itself dies, is tried again, and only after some tries is that its
// verdict.

#ifndef RAFTLAB_GRADING_POOL_H_
#define RAFTLAB_GRADING_POOL_H_

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grading/process.h"
#include "grading/protocol.h"

namespace grading {

struct PoolOptions {
  std::string program;                      // its path
  std::vector<std::string> arguments = {};  // behind the worker's own
  int jobs = 1;
  int attempts = 3;           // per run
  int most_worker_ends = 10;  // then the pool gives up
  // The worker ends hanging runs by itself; if it falls silent for so long, it hangs.
  absl::Duration silence = absl::Minutes(2);
  // If there is one, a job is sent when there is room to run it, and only if this then says yes.
  std::function<bool(size_t)> wanted = {};
};

class Pool {
 public:
  // `done` gets every run once, in the order in which they end; `idle` is called some times a
  // second.
  Pool(PoolOptions options, std::vector<Job> jobs, std::function<void(Run)> done,
       std::function<void()> idle);

  // Ok when every job is done; Cancelled after an interrupt; Internal, with a sentence, if the
  // worker cannot be kept alive. In the last two cases some jobs have no run.
  absl::Status Run();

 private:
  struct Progress {
    int attempts = 0;
    std::vector<std::string> faults;
  };

  absl::Status StartWorker();
  void SendJobs();
  absl::Status Listen();
  absl::Status TakeLines();
  absl::Status TakeLine(const std::string& line);
  // The worker is gone, or must go: `how` is half a sentence ("ended with exit code 1").
  absl::Status WorkerEnded(const std::string& how);
  // Puts the job back into `queue`, or gives it up with `run` as its result.
  void Retry(size_t job, const std::string& fault, grading::Run run, std::deque<size_t>* queue);

  const PoolOptions options_;
  const std::vector<Job> jobs_;
  const std::function<void(grading::Run)> done_;
  const std::function<void()> idle_;

  std::deque<size_t> waiting_;   // not sent yet
  std::deque<size_t> suspects_;  // were under way when a worker died: each gets a worker of its own
  std::set<size_t> under_way_;   // sent, no answer yet
  std::vector<Progress> progress_;
  std::optional<Child> worker_;
  bool alone_ = false;         // this worker is for one suspect
  bool input_closed_ = false;  // this worker gets no more jobs; retries are for the next one
  std::string unsent_;
  std::string unread_;
  absl::Time last_heard_;
  int worker_ends_ = 0;
};

}  // namespace grading

#endif  // RAFTLAB_GRADING_POOL_H_
