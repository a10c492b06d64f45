// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the clients of lab 4 do. Client 0 is the test's own.

#ifndef RAFTLAB_TESTS_SHARD_WORKLOAD_H_
#define RAFTLAB_TESTS_SHARD_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/shard_cluster.h"

namespace tests {

inline constexpr int kMain = 0;  // the test's own client
inline constexpr int kKeys = 10;

// "0" to "9", a shard each; more of them share shards.
std::string KeyOf(int number);
// Of ten.
int64_t ShardOf(const std::string& key);
// The group that has the key's shard in the newest configuration, by its place in the cluster.
// Fails the run if that is none of the cluster's.
int OwnerOf(ShardCluster& cluster, const std::string& key);
// Of the keys 0 to kKeys-1 those that a group has; fails the run if there is none.
std::vector<std::string> KeysOf(ShardCluster& cluster, int group);
// The key's shard goes to that group.
void MoveKey(ShardCluster& cluster, const std::string& key, int group);
// For a time by chance.
void SleepUpTo(ShardCluster& cluster, uint64_t millis);
// A limit for Raft's state, or none, by chance.
int64_t SomeLimit(sim::World& world);

// Writes to keys and reads them back, by the main client.
class Keys {
 public:
  Keys(ShardCluster& cluster, int count, size_t value_size = 0);
  void Check(int count = -1);
  void CheckAndAppend();
  void Check(const std::string& key) { CheckOne(NumberOf(key)); }
  void Append(const std::string& key) { AppendOne(NumberOf(key)); }
  // Somebody else has appended that.
  void Appended(const std::string& key, const std::string& text) {
    values_[static_cast<size_t>(NumberOf(key))] += text;
  }
  int size() const { return static_cast<int>(values_.size()); }

 private:
  static int NumberOf(const std::string& key);
  void CheckOne(int key);
  void AppendOne(int key);

  ShardCluster& cluster_;
  std::vector<std::string> values_;
};

// Clients 1 to kKeys work, each on its own key or all on all, until they are stopped.
class Workers {
 public:
  struct Options {
    absl::Duration pause = absl::ZeroDuration();  // at least so long between two operations
    bool shared_keys = false;                     // reads and Puts, too
  };
  Workers(ShardCluster& cluster, const Options& options);
  // All operations return, and everything is read once more.
  void Stop(absl::Duration limit = absl::Seconds(20));

 private:
  void Work(int client);
  void DoAnything(int client);

  ShardCluster& cluster_;
  const Options options_;
  bool stopped_ = false;
  int working_ = 0;
};

// Does something again and again beside the test, until it goes away.
class Meanwhile {
 public:
  explicit Meanwhile(std::function<void()> what);
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  ~Meanwhile();

 private:
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_SHARD_WORKLOAD_H_
