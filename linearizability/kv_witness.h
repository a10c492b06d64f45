// Part of Raftlab, under the MIT License (see LICENSE).
//
// The violations that the fast path finds, as few operations and a sentence. Operations are given
// by index in the history.

#ifndef RAFTLAB_LINEARIZABILITY_KV_WITNESS_H_
#define RAFTLAB_LINEARIZABILITY_KV_WITNESS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linearizability/kv_fast.h"
#include "linearizability/kv_model.h"

namespace linearizability {

// A block as far as condition (ii) and a sentence about it need it. A missing first return stands
// for the state at the beginning, which was there before all operations.
struct Block {
  int64_t first_return_ns = 0;
  int64_t last_call_ns = 0;
  std::optional<size_t> first_return = {};
  size_t last_call = 0;
  std::optional<size_t> put = {};      // that began its value; none: the value before any Put
  std::optional<size_t> longest = {};  // the Get that saw most of it; none: nobody saw it
  bool is_unseen_append = false;

  bool is_single() const { return first_return == last_call; }
  bool is_forward() const { return first_return_ns < last_call_ns; }
};

class KvWitness {
 public:
  explicit KvWitness(const KvHistory& history) : history_(history) {}

  // The value holds bytes, from this place on, that no write of the key explains.
  KeyVerdict UnknownText(size_t get, size_t place) const;
  KeyVerdict PutIsNotFirst(size_t get, size_t put) const;
  KeyVerdict AppendedTwice(size_t get, size_t append) const;
  KeyVerdict AppendedToTwoValues(size_t get, size_t other_get, size_t append) const;
  // Both values began alike and neither is the beginning of the other.
  KeyVerdict Disagree(size_t get, size_t other_get) const;
  // `earlier` comes before `later` in its block, which `longest` shows, but was called after it had
  // returned.
  KeyVerdict WrongOrder(size_t earlier, size_t later, size_t longest) const;
  // Each has an operation that returned before one of the other was called.
  KeyVerdict Crossed(const Block& x, const Block& y) const;

 private:
  std::string Call(size_t i) const;
  std::string Answer(size_t i) const;
  std::string Life(const Block& block) const;
  // An Append belongs to the block because a Get saw it there: adds that, unless it is there.
  void ShowMembers(const Block& block, size_t member, std::vector<size_t>* witness,
                   std::string* text) const;
  KeyVerdict InTheMiddle(size_t inner, const Block& around) const;
  bool IsGet(size_t i) const { return history_[i].input.kind == KvInput::Kind::kGet; }

  const KvHistory& history_;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_KV_WITNESS_H_
