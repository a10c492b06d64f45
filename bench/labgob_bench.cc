// Part of Raftlab, under the MIT License (see LICENSE).
//
// What labgob costs an RPC: encoding and decoding of the messages of Figure 2.

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "labgob/labgob.h"

namespace {

struct RequestVoteArgs {
  int64_t term = 3;
  int64_t candidate_id = 1;
  int64_t last_log_index = 1234;
  int64_t last_log_term = 2;
};
BOOST_DESCRIBE_STRUCT(RequestVoteArgs, (), (term, candidate_id, last_log_index, last_log_term))

struct LogEntry {
  int64_t term = 0;
  std::string command;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))

struct AppendEntriesArgs {
  int64_t term = 3;
  int64_t leader_id = 1;
  int64_t prev_log_index = 1234;
  int64_t prev_log_term = 2;
  std::vector<LogEntry> entries;
  int64_t leader_commit = 1230;
};
BOOST_DESCRIBE_STRUCT(AppendEntriesArgs, (),
                      (term, leader_id, prev_log_index, prev_log_term, entries, leader_commit))

// The same message as a program knows it whose author moved a field and added one: decoded by name.
namespace changed {
struct AppendEntriesArgs {
  int64_t leader_id = 0;
  int64_t term = 0;
  int64_t prev_log_index = 0;
  int64_t prev_log_term = 0;
  std::vector<LogEntry> entries;
  int64_t leader_commit = 0;
  int64_t round = 7;
};
BOOST_DESCRIBE_STRUCT(AppendEntriesArgs, (),
                      (leader_id, term, prev_log_index, prev_log_term, entries, leader_commit,
                       round))
}  // namespace changed

AppendEntriesArgs MakeAppendEntries(int64_t entries) {
  AppendEntriesArgs args;
  for (int64_t i = 0; i < entries; ++i) {
    args.entries.push_back({.term = 1 + i / 100, .command = "set x " + std::to_string(i)});
  }
  return args;
}

template <class T>
void RunEncode(benchmark::State& state, const T& value) {
  size_t bytes = 0;
  for (auto _ : state) {
    std::string message = labgob::Encode(value);
    bytes = message.size();
    benchmark::DoNotOptimize(message);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

template <class Wanted, class T>
void RunDecode(benchmark::State& state, const T& value) {
  const std::string message = labgob::Encode(value);
  for (auto _ : state) {
    absl::StatusOr<Wanted> decoded = labgob::Decode<Wanted>(message);
    if (!decoded.ok()) state.SkipWithError("the message was not decoded");
    benchmark::DoNotOptimize(decoded);
  }
}

void BM_EncodeRequestVote(benchmark::State& state) { RunEncode(state, RequestVoteArgs{}); }
void BM_DecodeRequestVote(benchmark::State& state) {
  RunDecode<RequestVoteArgs>(state, RequestVoteArgs{});
}
void BM_EncodeAppendEntries(benchmark::State& state) {
  RunEncode(state, MakeAppendEntries(state.range(0)));
}
void BM_DecodeAppendEntries(benchmark::State& state) {
  RunDecode<AppendEntriesArgs>(state, MakeAppendEntries(state.range(0)));
}
void BM_DecodeChangedAppendEntries(benchmark::State& state) {
  RunDecode<changed::AppendEntriesArgs>(state, MakeAppendEntries(state.range(0)));
}
void BM_DescribeAppendEntries(benchmark::State& state) {
  const std::string message = labgob::Encode(MakeAppendEntries(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(labgob::Describe(message));
}

BENCHMARK(BM_EncodeRequestVote);
BENCHMARK(BM_DecodeRequestVote);
BENCHMARK(BM_EncodeAppendEntries)->Arg(0)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(BM_DecodeAppendEntries)->Arg(0)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(BM_DecodeChangedAppendEntries)->Arg(0)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(BM_DescribeAppendEntries)->Arg(0)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);

}  // namespace
