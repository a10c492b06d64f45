// Part of Raftlab, under the MIT License (see LICENSE).
//
// CheckKv: whether a history of Get, Put and Append is linearizable. A key whose written texts can
// be told apart is decided at once (kv_fast.h). So tests should write texts that are distinct and
// end in a byte that is nowhere else in them, as "3 17;". If texts repeat, it mostly still is
// (kv_repeats.h). Other keys are searched (check.h), and may turn out unknown.

#ifndef RAFTLAB_LINEARIZABILITY_KV_CHECK_H_
#define RAFTLAB_LINEARIZABILITY_KV_CHECK_H_

#include "linearizability/kv_model.h"
#include "linearizability/report.h"

namespace linearizability {

Report CheckKv(const KvHistory& history, const Limits& limits = {});

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_KV_CHECK_H_
