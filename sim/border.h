// Part of Raftlab, under the MIT License (see LICENSE).
//
// The border between the student's side and the judge's. Everything that crosses it is a plain
// value or bytes, in one of the two structs below: no pointer and no callback into a student's
// object. So the student's side can be a function call away, or a process away, and a run is the
// same.
//
// On the judge's side stand the clock, the network, the disks, the tests and the oracles (world.h).
// On the student's side stand the student's objects and their fibers (machine.h). The two meet in
// steps: the judge hands inputs to one node at one moment of virtual time, the node runs until it
// is quiet, and the judge acts on its outputs in their order.

#ifndef RAFTLAB_SIM_BORDER_H_
#define RAFTLAB_SIM_BORDER_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace sim {

// Virtual nanoseconds since the run began.
using Nanos = int64_t;
inline constexpr Nanos kNever = std::numeric_limits<Nanos>::max();

// A simulated machine's number, 0 to n-1; the judge has its own.
using NodeId = int;
inline constexpr NodeId kJudge = -1;

// What a node boots from: all that survived its last crash, and what the test tells it.
struct BootImage {
  NodeId node = 0;
  int servers = 0;  // how many nodes the cluster has
  int life = 1;     // how often it has been booted, this time included
  std::string state = {};
  std::string snapshot = {};
  std::string config = {};  // the lab's own: labgob bytes
};

// Judge to student.
struct Input {
  enum class Kind : uint8_t {
    kRequest,  // a remote call arrives: `id` for the reply, `method`, `bytes` = arguments
    kReply,    // the reply to the call that this node sent as `id`
    kLost,     // that call will never be answered
  };
  Kind kind = Kind::kRequest;
  uint64_t id = 0;
  std::string method = {};
  std::string bytes = {};
};

// Student to judge.
struct Output {
  enum class Kind : uint8_t {
    kSend,     // a remote call leaves: `id`, `to`, `method`, `bytes` = arguments
    kReply,    // the answer to request `id`: `bytes`
    kPersist,  // the disk's `bytes` (state) are replaced; `extra` (snapshot) too if `has_extra`
    kEvent,    // something that the lab reports, `method` says what (an applied entry): `bytes`
    kLog,      // a line of the student's log: `method` is the topic, `bytes` the text
    kWarning,  // something a student should know; not a failure: `bytes` is a sentence
  };
  Kind kind = Kind::kSend;
  Nanos at = 0;
  uint64_t id = 0;
  NodeId to = kJudge;
  bool has_extra = false;
  std::string method = {};
  std::string bytes = {};
  std::string extra = {};
};

// How a step ended.
struct StepResult {
  std::vector<Output> outputs;
  Nanos clock = 0;            // the node was busy until then
  Nanos next_timer = kNever;  // when it wants to be stepped again if nothing arrives before
};

}  // namespace sim

#endif  // RAFTLAB_SIM_BORDER_H_
