// Part of Raftlab, under the MIT License (see LICENSE).
//
// A server's disk, as Raft sees it: two files of bytes, Raft's state and the service's snapshot,
// that survive a crash. A save is atomic, and durable when the call returns.
//
// Some tests have slow disks: there a save takes some milliseconds of virtual time, in which other
// fibers of the server run, and a crash in that time loses the save. So hold your mutex over a
// save, as Raft::Persist() says: what depends on it cannot leave before, and the state cannot
// change meanwhile. That is no reason for a server to be slow to answer: nobody is blamed for the
// disk.

#ifndef RAFTLAB_RAFT_PERSISTER_H_
#define RAFTLAB_RAFT_PERSISTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "sim/fiber.h"

namespace raft {

class Persister {
 public:
  // What the disk held when the server booted; both empty at the first boot. A save takes up to
  // `slowest_save`.
  Persister(std::string state, std::string snapshot, absl::Duration slowest_save)
      : state_(std::move(state)),
        slowest_save_(slowest_save),
        state_size_(state_.size()),
        snapshot_(std::move(snapshot)) {}
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
  // Lets the time of a save pass. Saves end in the order in which they began.
  void WaitForDisk();

  const std::string state_;  // at boot; what is saved since then is on the disk alone
  const absl::Duration slowest_save_;
  size_t state_size_;
  std::string snapshot_;
  uint64_t begun_ = 0;  // saves
  uint64_t ended_ = 0;
  sim::WaitQueue save_ended_;
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_PERSISTER_H_
