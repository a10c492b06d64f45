// Part of Raftlab, under the MIT License (see LICENSE).
//
// A server's disk, as Raft sees it: two files of bytes, Raft's state and the service's snapshot,
// that survive a crash. A save is atomic and durable when the call returns.

#ifndef RAFTLAB_RAFT_PERSISTER_H_
#define RAFTLAB_RAFT_PERSISTER_H_

#include <cstddef>
#include <string>
#include <utility>

namespace raft {

class Persister {
 public:
  // What the disk held when the server booted; both empty at the first boot.
  Persister(std::string state, std::string snapshot)
      : state_(std::move(state)), state_size_(state_.size()), snapshot_(std::move(snapshot)) {}
  Persister(const Persister&) = delete;
  Persister& operator=(const Persister&) = delete;

  // Replaces the state; the snapshot stays as it is.
  void Save(std::string state);
  // Replaces both at once: no crash can leave the new one of the two beside the old other.
  void Save(std::string state, std::string snapshot);

  // What the disk held when the server booted: read it once, then. Later saves do not change it.
  const std::string& booted_state() const { return state_; }
  // The last saved state's size in bytes.
  size_t state_size() const { return state_size_; }
  // The snapshot that is on the disk now.
  const std::string& snapshot() const { return snapshot_; }

 private:
  const std::string state_;  // at boot; what is saved since then is on the disk alone
  size_t state_size_;
  std::string snapshot_;
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_PERSISTER_H_
