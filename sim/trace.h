// Part of Raftlab, under the MIT License (see LICENSE).
//
// What happened in a run: one event a line for people, and a hash of all events for machines. The
// same seed gives the same hash, in a suite or alone, in every build.

#ifndef RAFTLAB_SIM_TRACE_H_
#define RAFTLAB_SIM_TRACE_H_

#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sim/border.h"
#include "sim/choices.h"
#include "sim/sim.h"

namespace sim {

// `   4.310s n4  VOTE  term=4 granted to n2`
std::string FormatEvent(Nanos at, NodeId node, Topic topic, std::string_view text);

class Trace {
 public:
  // Takes each line as it happens; only called while `verbose`.
  using LineSink = std::function<void(Nanos, NodeId, Topic, const std::string& line)>;

  // A verbose trace makes the lines and keeps the last of each node; a quiet one only the hash.
  void SetVerbose(bool verbose) { verbose_ = verbose; }
  bool verbose() const { return verbose_; }
  void SetLineSink(LineSink sink) { sink_ = std::move(sink); }

  // Adds an event. All but `text` goes into the hash; `text` is called only when a line is wanted.
  void Record(Nanos at, NodeId node, Topic topic, std::initializer_list<int64_t> values,
              std::string_view bytes, absl::FunctionRef<std::string()> text);
  // Adds a line that is no event: a student's own. It never changes the hash.
  void Line(Nanos at, NodeId node, Topic topic, std::string_view text);

  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }

  // The last lines of each node, merged in order of time.
  std::vector<std::string> LastLines() const;

 private:
  struct Remembered {
    uint64_t order;
    std::string line;
  };
  static constexpr size_t kLinesPerNode = 12;
  static constexpr size_t kMostLineBytes = 16 << 10;  // what is longer is cut

  bool verbose_ = false;
  LineSink sink_;
  uint64_t hash_ = 0;
  uint64_t events_ = 0;
  uint64_t lines_ = 0;
  std::map<NodeId, std::deque<Remembered>> last_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_TRACE_H_
