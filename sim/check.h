// Part of Raftlab, under the MIT License (see LICENSE).
//
// SIM_CHECK(condition, sentence): an invariant of the framework, always on. Its failure is a
// framework fault: it ends the run with a verdict of its own and never costs a student anything.
//
// SIM_REQUIRE(condition, sentence): what a function asks of its caller, where the caller is a lab's
// code. Its failure is a contract violation, with a backtrace.

#ifndef RAFTLAB_SIM_CHECK_H_
#define RAFTLAB_SIM_CHECK_H_

#include <string_view>

namespace sim {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              std::string_view sentence);
[[noreturn]] void RequireFailed(std::string_view sentence);

}  // namespace sim

#define SIM_CHECK(condition, sentence)                                              \
  do {                                                                              \
    if (!(condition)) ::sim::CheckFailed(__FILE__, __LINE__, #condition, sentence); \
  } while (false)

#define SIM_REQUIRE(condition, sentence)              \
  do {                                                \
    if (!(condition)) ::sim::RequireFailed(sentence); \
  } while (false)

#endif  // RAFTLAB_SIM_CHECK_H_
