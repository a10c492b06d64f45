// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/apply.h"

#include "labgob/labgob.h"
#include "sim/machine.h"

namespace raft {

std::optional<ApplyMsg> ApplyChannel::Receive(const char* file, int line) {
  std::optional<ApplyMsg> msg = Channel::Receive(file, line);
  if (msg.has_value()) {
    sim::Machine::Current()->Emit(
        {.kind = sim::Output::Kind::kEvent, .method = "apply", .bytes = labgob::Encode(*msg)});
  }
  return msg;
}

}  // namespace raft
