// Part of Raftlab, under the MIT License (see LICENSE).
//
// The student's side as the judge sees it: machines that are booted, stepped and cut off from
// power.

#ifndef RAFTLAB_SIM_HOST_H_
#define RAFTLAB_SIM_HOST_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/border.h"
#include "sim/machine.h"

namespace sim {

// What all machines of a run share.
struct HostOptions {
  StrategyKind strategy = StrategyKind::kRandom;  // not kMix
  ChoiceSource source = {};
  bool logging = false;  // whether log lines are wanted
};

// The name of a stream of choices that is a node's own, in one of its lives.
inline std::string LifeStream(const BootImage& image, std::string_view kind) {
  return absl::StrCat("n", image.node, ".", image.life, "-",
                      absl::string_view(kind.data(), kind.size()));
}

class Host {
 public:
  virtual ~Host() = default;

  virtual void Boot(const BootImage& image) = 0;
  virtual void PowerOff(NodeId node) = 0;
  virtual StepResult Step(NodeId node, Nanos now, std::vector<Input> inputs) = 0;
  // For reports: every fiber of the node that has waited for `at_least`, and for what.
  virtual std::vector<std::string> DescribeFibers(NodeId node, Nanos at_least) = 0;
  // What the nodes have printed, if that did not go to this process's own output.
  virtual std::string TakePrinted() { return ""; }
};

// Machines in this very process: what students develop with. A step is a function call.
class LocalHost final : public Host {
 public:
  LocalHost(const HostOptions& options, Machine::Program program)
      : options_(options), program_(std::move(program)) {}

  // A new machine for each life: nothing of the last one is left but what the image carries.
  void Boot(const BootImage& image) override {
    std::unique_ptr<Machine>& machine = machines_[image.node];
    const auto choices = [&](std::string_view kind) {
      return Choices(options_.source, LifeStream(image, kind));
    };
    machine = std::make_unique<Machine>(
        image.node, Strategy(options_.strategy, choices("schedule")), choices("random"));
    machine->set_logging(options_.logging);
    machine->Boot(program_, image);
  }
  void PowerOff(NodeId node) override { machines_.at(node)->PowerOff(); }
  StepResult Step(NodeId node, Nanos now, std::vector<Input> inputs) override {
    return machines_.at(node)->Step(now, std::move(inputs));
  }
  std::vector<std::string> DescribeFibers(NodeId node, Nanos at_least) override {
    return machines_.at(node)->DescribeFibers(at_least);
  }

 private:
  const HostOptions options_;
  const Machine::Program program_;
  std::map<NodeId, std::unique_ptr<Machine>> machines_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_HOST_H_
