// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/failure.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <execinfo.h>
#include <iterator>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/check.h"

namespace sim {
namespace {

constexpr std::array<std::pair<Verdict, std::string_view>, 12> kVerdictNames = {{
    {Verdict::kPass, "pass"},
    {Verdict::kSkip, "skip"},
    {Verdict::kSafety, "safety"},
    {Verdict::kLinearizability, "linearizability"},
    {Verdict::kLiveness, "liveness"},
    {Verdict::kBudget, "budget"},
    {Verdict::kContract, "contract"},
    {Verdict::kDeadlock, "deadlock"},
    {Verdict::kCrash, "crash"},
    {Verdict::kHang, "hang"},
    {Verdict::kNondeterministic, "nondeterministic"},
    {Verdict::kFrameworkFault, "framework-fault"},
}};

FailureHandler& Handler() {
  static FailureHandler handler;
  return handler;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  for (const auto& [value, name] : kVerdictNames) {
    if (value == verdict) return name;
  }
  return "framework-fault";
}

std::optional<Verdict> VerdictFromName(std::string_view name) {
  for (const auto& [value, text] : kVerdictNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

void SetFailureHandler(FailureHandler handler) { Handler() = std::move(handler); }

namespace {

std::string& Context() {
  static std::string context;
  return context;
}

}  // namespace

FailureContext::FailureContext(const std::string& words) : before_(Context()) {
  Context() += words;
}

FailureContext::~FailureContext() { Context() = before_; }

void Fail(Failure failure) {
  failure.message = Context() + failure.message;
  if (Handler()) Handler()(failure);
  std::fprintf(stderr, "%s: %s\n", std::string(VerdictName(failure.verdict)).c_str(),
               failure.message.c_str());
  for (const std::string& line : failure.detail) std::fprintf(stderr, "  %s\n", line.c_str());
  std::abort();
}

void Fail(Verdict verdict, std::string message) {
  Failure failure;
  failure.verdict = verdict;
  failure.message = std::move(message);
  Fail(std::move(failure));
}

void CheckFailed(const char* file, int line, const char* condition, std::string_view sentence) {
  Failure failure;
  failure.verdict = Verdict::kFrameworkFault;
  failure.message = absl::StrFormat("%s (%s, at %s:%d)", sentence, condition, file, line);
  failure.backtrace = CaptureBacktrace();
  Fail(std::move(failure));
}

void RequireFailed(std::string_view sentence) {
  Failure failure;
  failure.verdict = Verdict::kContract;
  failure.message = std::string(sentence);
  failure.backtrace = CaptureBacktrace();
  Fail(std::move(failure));
}

std::vector<Frame> CaptureBacktrace(const void* interrupted) {
  void* addresses[64];
  const int depth = backtrace(addresses, std::size(addresses));
  std::vector<Frame> frames;
  for (int i = 1; i < depth; ++i) {  // without this function
    Dl_info info;
    if (dladdr(addresses[i], &info) == 0 || info.dli_fname == nullptr) continue;
    // A return address points behind the call: one back is the call's own line.
    const auto offset = static_cast<uint64_t>(static_cast<char*>(addresses[i]) -
                                              static_cast<char*>(info.dli_fbase)) -
                        (addresses[i] == interrupted ? 0 : 1);
    frames.push_back({info.dli_fname, offset});
  }
  return frames;
}

}  // namespace sim
