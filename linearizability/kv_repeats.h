// Part of Raftlab, under the MIT License (see LICENSE).
//
// Keys to which one text was written several times, or Put("").
//
// A value still splits into texts in one way, but a text may have several writers, and the empty
// beginning of a value is that of the key or of any Put(""). If all Gets are told who wrote what
// they saw, each write can be given a name of its own, and the fast path (kv_fast.h) decides. The
// key is linearizable if and only if it is so with some such choice. Which ones there are, time
// mostly says: who wrote after the Get cannot be meant, nor who had returned before a Put began
// that itself had returned before the Get. Two Gets of one beginning have the writers of the
// shorter value in common. And of two writes of one text, the one that was called and returned
// first may be taken to have happened first: else, exchange the two. What is open then is tried,
// within limits.

#ifndef RAFTLAB_LINEARIZABILITY_KV_REPEATS_H_
#define RAFTLAB_LINEARIZABILITY_KV_REPEATS_H_

#include <cstddef>
#include <vector>

#include "linearizability/kv_fast.h"
#include "linearizability/kv_model.h"
#include "linearizability/report.h"

namespace linearizability {

// Of the operations of one key, by index. kUnknown: one text begins another, or there were too many
// choices. The limits are for finding the witness.
KeyVerdict CheckKeyRepeats(const KvHistory& history, const std::vector<size_t>& part,
                           const Limits& limits = {});

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_KV_REPEATS_H_
