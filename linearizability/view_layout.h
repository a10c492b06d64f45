// Part of Raftlab, under the MIT License (see LICENSE).
//
// What of a view is drawn, and where: steps from the left, rows from the top.

#ifndef RAFTLAB_LINEARIZABILITY_VIEW_LAYOUT_H_
#define RAFTLAB_LINEARIZABILITY_VIEW_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "linearizability/view.h"

namespace linearizability {

struct Bar {
  size_t index = 0;  // in the view
  size_t row = 0;
  size_t begin = 0;  // steps
  size_t end = 0;
  std::optional<size_t> point = {};  // where it takes effect
};

struct Lane {
  int64_t client = 0;
  size_t first_row = 0;
  size_t rows = 1;  // more if the client did several things at once
};

struct Layout {
  std::vector<Bar> operations;  // by call
  std::vector<Bar> bands;       // those that some operation met; rows of their own
  std::vector<Lane> lanes;      // by client
  size_t rows = 0;
  size_t band_rows = 0;
  std::vector<int64_t> times;  // of each step
};

Layout LayOut(const View& view);

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_VIEW_LAYOUT_H_
