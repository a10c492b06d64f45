// Part of Raftlab, under the MIT License (see LICENSE).
//
// The student's side as the judge sees it: machines that are booted, stepped and cut off from
// power.

#ifndef RAFTLAB_SIM_HOST_H_
#define RAFTLAB_SIM_HOST_H_

#include <memory>
#include <string>
#include <vector>

#include "sim/border.h"
#include "sim/machine.h"

namespace sim {

class Host {
 public:
  virtual ~Host() = default;

  virtual void Boot(const BootImage& image) = 0;
  virtual void PowerOff(NodeId node) = 0;
  virtual StepResult Step(NodeId node, Nanos now, std::vector<Input> inputs) = 0;
  // For reports: every fiber of the node that has waited for `at_least`, and for what.
  virtual std::vector<std::string> DescribeFibers(NodeId node, Nanos at_least) = 0;
};

// Machines in this very process: what students develop with. A step is a function call.
class LocalHost final : public Host {
 public:
  LocalHost(int nodes, StrategyKind strategy, const ChoiceSource& source, bool logging,
            Machine::Program program)
      : program_(std::move(program)) {
    for (NodeId node = 0; node < nodes; ++node) {
      machines_.push_back(std::make_unique<Machine>(node, strategy, source));
      machines_.back()->set_logging(logging);
    }
  }

  void Boot(const BootImage& image) override { machine(image.node).Boot(program_, image); }
  void PowerOff(NodeId node) override { machine(node).PowerOff(); }
  StepResult Step(NodeId node, Nanos now, std::vector<Input> inputs) override {
    return machine(node).Step(now, std::move(inputs));
  }
  std::vector<std::string> DescribeFibers(NodeId node, Nanos at_least) override {
    return machine(node).DescribeFibers(at_least);
  }

 private:
  Machine& machine(NodeId node) { return *machines_[static_cast<size_t>(node)]; }

  Machine::Program program_;
  std::vector<std::unique_ptr<Machine>> machines_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_HOST_H_
