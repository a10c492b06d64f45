// Part of Raftlab, under the MIT License (see LICENSE).
//
// The network between the nodes, on the judge's side: it carries the requests and replies that
// nodes put out, and misbehaves on request.
//
// The model and its numbers are those of MIT's labs. A call is a request, a handler's run and a
// reply. Either message can be lost, and the caller then learns at once that no reply will come; a
// request can be late by up to 26 ms, a reply by up to 2.2 s. A call to a node that cannot be
// reached fails after a while. While a handler runs, the network looks every 100 ms whether the two
// can still reach each other.
//
// Unlike MIT's: a link is cut per direction, a reply needs the link back as well; a message that
// travels takes 50 to 500 us even on a good day, so that concurrent messages overtake each other.

#ifndef RAFTLAB_LABRPC_NETWORK_H_
#define RAFTLAB_LABRPC_NETWORK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sim/border.h"
#include "sim/choices.h"
#include "sim/world.h"

namespace labrpc {

using sim::Nanos;
using sim::NodeId;

// One remote call on its way, as oracles and directed tests see it.
struct Call {
  enum class State : uint8_t {
    kRequestSent,  // travels to the server, or is held
    kHandling,     // the server has it
    kReplySent,    // the reply travels to the caller, or is held
  };
  uint64_t id = 0;  // the network's own; unique in a run
  State state = State::kRequestSent;
  NodeId from = sim::kJudge;
  NodeId to = sim::kJudge;
  std::string method = {};  // "Raft.RequestVote"
  std::string args = {};    // labgob bytes
  std::string reply = {};   // from kReplySent on
  Nanos sent_at = 0;

  // What follows is the network's own.
  uint64_t caller_id = 0;  // what the caller calls it
  int from_incarnation = 0;
  int to_incarnation = 0;
  Nanos handed_over_at = 0;
  bool duplicate = false;  // the caller does not wait for this one
};

// How long messages take and how many are lost. Constants of MIT's labs.
struct NetworkModel {
  Nanos shortest_delay = 50'000;
  uint64_t delay_steps = 451;               // of 1 us: 50 to 500 us
  uint64_t unreliable_request_millis = 27;  // 0 to 26 ms more, if unreliable
  uint64_t loss_per_thousand = 100;         // of requests, and again of replies, if unreliable
  uint64_t reorder_of_three = 2;            // replies that come late, if reordering
  uint64_t reorder_base_millis = 200;       // by 200 + up to 2000 ms
  uint64_t reorder_span_millis = 2000;
  uint64_t unreachable_millis = 100;        // until a call to nobody fails: 0 to 99 ms
  uint64_t long_unreachable_millis = 7000;  // with long delays: 0 to 6999 ms
  uint64_t look_millis = 100;               // how often a running call's links are looked at
};

class Network {
 public:
  explicit Network(sim::World& world);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // --- Weather. All links begin connected, reliable, with short delays. ---

  void SetReliable(bool reliable) { reliable_ = reliable; }
  // Calls to unreachable nodes take up to 7 s to fail, instead of up to 0.1 s.
  void SetLongDelays(bool long_delays) { long_delays_ = long_delays; }
  // Two of three replies are 0.2 to 2.2 s late.
  void SetLongReordering(bool reordering) { long_reordering_ = reordering; }
  // So many of a thousand requests arrive twice, the second up to 1 s later.
  void SetDuplication(uint64_t per_thousand) { duplicate_per_thousand_ = per_thousand; }
  // Cuts or mends one direction between two nodes.
  void SetLink(NodeId from, NodeId to, bool up);
  bool LinkUp(NodeId from, NodeId to) const;
  NetworkModel& model() { return model_; }

  // --- Directed tests. ---

  using Filter = std::function<bool(const Call&)>;
  // Every message that matches, request or reply, stops here from now on instead of travelling
  // (`state` says which it is). One filter at a time; an empty one ends that, and leaves what is
  // held.
  void Hold(Filter filter) { hold_ = std::move(filter); }
  // What is held, in order of sending.
  std::vector<Call> Held() const;
  // Lets a held message arrive now, whatever the links are; if its receiver has crashed meanwhile,
  // the caller learns that no reply will come. False if nothing of this id is held: a reply goes
  // with the caller that crashed.
  bool Release(uint64_t id);
  // Loses a held message: the caller learns that no reply will come.
  bool Lose(uint64_t id);
  // Lets a copy of a held request arrive now, and keeps it; the copy's reply goes nowhere.
  bool Duplicate(uint64_t id);
  // Lets a copy of a request that has left arrive now, whatever became of it and whatever the links
  // are; the copy's reply goes nowhere.
  void Repeat(const Call& request) { CopyRequest(request, world_.now()); }

  // --- What nodes put out, and what the world does to them. ---

  void TakeSend(NodeId from, sim::Output& output);
  void TakeReply(NodeId from, sim::Output& output);
  // REQUIRES: called after each crash.
  void NodeCrashed(NodeId node);

  // --- Figures. ---

  // Calls made, dropped ones too; bytes of all arguments, and of the replies that arrived.
  int64_t rpcs() const { return rpcs_; }
  int64_t bytes() const { return bytes_; }
  // Calls that this node made.
  int64_t sent(NodeId node) const { return sent_[static_cast<size_t>(node)]; }
  // Requests that reached this node.
  int64_t received(NodeId node) const { return received_[static_cast<size_t>(node)]; }
  // Bytes of their arguments.
  int64_t received_bytes(NodeId node) const { return received_bytes_[static_cast<size_t>(node)]; }

  // --- For those who watch. ---

  // Called when a request leaves, when it is handed over, and when its reply leaves and arrives
  // (the call's state tells them apart; `arrived` is true for the second and the fourth).
  using Observer = std::function<void(const Call&, bool arrived)>;
  void SetObserver(Observer observer) { observer_ = std::move(observer); }

  // --- The judge's own line to a node: no network, no delay, not counted. ---

  // Calls a method of the node and waits for the reply, but not longer than `timeout`. Nothing if
  // the node is off, crashes meanwhile, or does not answer in time. From the judge's fibers only.
  std::optional<std::string> Ask(NodeId node, const std::string& method, std::string args,
                                 absl::Duration timeout);
  // Calls a method of the node and does not want the reply. From anywhere.
  void Tell(NodeId node, const std::string& method, std::string args);

 private:
  struct Question;

  size_t LinkIndex(NodeId from, NodeId to) const;
  Nanos TravelTime(const char* site);
  bool Alive(const Call& call) const;
  bool Reachable(const Call& call) const;
  // Each takes a call one step further at the time it is called.
  void SendRequest(Call call, Nanos at);
  void ArriveRequest(uint64_t id);
  void SendReply(uint64_t id, Nanos at);
  void ArriveReply(uint64_t id);
  void FailCall(uint64_t id, const char* why);
  void FailCallAt(uint64_t id, Nanos when, const char* why);
  void CopyRequest(const Call& call, Nanos when);
  // Looks at the calls that are being handled between nodes that can no longer reach each other.
  void LookAtRunningCalls();
  void Observe(const Call& call, bool arrived) {
    if (observer_) observer_(call, arrived);
  }
  void Record(sim::Topic topic, NodeId node, const Call& call, std::string_view bytes,
              const char* what);

  sim::World& world_;
  sim::Choices& choices_;
  NetworkModel model_;
  bool reliable_ = true;
  bool long_delays_ = false;
  bool long_reordering_ = false;
  uint64_t duplicate_per_thousand_ = 0;
  std::vector<bool> links_;
  Filter hold_;
  std::map<uint64_t, Call> held_;  // by id
  std::map<uint64_t, Call> calls_;
  uint64_t next_id_ = 1;
  std::map<uint64_t, Question*> questions_;
  int64_t rpcs_ = 0;
  int64_t bytes_ = 0;
  std::vector<int64_t> sent_;
  std::vector<int64_t> received_;
  std::vector<int64_t> received_bytes_;
  Observer observer_;
};

}  // namespace labrpc

#endif  // RAFTLAB_LABRPC_NETWORK_H_
