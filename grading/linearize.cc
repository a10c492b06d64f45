// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/linearize.h"

#include <algorithm>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/history_file.h"
#include "grading/history_json.h"
#include "grading/history_plain.h"
#include "grading/plain_text.h"
#include "linearizability/check.h"
#include "linearizability/kv_check.h"

namespace grading {
namespace {

namespace lin = linearizability;

constexpr size_t kMostLines = 40;  // of a witness

template <typename M>
lin::Report CheckHistory(const M& model, const lin::History<M>& history,
                         const lin::Limits& limits) {
  if constexpr (std::is_same_v<M, lin::KvModel>) return lin::CheckKv(history, limits);
  return lin::Check(model, history, limits);
}

// `line 3, 300 ns to 420 ns: Get("x") by client 3 returned ""`.
template <typename M>
std::string OperationLine(const M& model, const HistoryFile<M>& file, size_t i) {
  const lin::OperationOf<M>& op = file.history[i];
  return absl::StrCat("  line ", file.lines[i], ", ", lin::TimeText(op.call_ns), " to ",
                      op.return_ns ? lin::TimeText(*op.return_ns) : "no answer", ": ",
                      lin::Describe(model, op), "\n");
}

template <typename M>
std::string SizeOf(const HistoryFile<M>& file) {
  std::set<int64_t> clients;
  for (const auto& op : file.history) clients.insert(op.client);
  return absl::StrCat(Plural(static_cast<int64_t>(file.history.size()), "operation"), " by ",
                      Plural(static_cast<int64_t>(clients.size()), "client"), ", model ",
                      kModelName<M>);
}

template <typename M>
std::string IllegalText(const M& model, const HistoryFile<M>& file, const lin::Report& report) {
  std::string text = report.explanation;
  if (!text.ends_with('\n')) text += '\n';
  absl::StrAppend(&text, "\nThe witness:\n");
  const size_t hidden = report.witness.size() - std::min(report.witness.size(), kMostLines);
  if (hidden > 0) absl::StrAppend(&text, "  ", hidden, " earlier ones, and\n");
  for (size_t i = hidden; i < report.witness.size(); ++i) {
    text += OperationLine(model, file, report.witness[i]);
  }
  const std::string whose =
      lin::HasParts<M> ? absl::StrCat(" of the operations on ", lin::Quoted(report.part)) : "";
  if (report.culprit) {
    absl::StrAppend(&text, "\nThe longest prefix", whose, " that is linearizable ends at ",
                    lin::TimeText(*file.history[*report.culprit].return_ns),
                    ", right before this returned:\n", OperationLine(model, file, *report.culprit));
  } else {
    absl::StrAppend(&text, "\nHow long a prefix", whose,
                    " is linearizable was not found within the budget.\n");
  }
  return text;
}

template <typename M>
Linearization LinearizeFile(const M& model, const std::string& name, const HistoryFile<M>& file,
                            const lin::Limits& limits) {
  lin::Report report = CheckHistory(model, file.history, limits);
  Linearization result{.verdict = report.verdict};
  const std::string head =
      absl::StrCat(lin::VerdictName(report.verdict), ": ", name, " (", SizeOf(file), ")");
  switch (report.verdict) {
    case lin::Verdict::kLegal:
      result.text = head + " is linearizable\n";
      report.explanation = "There is an order that explains every answer.";
      break;
    case lin::Verdict::kIllegal:
      result.text =
          absl::StrCat(head, " is not linearizable\n\n", IllegalText(model, file, report));
      break;
    case lin::Verdict::kUnknown:
      report.explanation = absl::StrCat(
          "Whether it is linearizable is not known, so it must not be taken for legal: ",
          report.explanation, ".");
      result.text =
          absl::StrCat(head, "\n", report.explanation, " A larger --max-steps may decide it.\n");
      break;
  }
  lin::View view = lin::ViewOf(model, file.history, report);
  view.title = head;
  view.bands = file.bands;
  result.html = lin::DrawHtml(view);
  return result;
}

absl::Status NoModel(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(what, " The models are ", kModelNames, "."));
}

}  // namespace

absl::StatusOr<Linearization> Linearize(const std::string& file, std::string_view history,
                                        const std::string& format, const std::string& model,
                                        const lin::Limits& limits) {
  if (!format.empty() && format != "json" && format != "plain") {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no format ", format, "; the formats are json and plain."));
  }
  const size_t first = history.find_first_not_of(" \t\r\n");
  const bool looks_like_json = first != history.npos && history[first] == '{';
  const bool is_json = format.empty() ? looks_like_json : format == "json";
  std::string name = model;
  if (name.empty()) {
    const auto named = is_json ? ModelOfHistory(history) : ModelOfPlainHistory(history);
    if (!named) {
      return NoModel(absl::StrCat(file, " names no model in its first line, so --model must."));
    }
    name = *named;
  }
  std::optional<absl::StatusOr<Linearization>> result;
  const bool is_known = WithModel(name, [&]<typename M>(const M& it) {
    const auto parsed = is_json ? ParseHistory<M>(history) : ParsePlainHistory<M>(history);
    if (parsed.ok()) {
      result = LinearizeFile(it, file, *parsed, limits);
    } else {
      result = absl::InvalidArgumentError(absl::StrCat(file, ": ", parsed.status().message(),
                                                       "; ./lab linearize --help shows the ",
                                                       is_json ? "json" : "plain", " format."));
    }
  });
  if (!is_known) return NoModel(absl::StrCat("there is no model ", name, "."));
  return *std::move(result);
}

std::string_view HistoryFormats() {
  return R"(
A line an operation, in any order. Times are whole nanoseconds; an operation without an answer returns
at null, or -. As json, and the same as plain text; the first line may be left out with --model:

  {"schema": "raftlab-history-1", "model": "kv"}
  {"client": 1, "call": 100, "return": 250, "op": "append", "key": "x", "value": "1 7;"}
  {"client": 3, "call": 300, "return": 420, "op": "get", "key": "x", "output": "1 7;"}
  {"client": 1, "call": 500, "return": null, "op": "put", "key": "x", "value": "1 8;"}
  {"band": "partition", "begin": 240, "end": 310}

  model kv
  1 100 250 append x "1 7;"
  3 300 420 get x "1 7;"
  1 500 - put x "1 8;"
  band 240 310 partition

After client, call and return comes, in plain text without the names:

  kv            op: get, key, output; or op: put or append, key, value
  versioned-kv  op: get, key, outcome: ok, output, version, or outcome: no_key;
                or op: put, key, value, version, outcome: ok, no_key, version or maybe
  register      op: read, output; op: write, value; or op: cas, expected, value, ok: true or false
  counter       op: read, output; or op: add, delta, output (or null)
  queue         op: enqueue, value; or op: dequeue, output (null if the queue was empty)
  lock          op: acquire, owner; or op: try_acquire or release, owner, ok: true or false

Of an operation without an answer leave out what it returned: output, outcome, version of a get, ok.
Exit code: 0 linearizable, 1 not, or not known, 2 a wrong command line or file.)";
}

}  // namespace grading
