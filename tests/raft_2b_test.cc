// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2B: log replication. Sections 5.3 and 5.4.
//
// Unlike MIT's tests, nothing here expects particular indices: a Raft may put entries of its own
// between commands (a no-op at the start of a term), as long as it delivers them as such.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/mutex.h"
#include "tests/cluster.h"
#include "tests/registry.h"
#include "tests/swarm.h"

namespace tests {
namespace {

using sim::Verdict;

// Indices that commands got one after the other: each is larger than the one before, and what lies
// between are the Raft's own entries.
class IndexOrder {
 public:
  explicit IndexOrder(Cluster& cluster) : cluster_(cluster) {}

  void Add(int64_t index) {
    if (index <= last_) {
      cluster_.Fail(
          Verdict::kSafety,
          absl::StrFormat("a command got index %d, and a later one index %d; an index is given "
                          "once, in the order of the log",
                          last_, index));
    }
    last_ = index;
  }

 private:
  Cluster& cluster_;
  int64_t last_ = 0;
};

// The leader's answer to a command that it must accept.
raft::StartReply MustStart(Cluster& cluster, int leader, const std::string& command) {
  const auto reply = cluster.Start(leader, command);
  if (!reply.has_value() || !reply->is_leader) {
    cluster.Fail(
        Verdict::kContract,
        absl::StrFormat("n%d says that it leads, and Start(\"%s\") on it is refused; a leader "
                        "takes commands even if it cannot reach the others",
                        leader, command));
  }
  return *reply;
}

LAB_TEST(Raft2B, BasicAgree, "three servers agree on three commands, and apply none before") {
  Cluster cluster(world, {.servers = 3});
  IndexOrder order(cluster);
  for (const char* command : {"100", "200", "300"}) {
    const int64_t before = cluster.last_committed();
    const int64_t index = cluster.AwaitAgreement(command, {.expected = 3});
    order.Add(index);
    if (index <= before) {
      cluster.Fail(Verdict::kSafety,
                   absl::StrFormat("index %d was applied before its command was given", index));
    }
  }
}

LAB_TEST(Raft2B, RPCBytes, "each command is sent to each peer about once") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement("99", {.expected = 3});
  const int64_t before = cluster.network().bytes();

  constexpr int kCommands = 10;
  constexpr int kSize = 5000;
  IndexOrder order(cluster);
  for (int i = 0; i < kCommands; ++i) {
    std::string command(kSize, ' ');
    for (char& c : command) c = static_cast<char>('a' + cluster.chance().Choose(26, "letter"));
    order.Add(cluster.AwaitAgreement(command, {.expected = 3}));
  }

  const int64_t sent = cluster.network().bytes() - before;
  const int64_t allowed = int64_t{3} * kCommands * kSize + 50'000;
  if (sent > allowed) {
    cluster.Fail(
        Verdict::kBudget,
        absl::StrFormat("%d bytes were sent for %d commands of %d bytes to 2 followers; wanted at "
                        "most %d, about one copy per follower. Is an entry sent again before its "
                        "reply had time to come, or the whole log each time?",
                        sent, kCommands, kSize, allowed));
  }
}

LAB_TEST(Raft2B, RPCBytesAfterElection, "a new leader begins at the end of the followers' logs") {
  Cluster cluster(world, {.servers = 3});
  constexpr int kCommands = 20;
  constexpr int kSize = 5000;
  for (int i = 0; i < kCommands; ++i) {
    cluster.AwaitAgreement(cluster.NewCommand() + std::string(kSize, 'x'), {.expected = 3});
  }
  // What goes to the old leader, which cannot be reached, is not counted.
  const int old_leader = cluster.AwaitOneLeader();
  const auto received = [&] {
    return cluster.network().received_bytes(cluster.After(old_leader)) +
           cluster.network().received_bytes(cluster.After(old_leader, 2));
  };
  const int64_t before = received();

  cluster.Disconnect(old_leader);
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 2, .retry = true});

  const int64_t sent = received() - before;
  constexpr int64_t kAllowed = 50'000;
  if (sent > kAllowed) {
    cluster.Fail(
        Verdict::kBudget,
        absl::StrFormat(
            "two servers sent each other %d bytes to elect a leader and to agree on one short "
            "command, though both had the same %d commands of %d bytes before; wanted at most %d. "
            "next_index begins one past the new leader's last entry, and moves back only where a "
            "follower refuses (Figure 2; section 5.3)",
            sent, kCommands, kSize, kAllowed));
  }
}

LAB_TEST(Raft2B, FollowerFailure, "a leader that lost its followers one by one commits no more") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement("101", {.expected = 3});

  const int leader1 = cluster.AwaitOneLeader();
  cluster.Disconnect(cluster.After(leader1));
  cluster.AwaitAgreement("102", {.expected = 2});
  SleepMillis(1000);
  cluster.AwaitAgreement("103", {.expected = 2});

  const int leader2 = cluster.AwaitOneLeader();
  cluster.Disconnect(cluster.After(leader2));
  cluster.Disconnect(cluster.After(leader2, 2));
  const int64_t index = MustStart(cluster, leader2, "104").index;
  SleepMillis(2000);
  cluster.CheckNothingAppliedFrom(index, "only the leader has that entry (section 5.3)");
}

LAB_TEST(Raft2B, LeaderFailure, "after two leaders are lost the one server left commits no more") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement("101", {.expected = 3});

  cluster.Disconnect(cluster.AwaitOneLeader());
  cluster.AwaitAgreement("102", {.expected = 2});
  SleepMillis(1000);
  cluster.AwaitAgreement("103", {.expected = 2});

  cluster.Disconnect(cluster.AwaitOneLeader());
  SleepMillis(100);  // a reply that was on its way may still commit an entry of the leader's own
  const int64_t last = cluster.last_committed();
  for (int server = 0; server < cluster.size(); ++server) cluster.Start(server, "104");
  SleepMillis(2000);
  cluster.CheckNothingAppliedFrom(last + 1, "no two servers can reach each other");
}

LAB_TEST(Raft2B, FailAgree, "a follower that returns catches up") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement("101", {.expected = 3});

  const int follower = cluster.After(cluster.AwaitOneLeader());
  cluster.Disconnect(follower);
  cluster.AwaitAgreement("102", {.expected = 2});
  cluster.AwaitAgreement("103", {.expected = 2});
  SleepMillis(1000);
  cluster.AwaitAgreement("104", {.expected = 2});
  cluster.AwaitAgreement("105", {.expected = 2});

  cluster.Connect(follower);
  cluster.AwaitAgreement("106", {.expected = 3, .retry = true});
  SleepMillis(1000);
  cluster.AwaitAgreement("107", {.expected = 3, .retry = true});
}

LAB_TEST(Raft2B, FailNoAgree,
         "without a majority nothing is committed, and afterwards all goes on") {
  Cluster cluster(world, {.servers = 5});
  const int64_t first = cluster.AwaitAgreement("10", {.expected = 5});

  const int leader = cluster.AwaitOneLeader();
  for (int steps = 1; steps <= 3; ++steps) cluster.Disconnect(cluster.After(leader, steps));
  const int64_t index = MustStart(cluster, leader, "20").index;
  if (index <= first) {
    cluster.Fail(Verdict::kSafety,
                 absl::StrFormat("the next command after index %d got index %d", first, index));
  }
  SleepMillis(2000);
  cluster.CheckNothingAppliedFrom(index, "only two of five servers can have that entry");

  for (int steps = 1; steps <= 3; ++steps) cluster.Connect(cluster.After(leader, steps));
  // The majority that was cut off may have elected a leader of its own, whose log lacks "20".
  const int leader2 = cluster.AwaitOneLeader();
  const int64_t index2 = MustStart(cluster, leader2, "30").index;
  if (index2 <= first) {
    cluster.Fail(Verdict::kSafety,
                 absl::StrFormat("a committed index, %d, was given again", index2));
  }
  cluster.AwaitAgreement("1000", {.expected = 5, .retry = true});
}

// Several commands given to one leader at the same moment. False if its term ended meanwhile.
bool StartsAtOnceAreCommitted(Cluster& cluster) {
  constexpr int kStarts = 5;
  const int leader = cluster.AwaitOneLeader();
  const auto first = cluster.Start(leader, "1");
  if (!first.has_value() || !first->is_leader) return false;

  std::vector<int64_t> indices;
  int running = kStarts;
  bool same_term = true;
  sim::WaitQueue ended;
  for (int i = 0; i < kStarts; ++i) {
    sim::Go(absl::StrCat("client ", i), [&, i] {
      const auto reply = cluster.Start(leader, absl::StrCat(100 + i));
      if (reply.has_value() && reply->is_leader && reply->term == first->term) {
        indices.push_back(reply->index);
      } else {
        same_term = false;
      }
      --running;
      ended.WakeAll();
    });
  }
  while (running > 0) ended.Wait(sim::WaitKind::kJudge, {__FILE__, __LINE__});
  if (!same_term) return false;

  std::vector<std::string> commands;
  for (const int64_t index : indices) {
    const auto command = cluster.AwaitApplied(index, cluster.size(), first->term);
    if (!command.has_value()) return false;
    commands.push_back(*command);
  }
  for (int i = 0; i < kStarts; ++i) {
    const std::string wanted = absl::StrCat(100 + i);
    if (std::find(commands.begin(), commands.end(), wanted) == commands.end()) {
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat("\"%s\" was accepted by the leader, whose term has not ended, and is at "
                          "none of the indices that it gave",
                          wanted));
    }
  }
  return true;
}

LAB_TEST(Raft2B, ConcurrentStarts, "commands given at the same moment are all committed") {
  Cluster cluster(world, {.servers = 3});
  for (int tries = 0; tries < 5; ++tries) {
    if (tries > 0) SleepMillis(3000);  // let the cluster settle
    if (StartsAtOnceAreCommitted(cluster)) return;
  }
  cluster.Fail(Verdict::kLiveness,
               "in none of 5 tries, on a good network, did one leader's term last "
               "long enough to commit 5 commands");
}

LAB_TEST(Raft2B, Bursts, "the last command of a burst is applied, though none follows") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  for (int burst = 0; burst < 40; ++burst) {
    const int leader = cluster.AwaitOneLeader();
    for (size_t more = cluster.chance().Choose(4, "burst"); more > 0; --more) {
      cluster.Start(leader, cluster.NewCommand());
      sim::SleepFor(absl::Microseconds(static_cast<int64_t>(cluster.chance().Choose(3000, "gap"))));
    }
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = false});
  }
}

LAB_TEST(Raft2B, CatchUp, "a follower that was away for hundreds of commands gets them all") {
  constexpr int kMany = 400;
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  for (int round = 0; round < 3; ++round) {
    const int leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(leader);
    cluster.Disconnect(follower);
    for (int i = 0; i < kMany; ++i) cluster.Start(leader, cluster.NewCommand());
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 2, .retry = true});
    cluster.Connect(follower);
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  }
}

LAB_TEST(Raft2B, Rejoin, "a leader that was cut off gives up its own entries when it returns") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement("101", {.expected = 3, .retry = true});

  const int leader1 = cluster.AwaitOneLeader();
  cluster.Disconnect(leader1);
  for (const char* command : {"102", "103", "104"}) cluster.Start(leader1, command);
  cluster.AwaitAgreement("103b", {.expected = 2, .retry = true});

  const int leader2 = cluster.AwaitOneLeader();
  cluster.Disconnect(leader2);
  cluster.Connect(leader1);
  cluster.AwaitAgreement("104b", {.expected = 2, .retry = true});
  cluster.Connect(leader2);
  cluster.AwaitAgreement("105", {.expected = 3, .retry = true});
}

LAB_TEST(Raft2B, Backup, "long diverging logs are brought back into line fast") {
  constexpr int kMany = 50;
  Cluster cluster(world, {.servers = 5});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});

  // A leader and one follower gather many entries that cannot be committed.
  const int leader1 = cluster.AwaitOneLeader();
  for (int steps = 2; steps <= 4; ++steps) cluster.Disconnect(cluster.After(leader1, steps));
  for (int i = 0; i < kMany; ++i) cluster.Start(leader1, cluster.NewCommand());
  SleepMillis(500);

  // The other three commit many.
  cluster.Disconnect(leader1);
  cluster.Disconnect(cluster.After(leader1));
  for (int steps = 2; steps <= 4; ++steps) cluster.Connect(cluster.After(leader1, steps));
  for (int i = 0; i < kMany; ++i) {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  }

  // Their leader, with one of them, gathers many more that cannot be committed.
  const int leader2 = cluster.AwaitOneLeader();
  int other = cluster.After(leader1, 2);
  if (other == leader2) other = cluster.After(leader2);
  cluster.Disconnect(other);
  for (int i = 0; i < kMany; ++i) cluster.Start(leader2, cluster.NewCommand());
  SleepMillis(500);

  // The first pair and the one that was left out, which has the newest log of the three.
  for (int server = 0; server < cluster.size(); ++server) cluster.Disconnect(server);
  cluster.Connect(leader1);
  cluster.Connect(cluster.After(leader1));
  cluster.Connect(other);
  for (int i = 0; i < kMany; ++i) {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  }

  for (int server = 0; server < cluster.size(); ++server) cluster.Connect(server);
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});
}

// Ten commands, and what they cost. False if the leader's term ended meanwhile.
bool CommandsAreCheap(Cluster& cluster) {
  constexpr int kCommands = 10;
  const int leader = cluster.AwaitOneLeader();
  const int64_t before = cluster.TotalReceivedRpcs();

  const auto first = cluster.Start(leader, "1");
  if (!first.has_value() || !first->is_leader) return false;
  std::vector<std::string> commands;
  int64_t last = first->index;
  for (int i = 1; i < kCommands + 2; ++i) {
    commands.push_back(cluster.NewCommand());
    const auto reply = cluster.Start(leader, commands.back());
    if (!reply.has_value() || !reply->is_leader || reply->term != first->term) return false;
    if (reply->index != last + 1) {
      cluster.Fail(
          Verdict::kContract,
          absl::StrFormat("two commands given one after the other to the leader of term %d got "
                          "the indices %d and %d; wanted consecutive ones",
                          first->term, last, reply->index));
    }
    last = reply->index;
  }
  for (int i = 1; i <= kCommands; ++i) {
    const auto command = cluster.AwaitApplied(first->index + i, cluster.size(), first->term);
    if (!command.has_value()) return false;
    if (*command != commands[static_cast<size_t>(i - 1)]) {
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat("\"%s\" was applied at index %d, where the leader had put \"%s\"",
                          *command, first->index + i, commands[static_cast<size_t>(i - 1)]));
    }
  }
  for (int server = 0; server < cluster.size(); ++server) {
    const auto state = cluster.GetState(server);
    if (state.has_value() && state->term != first->term) return false;
  }

  const int64_t used = cluster.TotalReceivedRpcs() - before;
  const int64_t allowed = (kCommands + 1 + 3) * 3;
  if (used > allowed) {
    cluster.Fail(Verdict::kBudget,
                 absl::StrFormat("%d RPCs for %d commands on 3 servers; wanted at most %d", used,
                                 kCommands, allowed));
  }
  return true;
}

LAB_TEST(Raft2B, Count, "elections, commands and idling cost few RPCs") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitOneLeader();
  const int64_t election = cluster.TotalReceivedRpcs();
  if (election < 1 || election > 30) {
    cluster.Fail(
        Verdict::kBudget,
        absl::StrFormat("%d RPCs until the first leader was seen; wanted 1 to 30", election));
  }
  bool cheap = false;
  for (int tries = 0; tries < 5 && !cheap; ++tries) {
    if (tries > 0) SleepMillis(3000);
    cheap = CommandsAreCheap(cluster);
  }
  if (!cheap) {
    cluster.Fail(Verdict::kLiveness,
                 "in none of 5 tries, on a good network, did one leader's term last "
                 "long enough to commit 10 commands");
  }
  const int64_t before = cluster.TotalReceivedRpcs();
  SleepMillis(1000);
  const int64_t idle = cluster.TotalReceivedRpcs() - before;
  if (idle > 3 * 20) {
    cluster.Fail(
        Verdict::kBudget,
        absl::StrFormat("%d RPCs in 1 s without a command; wanted at most %d", idle, 3 * 20));
  }
}

LAB_TEST(Raft2B, AnySize,
         "clusters of one to seven servers, by seed, agree while a majority is there") {
  const int servers = 1 + static_cast<int>(world.options().seed % 7);
  Cluster cluster(world, {.servers = servers});
  cluster.AwaitAgreement("1", {.expected = servers});
  cluster.AwaitAgreement("2", {.expected = servers});

  const int minority = (servers - 1) / 2;
  const int leader = cluster.AwaitOneLeader();
  for (int steps = 0; steps < minority; ++steps) cluster.Disconnect(cluster.After(leader, steps));
  cluster.AwaitAgreement("3", {.expected = servers - minority, .retry = true});
  for (int steps = 0; steps < minority; ++steps) cluster.Connect(cluster.After(leader, steps));
  cluster.AwaitAgreement("4", {.expected = servers, .retry = true});
}

LAB_TEST(Raft2B, Swarm, "commands are agreed on under weather that each seed draws anew") {
  RunSwarm(world, {});
}

}  // namespace
}  // namespace tests
