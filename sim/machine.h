// Part of Raftlab, under the MIT License (see LICENSE).
//
// A simulated machine, on the student's side of the border: its fibers, its clock, its timers. It
// has one processor: fibers take turns, and each turn costs a little virtual time.
//
// A machine knows nothing of the network or of other machines. Step() gives it inputs at a moment
// of virtual time; it runs until it is quiet and returns what it put out. The judge's own fibers
// (tests) run on a machine too.

#ifndef RAFTLAB_SIM_MACHINE_H_
#define RAFTLAB_SIM_MACHINE_H_

#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "sim/border.h"
#include "sim/choices.h"
#include "sim/fiber.h"
#include "sim/strategy.h"

namespace sim {

// What one turn of a fiber costs, one lock, and one unlock: so a loop that never sleeps still moves
// time.
inline constexpr Nanos kTurnCost = 1'000;
// A step that is not quiet after this long goes on later: others may have something to do
// meanwhile.
inline constexpr Nanos kLongestStep = 10'000'000;

class Machine {
 public:
  // What runs on it from boot on, as its first fiber.
  using Program = std::function<void(const BootImage&)>;
  // Takes what arrives. Called outside of every fiber: it may start fibers and wake them, not wait.
  using InputHandler = std::function<void(Input)>;

  // `random` is where the node's own random numbers come from.
  Machine(NodeId id, Strategy strategy, Choices random);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // The machine whose fiber runs now, or that handles its inputs now; null outside of every step.
  static Machine* Current();

  // --- What the judge's side calls. ---

  // Starts `program` with the next step. What arrives before it has returned waits until then.
  // REQUIRES: powered off.
  void Boot(Program program, BootImage image);
  // A power cut: its fibers never run again, no destructor runs, its timers and outputs are gone.
  void PowerOff();
  // Runs from `now`, or from the end of its last step if that is later, until nothing is ready.
  StepResult Step(Nanos now, std::vector<Input> inputs);
  // Whether log lines are wanted; without, sim::Log costs almost nothing.
  void set_logging(bool logging) { logging_ = logging; }
  // Every fiber that has waited for `at_least`, a sentence each; those that wait longest come
  // first.
  std::vector<std::string> DescribeFibers(Nanos at_least = 0) const;

  // --- What runs on the machine calls. ---

  NodeId id() const { return id_; }
  Nanos clock() const { return clock_; }
  bool logging() const { return logging_; }
  // A node's own random numbers.
  Choices& random() { return random_; }
  // What arrives before the program has returned waits until then.
  void set_input_handler(InputHandler handler) { input_handler_ = std::move(handler); }
  // Sends an output, stamped with the clock. Returns at once.
  void Emit(Output output);
  void Go(std::string name, std::function<void()> body);
  void Yield();
  void SleepUntil(Nanos deadline, WaitKind kind, Place place);
  // A lock is about to be taken, or has been given back: other fibers may go first.
  void AtLock();

  // Where per-machine services of the layers above keep their state (one each, for a boot's time).
  std::shared_ptr<void>& service_slot() { return service_slot_; }

  // --- For fibers, queues and the scheduler. ---

  // Suspends the calling fiber until MakeReady; the reason is for reports.
  void Suspend(WaitKind kind, Place place, const Mutex* mutex = nullptr);
  void MakeReady(Fiber* fiber);
  // Arranges that the calling fiber's next wait ends at `deadline` at the latest.
  void SetTimer(Nanos deadline);
  // The end of the calling fiber's body.
  void FinishCurrent();
  Strategy& strategy() { return strategy_; }
  bool has_ready() const { return !ready_.empty(); }

 private:
  struct Timer {
    Nanos deadline;
    uint64_t order;
    Fiber* fiber;
    uint64_t epoch;
    bool operator>(const Timer& other) const {
      return deadline != other.deadline ? deadline > other.deadline : order > other.order;
    }
  };

  void FireTimers();
  // Until none is ready, or the step's time is over.
  void RunFibers();
  void TakeInputs();
  Nanos NextTimer();
  // Takes the next fiber to run out of the ready list; null if the step is over.
  Fiber* PickNext();
  void SwitchAway();
  // Fails the run if the machine's fibers wait for each other and nothing else.
  void CheckDeadlock();

  const NodeId id_;
  Strategy strategy_;
  Choices random_;
  bool logging_ = false;
  Nanos clock_ = 0;
  Nanos step_end_ = 0;
  std::vector<Fiber*> live_;
  std::vector<Fiber*> ready_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<Timer>> timers_;
  uint64_t timer_order_ = 0;
  bool booted_ = false;  // the program has returned
  std::vector<Input> inbox_;
  std::vector<Output> outputs_;
  InputHandler input_handler_;
  std::shared_ptr<void> service_slot_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_MACHINE_H_
