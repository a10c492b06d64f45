// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/config.h"

#include "labgob/labgob.h"
#include "sim/machine.h"

namespace shardkv {

void ReportAdopted(const Config& config) {
  sim::Machine::Current()->Emit(
      {.kind = sim::Output::Kind::kEvent, .method = "adopt", .bytes = labgob::Encode(config)});
}

}  // namespace shardkv
