// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/seen.h"

#include <algorithm>

namespace linearizability {

bool FingerprintSet::Insert(Fingerprint key) {
  if (key == Fingerprint{}) key.a = 1;
  if (slots_.empty() && !Grow()) return true;
  Fingerprint* slot = Find(key);
  while (slot == nullptr && Grow()) slot = Find(key);
  if (slot == nullptr) {  // All neighbours are taken, and the budget is spent: one must go.
    slot = &slots_[(key.a + victim_++ % kProbes) & (slots_.size() - 1)];
  }
  if (*slot == key) return false;
  *slot = key;
  return true;
}

Fingerprint* FingerprintSet::Find(Fingerprint key) {
  for (size_t i = 0; i < kProbes; ++i) {
    Fingerprint& slot = slots_[(key.a + i) & (slots_.size() - 1)];
    if (slot == key || slot == Fingerprint{}) return &slot;
  }
  return nullptr;
}

bool FingerprintSet::Grow() {
  const size_t size = slots_.empty() ? kFirstSize : 2 * slots_.size();
  const uint64_t bytes = (size - slots_.size()) * sizeof(Fingerprint);
  if (bytes > budget_->bytes_left) return false;
  budget_->bytes_left -= bytes;
  std::vector<Fingerprint> old(size);
  old.swap(slots_);
  for (const Fingerprint& key : old) {
    if (key == Fingerprint{}) continue;
    // What finds no place is forgotten; at this load that is rare.
    if (Fingerprint* slot = Find(key)) *slot = key;
  }
  return true;
}

void FingerprintSet::Clear() {
  budget_->bytes_left += slots_.size() * sizeof(Fingerprint);
  slots_ = {};
}

}  // namespace linearizability
