// Part of Raftlab, under the MIT License (see LICENSE).
//
// A history as a picture: one HTML file that needs no network and is legible without JavaScript. A
// lane a client, a bar an operation, numbers where operations take effect in a legal order, bands
// for what else was going on. The axis has a step for each moment at which something happened, so
// that all can be seen; lengths say nothing of how long it took.
//
// All texts may be hostile: what is not printable ASCII is shown as \xNN, markup as text.

#ifndef RAFTLAB_LINEARIZABILITY_VIEW_H_
#define RAFTLAB_LINEARIZABILITY_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linearizability/model.h"
#include "linearizability/report.h"

namespace linearizability {

struct ViewOperation {
  int64_t client = 0;
  std::string label = {};    // on the bar: `Get("x") returned "ab"`
  std::string details = {};  // when the bar is pointed at, beside label and times; may be empty
  int64_t call_ns = 0;
  std::optional<int64_t> return_ns = {};  // none: open
  bool is_witness = false;
  std::optional<size_t> place = {};  // in a legal order
};

// A partition, a crash: whatever lasted for a while.
struct ViewBand {
  std::string name = {};
  int64_t begin_ns = 0;
  std::optional<int64_t> end_ns = {};  // none: to the end

  bool operator==(const ViewBand&) const = default;
};

struct View {
  std::string title = {};
  std::string text = {};  // under the title; lines stay lines
  std::vector<ViewOperation> operations = {};
  std::vector<ViewBand> bands = {};
  // No legal order is in time for this operation's return.
  std::optional<size_t> culprit = {};
  // Of more operations, only culprit, witness, and what was called nearest to the culprit are
  // drawn; without a witness the first. The page says so.
  size_t most_drawn = 300;
};

std::string DrawHtml(const View& view);

// `420 ns`, `1.000000420 s`.
std::string TimeText(int64_t ns);

// The operations of a history as a report sees them. Of an illegal one those of the part that is
// illegal. The title and the bands are the caller's.
template <Model M>
View ViewOf(const M& model, const History<M>& history, const Report& report) {
  std::vector<std::optional<size_t>> place(history.size());
  for (size_t i = 0; i < report.order.size(); ++i) place[report.order[i]] = i;
  std::vector<bool> is_witness(history.size());
  for (size_t i : report.witness) is_witness[i] = true;
  View view{.text = report.explanation};
  for (size_t i = 0; i < history.size(); ++i) {
    const OperationOf<M>& op = history[i];
    if constexpr (HasParts<M>) {
      if (report.verdict == Verdict::kIllegal && model.Part(op.input) != report.part) continue;
    }
    if (report.culprit == i) view.culprit = view.operations.size();
    std::string label = model.Call(op.input);
    if (!op.is_open()) label += " " + model.Result(op.input, op.output);
    view.operations.push_back({.client = op.client,
                               .label = std::move(label),
                               .call_ns = op.call_ns,
                               .return_ns = op.return_ns,
                               .is_witness = is_witness[i],
                               .place = place[i]});
  }
  return view;
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_VIEW_H_
