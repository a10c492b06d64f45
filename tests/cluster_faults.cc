// Part of Raftlab, under the MIT License (see LICENSE).
//
// Cluster's finer faults, and the end of all of them.

#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/cluster.h"

namespace tests {
namespace {

// An object as it was when it was made: not all of them can be assigned.
template <class T, class... Args>
void MakeAnew(T& object, Args&&... args) {
  std::destroy_at(&object);
  std::construct_at(&object, std::forward<Args>(args)...);
}

}  // namespace

void Cluster::CutOneWay(int from, int to) {
  sim::Log(sim::Topic::kTest, "cut the way from n%d to n%d", from, to);
  cut_one_way_.insert({from, to});
  UpdateLinks();
}

void Cluster::MendOneWay(int from, int to) {
  cut_one_way_.erase({from, to});
  UpdateLinks();
}

void Cluster::Partition(const std::vector<int>& side) {
  if (!side.empty()) {
    sim::Log(sim::Topic::kTest, "partition: n%s on one side", absl::StrJoin(side, " n"));
  } else if (!side_.empty()) {
    sim::Log(sim::Topic::kTest, "no partition any more");
  }
  side_ = {side.begin(), side.end()};
  EndFault(partition_);
  partition_ = side.empty() ? "" : absl::StrCat("partition: n", absl::StrJoin(side, " n"));
  if (!partition_.empty()) BeginFault(partition_);
  UpdateLinks();
}

void Cluster::Pause(int server) {
  if (!up(server) || paused(server)) return;
  paused_[Index(server)] = true;
  ++pauses_[Index(server)];
  world_.Pause(NodeOf(server));
}

void Cluster::Resume(int server) {
  if (!paused(server)) return;
  paused_[Index(server)] = false;
  world_.Resume(NodeOf(server));
}

void Cluster::CrashAfter(int server, CrashPoint point, int k) {
  planned_crash_ = {.server = server, .point = point, .left = k};
}

void Cluster::CountTowardsCrash(int server, CrashPoint point) {
  if (planned_crash_.server != server || planned_crash_.point != point) return;
  if (--planned_crash_.left > 0) return;
  CancelCrash();
  Crash(server);
}

void Cluster::StartOver() {
  sim::Log(sim::Topic::kTest, "all start over, with empty disks");
  CancelCrash();
  for (int server = 0; server < size(); ++server) Crash(server);
  // What is on its way belongs to lives that are over, and what is held too.
  for (const labrpc::Call& call : network_.Held()) network_.Lose(call.id);
  MakeAnew(messages_, world_, size(), first_node_);
  MakeAnew(applies_, world_, size(), options_.service_config.has_value(), first_node_);
  cut_one_way_.clear();
  side_.clear();
  for (int server = 0; server < size(); ++server) {
    world_.disk(NodeOf(server)) = {};
    Boot(server);
  }
  for (int server = 0; server < size(); ++server) Connect(server);
}

int Cluster::HealMajority() {
  std::vector<int> servers(Index(size()));
  std::iota(servers.begin(), servers.end(), 0);
  for (size_t i = servers.size(); i > 1; --i) {
    std::swap(servers[i - 1], servers[chance_.Choose(i, "majority")]);
  }
  const size_t majority = servers.size() / 2 + 1;
  sim::Log(
      sim::Topic::kTest, "from now on only n%s can reach each other, on a good network",
      absl::StrJoin(servers.begin(), servers.begin() + static_cast<ptrdiff_t>(majority), " n"));
  HealAll();
  for (size_t i = majority; i < servers.size(); ++i) Disconnect(servers[i]);
  return static_cast<int>(majority);
}

void Cluster::HealAll() {
  CancelCrash();
  network_.SetReliable(true);
  network_.SetLongReordering(false);
  network_.SetDuplication(0);
  cut_one_way_.clear();
  Partition({});
  for (int server = 0; server < size(); ++server) {
    if (!up(server)) Restart(server);
    Resume(server);
    Connect(server);
  }
}

void Cluster::AwaitProgressOfMajority() {
  const int majority = HealMajority();
  AwaitAgreement(NewCommand(), {.expected = majority, .retry = true});
}

}  // namespace tests
