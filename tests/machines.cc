// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/machines.h"

#include <algorithm>
#include <utility>

#include "tests/host.h"

namespace tests {
namespace {

// Gives the world its nodes before the network, which counts them, is made.
sim::World& WithNodes(sim::World& world, int count) {
  world.AddNodes(MakeHost(world), count);
  return world;
}

}  // namespace

Machines::Machines(sim::World& world, int count)
    : world_(WithNodes(world, count)), network_(world) {
  world_.SetOutputHandler(
      [this](sim::NodeId node, sim::Output& output) { HandleOutput(node, output); });
  network_.SetObserver([this](const labrpc::Call& call, bool arrived) {
    if (watch_) watch_(call, arrived);
    const Owner* const caller = OwnerOf(call.from);
    const Owner* const server = OwnerOf(call.to);
    if (caller == nullptr || server == nullptr) return;
    if (caller == server) return caller->message(call, arrived);
    const bool is_reply = call.state == labrpc::Call::State::kReplySent;
    if (!arrived) (is_reply ? server : caller)->left();
  });
}

const Machines::Owner* Machines::OwnerOf(sim::NodeId node) const {
  const auto owner = std::ranges::find_if(owners_, [node](const Owner& candidate) {
    return node >= candidate.first && node < candidate.first + candidate.count;
  });
  return owner != owners_.end() ? &*owner : nullptr;
}

void Machines::HandleOutput(sim::NodeId node, sim::Output& output) {
  if (output.kind == sim::Output::Kind::kSend) network_.TakeSend(node, output);
  if (output.kind == sim::Output::Kind::kReply) network_.TakeReply(node, output);
  if (const Owner* const owner = OwnerOf(node)) owner->output(node, output);
}

}  // namespace tests
