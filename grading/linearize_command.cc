// Part of Raftlab, under the MIT License (see LICENSE).

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "grading/commands.h"
#include "grading/linearize.h"
#include "grading/output_file.h"
#include "grading/plain_text.h"
#include "grading/terminal.h"

namespace grading {
namespace {

absl::StatusOr<std::string> ReadHistory(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  // A folder can be opened and not read.
  if (file && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (file.is_open() && !file.bad() && (file || file.eof())) return text.str();
  return absl::InvalidArgumentError(
      absl::StrCat(path, " cannot be read: ", std::strerror(errno), "."));
}

absl::StatusOr<Linearization> LinearizeAsTold(const LinearizeOptions& options) {
  linearizability::Limits limits{.wants_order = true};
  if (!options.max_steps.empty() &&
      (!absl::SimpleAtoi(options.max_steps, &limits.max_steps) || limits.max_steps == 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--max-steps ", options.max_steps,
                     ": how much to search is a whole number from 1 on, as in 50000000."));
  }
  const absl::StatusOr<std::string> history = ReadHistory(options.file);
  if (!history.ok()) return history.status();
  std::optional<OutputFile> page;
  if (!options.html.empty()) {
    absl::StatusOr<OutputFile> opened = OutputFile::Open("--html", options.html);
    if (!opened.ok()) return opened.status();
    page.emplace(*std::move(opened));
  }
  absl::StatusOr<Linearization> result =
      Linearize(options.file, *history, options.format, options.model, limits);
  if (result.ok() && page) {
    if (absl::Status status = page->Write(result->html); !status.ok()) return status;
  }
  return result;
}

}  // namespace

int LinearizeCommand(const LinearizeOptions& options) {
  const absl::StatusOr<Linearization> result = LinearizeAsTold(options);
  if (!result.ok()) return Complain(result.status());
  Print(PlainText(result->text));
  return result->verdict == linearizability::Verdict::kLegal ? kPassed : kFailed;
}

}  // namespace grading
