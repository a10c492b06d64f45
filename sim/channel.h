// Part of Raftlab, under the MIT License (see LICENSE).
//
// sim::Channel<T>: values handed from fiber to fiber in order, as Go's channels do.
//
//   sim::Channel<int> channel;          // unbuffered: Send waits until somebody has received
//   sim::Go("producer", [&] { channel.Send(1); channel.Close(); });
//   while (std::optional<int> value = channel.Receive()) Use(*value);

#ifndef RAFTLAB_SIM_CHANNEL_H_
#define RAFTLAB_SIM_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "sim/fiber.h"
#include "sim/sim.h"

namespace sim {

template <class T>
class Channel {
 public:
  // Holds `capacity` values that nobody has received yet; with 0, Send hands over in person.
  explicit Channel(size_t capacity = 0) : capacity_(capacity) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Waits until there is room, or until the value is received if the capacity is 0. Do not hold a
  // mutex meanwhile: the receiver may need it. Returns false, and drops the value, if the channel
  // was closed before.
  bool Send(T value, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (closed_) return false;
    WarnOfHeldLocks("a channel's ", "Send", {file, line});
    const uint64_t ticket = sent_++;
    values_.push_back(std::move(value));
    receivers_.WakeOne();
    while (ticket >= received_ + capacity_ && !closed_) {
      senders_.Wait(WaitKind::kSend, {file, line});
    }
    return true;
  }

  // Waits for the next value; nothing if the channel is closed and empty.
  std::optional<T> Receive(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    while (values_.empty() && !closed_) receivers_.Wait(WaitKind::kReceive, {file, line});
    return Take();
  }

  // The same, but not longer than `timeout`; nothing if time ran out.
  std::optional<T> ReceiveFor(absl::Duration timeout, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
    const Nanos deadline = DeadlineAfter(internal::NowNanos(), timeout);
    while (values_.empty() && !closed_) {
      if (!receivers_.WaitUntil(deadline, WaitKind::kReceive, {file, line})) break;
    }
    return Take();
  }

  // The next value if there is one now; never waits.
  std::optional<T> TryReceive() { return Take(); }

  // No more values: later sends are refused, receivers get what is left and then nothing.
  void Close() {
    closed_ = true;
    receivers_.WakeAll();
    senders_.WakeAll();
  }

  size_t size() const { return values_.size(); }

 private:
  std::optional<T> Take() {
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    ++received_;
    // Only the first in line can go on, and it is not always the first to look: wake all of them.
    senders_.WakeAll();
    return value;
  }

  const size_t capacity_;
  std::deque<T> values_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  bool closed_ = false;
  WaitQueue senders_;
  WaitQueue receivers_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_CHANNEL_H_
