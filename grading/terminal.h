// Part of Raftlab, under the MIT License (see LICENSE).
//
// The two streams that a user reads: results on standard output, progress and errors on standard
// error.

#ifndef RAFTLAB_GRADING_TERMINAL_H_
#define RAFTLAB_GRADING_TERMINAL_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grading/verdict.h"

namespace grading {

// What the tool's process ends with; 130 after Ctrl-C (128 + the signal).
enum ExitCode { kPassed = 0, kFailed = 1, kUsage = 2, kFault = 3, kInterrupted = 128 };

void Print(std::string_view text);

// Says "lab: <the status's sentence>" on standard error; the exit code that goes with the status.
int Complain(const absl::Status& status);

// Colours are for terminals, and for those who did not set NO_COLOR.
bool UseColour();
std::string Paint(Verdict verdict, std::string_view text, bool colour);

// How far a campaign is, in the last line of a terminal; elsewhere a plain line every ten seconds.
class ProgressBar {
 public:
  ProgressBar(int runs, bool enabled);
  ~ProgressBar() { Clear(); }

  void Update(int done, int failed, std::string_view now_running);
  void Clear();  // before anything else is printed

 private:
  const int runs_;
  const bool enabled_;
  const bool terminal_;
  absl::Time start_;
  absl::Time last_;
  bool shown_ = false;
};

}  // namespace grading

#endif  // RAFTLAB_GRADING_TERMINAL_H_
