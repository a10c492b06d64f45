// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a lab's code may use of the world: fibers, time, random numbers, a log. With sim/mutex.h and
// sim/channel.h this is all that a student needs.
//
// Your server runs on a simulated machine. Its threads are fibers: sim::Go starts one, and only one
// of them runs at a time. Time is virtual: it moves when every fiber waits, straight to the next
// moment at which something happens, so a test of a minute takes milliseconds. Everything that is
// left to chance comes from the run's seed, so the same seed gives the same run.
//
// Standard clocks and sleeps (std::chrono, absl::Now, std::this_thread::sleep_for) show and take
// virtual time too. std::thread is refused; std::mutex works only where nothing waits while it is
// held.

#ifndef RAFTLAB_SIM_SIM_H_
#define RAFTLAB_SIM_SIM_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "sim/border.h"

namespace sim {

// Starts `body` on a fiber of its own, on this machine. The name appears in reports. What the body
// captures by reference must outlive it: capture by value, or `this` of an object that stays.
void Go(std::string name, std::function<void()> body);

// Lets other fibers that are ready run.
void Yield();

// This machine's clock. Virtual, and the same for every node: only differences mean something.
absl::Time Now();

// Lets `duration` of virtual time pass; other fibers run meanwhile.
void SleepFor(absl::Duration duration, const char* file = __builtin_FILE(),
              int line = __builtin_LINE());
void SleepUntil(absl::Time when, const char* file = __builtin_FILE(), int line = __builtin_LINE());

// This machine's random numbers, from the run's seed; each node has its own. An object of this
// class holds nothing: make one where you need it. It is a uniform random bit generator, so
// std::shuffle takes it.
class Random {
 public:
  // Uniform in [low, high]. REQUIRES: low <= high.
  static int64_t Int(int64_t low, int64_t high);
  // Uniform in [low, high), in steps of a microsecond. REQUIRES: low < high.
  static absl::Duration Duration(absl::Duration low, absl::Duration high);

  using result_type = uint64_t;
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return std::numeric_limits<uint64_t>::max(); }
  uint64_t operator()();
};

// What a log line is about. The list is closed: `./lab replay --log VOTE,ROLE` selects by it.
enum class Topic : uint8_t {
  // The world's own.
  kTest,  // TEST: what the test does
  kSend,  // SEND: a remote call leaves
  kRecv,  // RECV: it arrives
  kRply,  // RPLY: its reply is back
  kDrop,  // DROP: a call is lost, or its reply
  kDisk,  // DISK: the persister writes
  kAply,  // APLY: an entry, or a snapshot, is applied
  kCmnd,  // CMND: a command is given to a server
  kBoot,  // BOOT: a server starts
  kCrsh,  // CRSH: a server loses power
  kNetw,  // NETW: links are cut and mended
  kWarn,  // WARN: something that you should know
  kFail,  // FAIL: a rule is broken
  // For your own lines.
  kTerm,  // TERM: terms
  kVote,  // VOTE: elections
  kRole,  // ROLE: follower, candidate, leader
  kLogs,  // LOGS: entries, matching, back-up
  kComt,  // COMT: what is committed
  kSnap,  // SNAP: snapshots
  kTimr,  // TIMR: timeouts and heartbeats
  kInfo,  // INFO: all else
};

std::string_view TopicName(Topic topic);

namespace internal {
bool Logging();
void LogLine(Topic topic, std::string line);
Nanos NowNanos();
}  // namespace internal

// Writes a line to the run's log: sim::Log(sim::Topic::kVote, "granted to n%d", candidate). Almost
// free unless the run is replayed or has failed; never changes what the run does.
template <class... Args>
void Log(Topic topic, const absl::FormatSpec<Args...>& format, const Args&... args) {
  if (internal::Logging()) internal::LogLine(topic, absl::StrFormat(format, args...));
}

}  // namespace sim

#endif  // RAFTLAB_SIM_SIM_H_
