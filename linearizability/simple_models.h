// Part of Raftlab, under the MIT License (see LICENSE).
//
// The small objects: register, counter, queue, lock. Their values are numbers.

#ifndef RAFTLAB_LINEARIZABILITY_SIMPLE_MODELS_H_
#define RAFTLAB_LINEARIZABILITY_SIMPLE_MODELS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linearizability/model.h"

namespace linearizability {

// A register with compare-and-swap, 0 at first.
struct RegisterInput {
  enum class Kind { kRead, kWrite, kCas };

  Kind kind = Kind::kRead;
  int64_t value = 0;     // that kWrite and kCas write
  int64_t expected = 0;  // kCas writes only over this

  bool operator==(const RegisterInput&) const = default;
};
struct RegisterOutput {
  int64_t value = 0;  // that kRead returned
  bool ok = true;     // whether kCas wrote

  bool operator==(const RegisterOutput&) const = default;
};
class RegisterModel {
 public:
  using Input = RegisterInput;
  using Output = RegisterOutput;
  using State = int64_t;

  State Initial() const { return 0; }
  std::optional<State> Step(const State& state, const Input& input, const Output* output) const;
  bool IsReadOnly(const Input& input, const Output* output) const;
  Fingerprint Hash(const State& state) const { return FingerprintOf(state); }
  std::string Call(const Input& input) const;
  std::string Result(const Input& input, const Output& output) const;
};

// A counter, 0 at first. Add may return the sum, and need not.
struct CounterInput {
  enum class Kind { kRead, kAdd };

  Kind kind = Kind::kRead;
  int64_t delta = 0;

  bool operator==(const CounterInput&) const = default;
};
struct CounterOutput {
  std::optional<int64_t> value = {};  // a kRead always has one

  bool operator==(const CounterOutput&) const = default;
};
class CounterModel {
 public:
  using Input = CounterInput;
  using Output = CounterOutput;
  using State = int64_t;

  State Initial() const { return 0; }
  std::optional<State> Step(const State& state, const Input& input, const Output* output) const;
  bool IsReadOnly(const Input& input, const Output*) const {
    return input.kind == Input::Kind::kRead;
  }
  Fingerprint Hash(const State& state) const { return FingerprintOf(state); }
  std::string Call(const Input& input) const;
  std::string Result(const Input& input, const Output& output) const;
};

// A queue, first in, first out, without a bound.
struct QueueInput {
  enum class Kind { kEnqueue, kDequeue };

  Kind kind = Kind::kEnqueue;
  int64_t value = 0;  // that kEnqueue puts in

  bool operator==(const QueueInput&) const = default;
};
struct QueueOutput {
  std::optional<int64_t> value = {};  // that kDequeue took out; none: the queue was empty

  bool operator==(const QueueOutput&) const = default;
};
class QueueModel {
 public:
  using Input = QueueInput;
  using Output = QueueOutput;
  using State = std::vector<int64_t>;  // the oldest first

  State Initial() const { return {}; }
  std::optional<State> Step(const State& state, const Input& input, const Output* output) const;
  bool IsReadOnly(const Input& input, const Output* output) const;
  Fingerprint Hash(const State& state) const;
  std::string Call(const Input& input) const;
  std::string Result(const Input& input, const Output& output) const;
};

// A lock, free at first. Who asks for it is in the input, since one client may be many owners.
struct LockInput {
  enum class Kind { kAcquire, kTryAcquire, kRelease };

  Kind kind = Kind::kAcquire;
  int64_t owner = 0;

  bool operator==(const LockInput&) const = default;
};
struct LockOutput {
  bool ok = true;  // kTryAcquire: it was free. kRelease: the owner had it. kAcquire: true.

  bool operator==(const LockOutput&) const = default;
};
class LockModel {
 public:
  using Input = LockInput;
  using Output = LockOutput;
  struct State {
    bool is_taken = false;
    int64_t owner = 0;  // 0 if free
    bool operator==(const State&) const = default;
  };

  State Initial() const { return {}; }
  std::optional<State> Step(const State& state, const Input& input, const Output* output) const;
  bool IsReadOnly(const Input&, const Output* output) const {
    return output != nullptr && !output->ok;
  }
  Fingerprint Hash(const State& state) const {
    return Combine(FingerprintOf(state.is_taken), FingerprintOf(state.owner));
  }
  std::string Call(const Input& input) const;
  std::string Result(const Input& input, const Output& output) const;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_SIMPLE_MODELS_H_
