// Part of Raftlab, under the MIT License (see LICENSE).
//
// How Raft hands committed entries and snapshots to the service above it.

#ifndef RAFTLAB_RAFT_APPLY_H_
#define RAFTLAB_RAFT_APPLY_H_

#include <cstdint>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "sim/channel.h"

namespace raft {

// One step of the state machine. Every server sends the same ones in the same order: index after
// index without a gap, beginning behind the snapshot that it booted from.
struct ApplyMsg {
  enum class Kind : uint8_t {
    kCommand,   // apply `data`, the command at `index`
    kNoop,      // the entry at `index` is Raft's own and has no command: nothing to apply
    kSnapshot,  // replace the whole state by the snapshot `data`, which covers the log up to
                // `index`
  };
  Kind kind = Kind::kCommand;
  int64_t index = 0;
  int64_t term = 0;
  std::string data;
};
BOOST_DESCRIBE_STRUCT(ApplyMsg, (), (kind, index, term, data))

class ApplyChannel : private sim::Channel<ApplyMsg> {
 public:
  // Waits until the service has received. The service may call Raft before it receives again, so
  // Raft must not hold its mutex while it sends.
  using Channel::Send;

  // Waits for the next step. What a service receives, the tests see.
  std::optional<ApplyMsg> Receive(const char* file = __builtin_FILE(), int line = __builtin_LINE());
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_APPLY_H_
