// Part of Raftlab, under the MIT License (see LICENSE).
//
// What checking a history costs: the fast path for Get, Put and Append, and the general search. The
// counter peak_MB is the most that the process had in memory so far, so it is exact only for a
// benchmark that runs alone (--benchmark_filter).

#include <cstdint>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "linearizability/check.h"
#include "linearizability/kv_check.h"
#include "linearizability/random_kv_history.h"
#include "linearizability/simple_models.h"

namespace {

namespace lin = linearizability;
using lin::KvHistory;
using lin::KvInput;
using lin::Report;
using lin::Verdict;

double PeakMegabytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// Ends the benchmark if the verdict is not the one that the history was made for.
template <typename CheckIt>
void TimeChecks(benchmark::State& state, size_t operations, Verdict wanted, CheckIt check) {
  const double before = PeakMegabytes();
  uint64_t steps = 0;
  for (auto _ : state) {
    const Report report = check();
    steps = report.steps;
    if (report.verdict != wanted) {
      state.SkipWithError(absl::StrCat("verdict: ", lin::VerdictName(report.verdict)).c_str());
      break;
    }
  }
  state.counters["operations"] = static_cast<double>(operations);
  state.counters["per_operation"] = benchmark::Counter(
      static_cast<double>(operations),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["steps"] = static_cast<double>(steps);
  state.counters["history_MB"] = before;
  state.counters["peak_MB"] = PeakMegabytes();
}

// clients, operations, keys, percent of appends, percent of puts
lin::KvShape ShapeOf(const benchmark::State& state) {
  lin::KvShape kv{.keys = static_cast<int>(state.range(2)),
                  .append_percent = static_cast<int>(state.range(3)),
                  .put_percent = static_cast<int>(state.range(4))};
  kv.shape = {.clients = static_cast<int>(state.range(0)),
              .operations = static_cast<int>(state.range(1)),
              .longest_ns = 2'000'000,
              .longest_pause_ns = 100'000,
              .open_percent = 0};
  return kv;
}

void BM_KeyValue(benchmark::State& state) {
  lin::Random random(1);
  const KvHistory history = lin::RandomKvHistory(ShapeOf(state), random);
  TimeChecks(state, history.size(), Verdict::kLegal, [&] { return lin::CheckKv(history); });
}
BENCHMARK(BM_KeyValue)
    ->ArgNames({"clients", "operations", "keys", "append", "put"})
    ->Args({50, 50'000, 1, 50, 5})
    ->Args({15, 100'000, 10, 90, 1})
    ->Args({15, 20'000, 15, 50, 5})
    ->Unit(benchmark::kMillisecond);

// Ten times as much each time: the time for an operation should hardly grow.
BENCHMARK(BM_KeyValue)
    ->Name("BM_KeyValueGrowth")
    ->ArgNames({"clients", "operations", "keys", "append", "put"})
    ->ArgsProduct({{15}, {1000, 10'000, 100'000, 1'000'000}, {10}, {50}, {5}})
    ->Unit(benchmark::kMillisecond);

// Texts that repeat: 40 different ones in the whole history.
void BM_KeyValueRepeats(benchmark::State& state) {
  lin::Random random(1);
  const KvHistory history =
      lin::WithTexts(lin::RandomKvHistory(ShapeOf(state), random), lin::FewTexts(40));
  TimeChecks(state, history.size(), Verdict::kLegal, [&] { return lin::CheckKv(history); });
}
BENCHMARK(BM_KeyValueRepeats)
    ->ArgNames({"clients", "operations", "keys", "append", "put"})
    ->Args({5, 2000, 10, 50, 5})
    ->Args({15, 20'000, 15, 50, 5})
    ->Unit(benchmark::kMillisecond);

// So many appends at once, and then a Get that shows them in the reverse of the order in which they
// were called.
KvHistory ReversedAppends(int64_t count, bool is_legal) {
  KvHistory history;
  std::string value;
  for (int64_t i = 0; i < count; ++i) {
    const std::string text = absl::StrCat(i, ";");
    value = text + value;
    history.push_back({.client = i,
                       .input = {KvInput::Kind::kAppend, "x", text},
                       .call_ns = i,
                       .return_ns = 1000 + i});
  }
  // A text that is not there.
  if (!is_legal) value = value.substr(value.find(';') + 1);
  history.push_back({.client = count,
                     .input = {.key = "x"},
                     .output = {value},
                     .call_ns = 3000,
                     .return_ns = 3001});
  return history;
}

void BM_ReversedAppends(benchmark::State& state) {
  const bool is_legal = state.range(1) != 0;
  const KvHistory history = ReversedAppends(state.range(0), is_legal);
  TimeChecks(state, history.size(), is_legal ? Verdict::kLegal : Verdict::kIllegal,
             [&] { return lin::CheckKv(history); });
}
BENCHMARK(BM_ReversedAppends)
    ->ArgNames({"appends", "legal"})
    ->ArgsProduct({{8, 9, 10, 11, 500}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);

// The same by the general search.
void BM_ReversedAppendsSearched(benchmark::State& state) {
  const bool is_legal = state.range(1) != 0;
  const KvHistory history = ReversedAppends(state.range(0), is_legal);
  TimeChecks(state, history.size(), is_legal ? Verdict::kLegal : Verdict::kIllegal,
             [&] { return lin::Check(lin::KvModel(), history); });
}
BENCHMARK(BM_ReversedAppendsSearched)
    ->ArgNames({"appends", "legal"})
    ->ArgsProduct({{6, 7, 8, 9}, {1}})
    ->Unit(benchmark::kMillisecond);

// clients, operations
lin::Shape SearchShape(const benchmark::State& state) {
  return {.clients = static_cast<int>(state.range(0)),
          .operations = static_cast<int>(state.range(1)),
          .longest_ns = 1000,
          .longest_pause_ns = 2000,
          .open_percent = 0};
}

// Reads, writes and compare-and-swap of the values 0 to 4, as in Jepsen's etcd tests.
void BM_Register(benchmark::State& state) {
  using Kind = lin::RegisterInput::Kind;
  lin::Domain<lin::RegisterModel> domain;
  for (int64_t i = 0; i < 5; ++i) {
    domain.inputs.push_back({.kind = Kind::kRead});
    domain.inputs.push_back({.kind = Kind::kWrite, .value = i});
    domain.inputs.push_back({.kind = Kind::kCas, .value = i, .expected = (i + 2) % 5});
    domain.outputs.push_back({.value = i, .ok = true});
    domain.outputs.push_back({.value = i, .ok = false});
  }
  lin::Random random(2);
  const auto history = lin::RandomHistory(lin::RegisterModel(), domain, SearchShape(state), random);
  TimeChecks(state, history.size(), Verdict::kLegal,
             [&] { return lin::Check(lin::RegisterModel(), history); });
}
BENCHMARK(BM_Register)
    ->ArgNames({"clients", "operations"})
    ->Args({5, 1000})
    ->Args({5, 20'000})
    ->Args({20, 1000})
    ->Unit(benchmark::kMillisecond);

void BM_Queue(benchmark::State& state) {
  using Kind = lin::QueueInput::Kind;
  lin::Domain<lin::QueueModel> domain;
  domain.outputs.push_back({});
  for (int64_t i = 0; i < 100; ++i) {
    domain.inputs.push_back({.kind = Kind::kDequeue});
    domain.inputs.push_back({.value = i});
    domain.outputs.push_back({.value = i});
  }
  lin::Random random(3);
  const auto history = lin::RandomHistory(lin::QueueModel(), domain, SearchShape(state), random);
  TimeChecks(state, history.size(), Verdict::kLegal,
             [&] { return lin::Check(lin::QueueModel(), history); });
}
BENCHMARK(BM_Queue)
    ->ArgNames({"clients", "operations"})
    ->Args({3, 1000})
    ->Args({5, 1000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
