// Part of Raftlab, under the MIT License (see LICENSE).
//
// The fast path for Get, Put and Append: O(n log n) and the bytes of the values, without a search.
//
// It needs texts that can be told apart (kv_decode.h). Then each Get says from which Put its value
// comes and which Appends followed, in which order. A Put, what was appended to its value, and all
// Gets that saw it form a block: nothing may come in between, and the order in it is known. So does
// the value before any Put, if it was seen; an unseen write is a block by itself. Then the history
// of the key is linearizable if and only if
//   (i)  in no block an operation returned before one was called that stands earlier in it, and
//   (ii) there are no two blocks of which each has an operation that returned before one of the
//        other was called.
// (ii) is the condition on zones of "Testing Shared Memories", Gibbons and Korach, 1997. That the
// two suffice: by (ii) the relation "has an operation that returned before one of the other was
// called" has no circle, since along it the first return of every second block only grows. So the
// blocks can be sorted by it, each inside by its order; unseen appends fall between two blocks,
// where nobody looks at the end of the value any more. To sort them by the later of their first
// return and last call will do.

#ifndef RAFTLAB_LINEARIZABILITY_KV_FAST_H_
#define RAFTLAB_LINEARIZABILITY_KV_FAST_H_

#include <cstddef>
#include <string>
#include <vector>

#include "linearizability/kv_model.h"
#include "linearizability/report.h"

namespace linearizability {

struct KeyVerdict {
  Verdict verdict = Verdict::kLegal;  // kUnknown: the texts cannot be told apart
  std::vector<size_t> witness = {};   // two to four operations, seldom one or up to six
  std::string explanation = {};
  std::vector<size_t> order = {};  // if legal and asked for; without open writes that nobody saw
};

// Of the operations of one key, by index.
KeyVerdict CheckKeyFast(const KvHistory& history, const std::vector<size_t>& part,
                        bool wants_order = false);

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_KV_FAST_H_
