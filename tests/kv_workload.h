// Part of Raftlab, under the MIT License (see LICENSE).
//
// Clients that work while things go wrong: MIT's GenericTest, the most of labs 3A and 3B.

#ifndef RAFTLAB_TESTS_KV_WORKLOAD_H_
#define RAFTLAB_TESTS_KV_WORKLOAD_H_

#include <cstdint>

#include "absl/time/time.h"
#include "sim/world.h"

namespace tests {

struct KvWorkload {
  int clients = 1;
  int servers = 5;
  bool unreliable = false;     // the network loses and delays messages
  bool crashes = false;        // all servers crash at the end of each round
  bool partitions = false;     // the servers are split at random, about once a second
  bool shared_keys = false;    // clients work on each other's keys
  int64_t max_raft_state = 0;  // bytes; 0: no snapshots
};

// Three rounds of five seconds. In each, new clerks read and append; then the faults end, and every
// operation must return.
void RunKvWorkload(sim::World& world, const KvWorkload& workload);

// Clients that share keys, for fifteen seconds of weather that each seed draws anew (weather.h).
void RunKvSwarm(sim::World& world, int64_t max_raft_state);

// A thousand Appends by one client, one after the other, in a third of a heartbeat each at most in
// the mean.
void RunKvSpeed(sim::World& world, int64_t max_raft_state);

}  // namespace tests

#endif  // RAFTLAB_TESTS_KV_WORKLOAD_H_
