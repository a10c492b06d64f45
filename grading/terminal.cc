// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/terminal.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr absl::Duration kPlainLine = absl::Seconds(10);
constexpr int kBarWidth = 24;

}  // namespace

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int Complain(const absl::Status& status) {
  const std::string sentence =
      PlainText(std::string_view(status.message().data(), status.message().size()));
  std::fprintf(stderr, "lab: %s\n", sentence.c_str());
  return status.code() == absl::StatusCode::kInvalidArgument ? kUsage : kFault;
}

bool UseColour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

std::string Paint(Verdict verdict, std::string_view text, bool colour) {
  const std::string plain(text);
  if (!colour) return plain;
  const char* code = "\x1b[31m";                               // red: a failure
  if (verdict == Verdict::kPass) code = "\x1b[32m";            // green
  if (verdict == Verdict::kSkip) code = "\x1b[2m";             // faint
  if (verdict == Verdict::kFrameworkFault) code = "\x1b[33m";  // yellow: ours
  return absl::StrCat(code, plain, "\x1b[0m");
}

ProgressBar::ProgressBar(int runs, bool enabled)
    : runs_(runs),
      enabled_(enabled),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(absl::Now()),
      last_(start_) {}

void ProgressBar::Update(int done, int failed, std::string_view now_running) {
  const absl::Time now = absl::Now();
  if (!enabled_ || now - last_ < (terminal_ ? kRedraw : kPlainLine)) return;
  last_ = now;
  const std::string text =
      absl::StrFormat("%s of %s, %d failed, %.0f s, %s", WithCommas(done), Plural(runs_, "run"),
                      failed, absl::ToDoubleSeconds(now - start_), std::string(now_running));
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return;
  }
  const int full = static_cast<int>(int64_t{kBarWidth} * done / runs_);
  const std::string bar = std::string(full, '=') + std::string(kBarWidth - full, ' ');
  std::fprintf(stderr, "\r\x1b[K[%s] %s", bar.c_str(), text.substr(0, 78 - kBarWidth - 3).c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressBar::Clear() {
  if (!shown_) return;
  std::fprintf(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace grading
