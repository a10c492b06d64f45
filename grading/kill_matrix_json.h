// Part of Raftlab, under the MIT License (see LICENSE).
//
// The results of the zoo as JSON: each mutant's own file, by which a run goes on where it stopped
// (schema raftlab-mutant-1), and all of them with what follows (schema raftlab-mutants-1).

#ifndef RAFTLAB_GRADING_KILL_MATRIX_JSON_H_
#define RAFTLAB_GRADING_KILL_MATRIX_JSON_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/kill_matrix.h"

namespace grading {

std::string MutantJson(const MutantResult& result);
absl::StatusOr<MutantResult> MutantFromJson(std::string_view text);

std::string KillMatrixJson(const std::vector<Test>& tests, const std::vector<ZooEntry>& zoo);

}  // namespace grading

#endif  // RAFTLAB_GRADING_KILL_MATRIX_JSON_H_
