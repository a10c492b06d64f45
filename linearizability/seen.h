// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which places a search has been to. It may forget, never invent: a place is called seen only if it
// was inserted.

#ifndef RAFTLAB_LINEARIZABILITY_SEEN_H_
#define RAFTLAB_LINEARIZABILITY_SEEN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "linearizability/fingerprint.h"
#include "linearizability/model.h"

namespace linearizability {

// What all tables of a check share.
struct CacheBudget {
  uint64_t bytes_left = 0;
};

// Fingerprints, 16 bytes each: open addressing over a few neighbouring slots. It doubles while the
// budget lasts; then a new fingerprint takes the place of another.
class FingerprintSet {
 public:
  explicit FingerprintSet(CacheBudget* budget) : budget_(budget) {}
  ~FingerprintSet() { Clear(); }
  FingerprintSet(const FingerprintSet&) = delete;
  FingerprintSet& operator=(const FingerprintSet&) = delete;

  // False if it was there.
  bool Insert(Fingerprint key);
  void Clear();

 private:
  static constexpr size_t kProbes = 8;
  static constexpr size_t kFirstSize = 64;

  // The slot of the key, or an empty one for it, or null.
  Fingerprint* Find(Fingerprint key);
  bool Grow();

  CacheBudget* budget_;
  std::vector<Fingerprint> slots_;  // A power of two; all zero is empty.
  size_t victim_ = 0;
};

// Pairs of a set of operations and a state.
template <Model M>
class Seen {
 public:
  using State = typename M::State;

  explicit Seen(CacheBudget* budget) : budget_(budget), fingerprints_(budget) {}
  ~Seen() { Clear(); }
  Seen(const Seen&) = delete;
  Seen& operator=(const Seen&) = delete;

  // False if the pair was there.
  bool Insert(const M& model, Fingerprint set, const State& state) {
    if constexpr (HasHash<M>) {
      return fingerprints_.Insert(set ^ Combine(model.Hash(state), {}));
    } else {
      const uint64_t cost = sizeof(State) + 64;
      if (budget_->bytes_left < cost) Clear();
      std::vector<State>& states = states_[{set.a, set.b}];
      for (const State& known : states) {
        if (known == state) return false;
      }
      states.push_back(state);
      if (budget_->bytes_left >= cost) {
        budget_->bytes_left -= cost;
        bytes_ += cost;
      }
      return true;
    }
  }

  void Clear() {
    fingerprints_.Clear();
    states_.clear();
    budget_->bytes_left += bytes_;
    bytes_ = 0;
  }

 private:
  CacheBudget* budget_;
  FingerprintSet fingerprints_;
  // Without a hash: exact.
  std::map<std::pair<uint64_t, uint64_t>, std::vector<State>> states_;
  uint64_t bytes_ = 0;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_SEEN_H_
