// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/simple_models.h"

#include "absl/strings/str_cat.h"

namespace linearizability {

std::optional<int64_t> RegisterModel::Step(const State& state, const Input& input,
                                           const Output* output) const {
  switch (input.kind) {
    case Input::Kind::kRead:
      if (output != nullptr && output->value != state) return std::nullopt;
      return state;
    case Input::Kind::kWrite:
      return input.value;
    case Input::Kind::kCas: {
      const bool ok = state == input.expected;
      if (output != nullptr && output->ok != ok) return std::nullopt;
      return ok ? input.value : state;
    }
  }
  return std::nullopt;
}

bool RegisterModel::IsReadOnly(const Input& input, const Output* output) const {
  return input.kind == Input::Kind::kRead ||
         (input.kind == Input::Kind::kCas && output != nullptr && !output->ok);
}

std::string RegisterModel::Call(const Input& input) const {
  switch (input.kind) {
    case Input::Kind::kRead:
      return "Read()";
    case Input::Kind::kWrite:
      return absl::StrCat("Write(", input.value, ")");
    case Input::Kind::kCas:
      return absl::StrCat("CompareAndSwap(", input.expected, ", ", input.value, ")");
  }
  return "?";
}

std::string RegisterModel::Result(const Input& input, const Output& output) const {
  switch (input.kind) {
    case Input::Kind::kRead:
      return absl::StrCat("returned ", output.value);
    case Input::Kind::kWrite:
      return "returned";
    case Input::Kind::kCas:
      return output.ok ? "succeeded" : "failed";
  }
  return "?";
}

std::optional<int64_t> CounterModel::Step(const State& state, const Input& input,
                                          const Output* output) const {
  const bool adds = input.kind == Input::Kind::kAdd;
  // Unsigned: a sum past the last number begins again at the first.
  const int64_t after =
      adds ? static_cast<int64_t>(static_cast<uint64_t>(state) + static_cast<uint64_t>(input.delta))
           : state;
  if (output != nullptr && (output->value || !adds) && output->value != after) {
    return std::nullopt;
  }
  return after;
}

std::string CounterModel::Call(const Input& input) const {
  return input.kind == Input::Kind::kRead ? "Read()" : absl::StrCat("Add(", input.delta, ")");
}

std::string CounterModel::Result(const Input&, const Output& output) const {
  return output.value ? absl::StrCat("returned ", *output.value) : "returned";
}

std::optional<QueueModel::State> QueueModel::Step(const State& state, const Input& input,
                                                  const Output* output) const {
  if (input.kind == Input::Kind::kEnqueue) {
    State after = state;
    after.push_back(input.value);
    return after;
  }
  const std::optional<int64_t> first = state.empty() ? std::nullopt : std::optional(state.front());
  if (output != nullptr && output->value != first) return std::nullopt;
  if (!first) return state;
  return State(state.begin() + 1, state.end());
}

bool QueueModel::IsReadOnly(const Input& input, const Output* output) const {
  return input.kind == Input::Kind::kDequeue && output != nullptr && !output->value;
}

Fingerprint QueueModel::Hash(const State& state) const {
  Fingerprint result = FingerprintOf(state.size());
  for (int64_t value : state) result = Combine(result, FingerprintOf(value));
  return result;
}

std::string QueueModel::Call(const Input& input) const {
  return input.kind == Input::Kind::kEnqueue ? absl::StrCat("Enqueue(", input.value, ")")
                                             : "Dequeue()";
}

std::string QueueModel::Result(const Input& input, const Output& output) const {
  if (input.kind == Input::Kind::kEnqueue) return "returned";
  return output.value ? absl::StrCat("returned ", *output.value) : "found the queue empty";
}

std::optional<LockModel::State> LockModel::Step(const State& state, const Input& input,
                                                const Output* output) const {
  const bool releases = input.kind == Input::Kind::kRelease;
  const bool ok = releases ? state.is_taken && state.owner == input.owner : !state.is_taken;
  if (output != nullptr && output->ok != ok) return std::nullopt;
  if (!ok) {
    // An Acquire waits until the lock is free.
    if (input.kind == Input::Kind::kAcquire) return std::nullopt;
    return state;
  }
  return releases ? State{} : State{.is_taken = true, .owner = input.owner};
}

std::string LockModel::Call(const Input& input) const {
  switch (input.kind) {
    case Input::Kind::kAcquire:
      return absl::StrCat("Acquire(", input.owner, ")");
    case Input::Kind::kTryAcquire:
      return absl::StrCat("TryAcquire(", input.owner, ")");
    case Input::Kind::kRelease:
      return absl::StrCat("Release(", input.owner, ")");
  }
  return "?";
}

std::string LockModel::Result(const Input& input, const Output& output) const {
  switch (input.kind) {
    case Input::Kind::kAcquire:
      return "returned";
    case Input::Kind::kTryAcquire:
      return output.ok ? "got the lock" : "found the lock taken";
    case Input::Kind::kRelease:
      return output.ok ? "gave the lock back" : "found the lock not its own";
  }
  return "?";
}

}  // namespace linearizability
