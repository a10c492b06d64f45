// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/shard_workload.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "shardkv/config.h"

namespace tests {

std::string KeyOf(int number) {
  return absl::StrCat(std::string(1, static_cast<char>('0' + number % kKeys)), number / kKeys);
}

int64_t ShardOf(const std::string& key) {
  return static_cast<int64_t>(shardkv::ShardOf(key, kKeys));
}

int OwnerOf(ShardCluster& cluster, const std::string& key) {
  const Config config = cluster.Query();
  const Gid gid = config.shards[static_cast<size_t>(ShardOf(key))];
  for (int group = 0; group < cluster.groups(); ++group) {
    if (gid == ShardCluster::GidOf(group)) return group;
  }
  cluster.Fail(sim::Verdict::kContract,
               absl::StrFormat("shard %d is at %d, and no such group has joined; %s", ShardOf(key),
                               gid, Shown(config)));
}

std::vector<std::string> KeysOf(ShardCluster& cluster, int group) {
  std::vector<std::string> keys;
  for (int key = 0; key < kKeys; ++key) {
    if (OwnerOf(cluster, KeyOf(key)) == group) keys.push_back(KeyOf(key));
  }
  if (!keys.empty()) return keys;
  cluster.Fail(sim::Verdict::kContract,
               absl::StrFormat("group %d has joined and has no shard: they are to be divided as "
                               "evenly as possible; %s",
                               ShardCluster::GidOf(group), Shown(cluster.Query())));
}

void MoveKey(ShardCluster& cluster, const std::string& key, int group) {
  cluster.Move(ShardOf(key), ShardCluster::GidOf(group));
}

void SleepUpTo(ShardCluster& cluster, uint64_t millis) {
  SleepMillis(static_cast<int64_t>(cluster.chance().Choose(millis, "sleep")));
}

int64_t SomeLimit(sim::World& world) {
  constexpr std::array<int64_t, 3> kLimits = {0, 1, 200};
  return kLimits[world.choices("test").Choose(kLimits.size(), "limit")];
}

// ---- Keys. ----

Keys::Keys(ShardCluster& cluster, int count, size_t value_size)
    : cluster_(cluster), values_(static_cast<size_t>(count)) {
  for (std::string& value : values_) value = cluster.NewText(value_size);
  for (int key = 0; key < count; ++key) {
    cluster.Put(kMain, KeyOf(key), values_[static_cast<size_t>(key)]);
  }
}

void Keys::Check(int count) {
  for (int key = 0; key < (count < 0 ? size() : count); ++key) CheckOne(key);
}

void Keys::CheckAndAppend() {
  for (int key = 0; key < size(); ++key) {
    CheckOne(key);
    AppendOne(key);
  }
}

int Keys::NumberOf(const std::string& key) {
  int number = 0;
  while (KeyOf(number) != key) ++number;
  return number;
}

void Keys::CheckOne(int key) {
  cluster_.CheckValue(kMain, KeyOf(key), values_[static_cast<size_t>(key)]);
}

void Keys::AppendOne(int key) {
  const std::string text = cluster_.NewText();
  values_[static_cast<size_t>(key)] += text;
  cluster_.Append(kMain, KeyOf(key), text);
}

// ---- Workers. ----

Workers::Workers(ShardCluster& cluster, const Options& options)
    : cluster_(cluster), options_(options) {
  for (int client = 1; client <= kKeys; ++client) {
    ++working_;
    sim::Go(absl::StrCat("client ", client), [this, client] {
      Work(client);
      --working_;
    });
  }
}

void Workers::Stop(absl::Duration limit) {
  stopped_ = true;
  const absl::Time end = sim::Now() + limit;
  while (working_ > 0 && sim::Now() < end) SleepMillis(5);
  if (working_ > 0) cluster_.FailForOpen("all groups that have shards are up and connected");
  for (int key = 0; key < kKeys; ++key) cluster_.Get(kMain, KeyOf(key));
}

void Workers::Work(int client) {
  while (!stopped_) {
    if (options_.shared_keys) {
      DoAnything(client);
    } else {
      cluster_.Operate(client, OperationKind::kAppend, KeyOf(client - 1), cluster_.NewText());
    }
    sim::SleepFor(options_.pause);
    // Bursts, with pauses in between.
    if (cluster_.chance().Chance(1, 4, "pause")) {
      SleepMillis(static_cast<int64_t>(cluster_.chance().Choose(200, "pause-for")));
    }
  }
}

void Workers::DoAnything(int client) {
  const std::string key = KeyOf(static_cast<int>(cluster_.chance().Choose(kKeys, "key")));
  const uint64_t what = cluster_.chance().Choose(20, "operation");
  if (what < 9) {
    cluster_.Operate(client, OperationKind::kGet, key);
  } else {
    cluster_.Operate(client, what == 9 ? OperationKind::kPut : OperationKind::kAppend, key,
                     cluster_.NewText());
  }
}

// ---- Meanwhile. ----

Meanwhile::Meanwhile(std::function<void()> what) {
  sim::Go("meanwhile", [this, what = std::move(what)] {
    while (!stopped_) what();
    ended_ = true;
  });
}

Meanwhile::~Meanwhile() {
  stopped_ = true;
  while (!ended_) SleepMillis(5);
}

}  // namespace tests
