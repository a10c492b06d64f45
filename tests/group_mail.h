// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the groups of lab 4 say to each other: held, let go, and copied. Every solution has messages
// of its own, so all that counts is between whom and when; nobody looks into one.
//
//   GroupMail mail(cluster);
//   mail.Hold([](const labrpc::Call& call) { return true; });
//   cluster.Move(...);
//   mail.StopHolding();
//   ...
//   mail.Deliver();

#ifndef RAFTLAB_TESTS_GROUP_MAIL_H_
#define RAFTLAB_TESTS_GROUP_MAIL_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "labrpc/network.h"
#include "tests/shard_cluster.h"

namespace tests {

class GroupMail {
 public:
  // One for a cluster.
  explicit GroupMail(ShardCluster& cluster);
  GroupMail(const GroupMail&) = delete;
  GroupMail& operator=(const GroupMail&) = delete;
  ~GroupMail() { cluster_.network().Hold({}); }

  // What leaves from now on and matches, request or reply, is held.
  void Hold(labrpc::Network::Filter filter) { filter_ = std::move(filter); }
  // Not any more; what is held stays held.
  void StopHolding() { filter_ = {}; }
  // In order of sending.
  std::vector<labrpc::Call> held() const { return cluster_.network().Held(); }
  // About `percent` of what is held arrives now, in an order by chance.
  void Deliver(uint64_t percent = 100);
  // The same with copies of the requests that have left so far; it may be done again.
  void DeliverCopies(uint64_t percent = 100);

 private:
  void Remember(const labrpc::Call& call);
  // About so many of them, in an order by chance.
  std::vector<labrpc::Call> Some(std::vector<labrpc::Call> calls, uint64_t percent);

  ShardCluster& cluster_;
  labrpc::Network::Filter filter_;
  std::vector<labrpc::Call> requests_;  // without those that say the same to the same server
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_GROUP_MAIL_H_
