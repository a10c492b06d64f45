// Part of Raftlab, under the MIT License (see LICENSE).
//
// The machines of a run and the network between them. What a machine puts out goes to the cluster
// that it belongs to; a machine of nobody's is a client's.

#ifndef RAFTLAB_TESTS_MACHINES_H_
#define RAFTLAB_TESTS_MACHINES_H_

#include <functional>
#include <vector>

#include "labrpc/network.h"
#include "sim/world.h"

namespace tests {

class Machines {
 public:
  // All are off, and can reach each other.
  Machines(sim::World& world, int count);
  Machines(const Machines&) = delete;
  Machines& operator=(const Machines&) = delete;

  sim::World& world() { return world_; }
  labrpc::Network& network() { return network_; }

  // Who deals with what these machines do.
  struct Owner {
    int first = 0;
    int count = 0;
    // After the network has taken a message.
    std::function<void(sim::NodeId, sim::Output&)> output;
    // A message between two of them leaves or arrives.
    labrpc::Network::Observer message;
    // A message leaves one of them for a machine of another owner.
    std::function<void()> left;
  };
  void Add(Owner owner) { owners_.push_back(std::move(owner)); }
  // Who sees every message, between whomever, besides.
  void SetWatch(labrpc::Network::Observer watch) { watch_ = std::move(watch); }

 private:
  void HandleOutput(sim::NodeId node, sim::Output& output);
  // Of the machine, or null.
  const Owner* OwnerOf(sim::NodeId node) const;

  sim::World& world_;
  labrpc::Network network_;
  std::vector<Owner> owners_;
  labrpc::Network::Observer watch_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_MACHINES_H_
