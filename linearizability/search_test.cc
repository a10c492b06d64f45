// Part of Raftlab, under the MIT License (see LICENSE).
//
// The general search against the definition, on thousands of tiny random histories of each model;
// and its budgets, orders and witnesses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "linearizability/brute_force.h"
#include "linearizability/check.h"
#include "linearizability/kv_model.h"
#include "linearizability/random_history.h"
#include "linearizability/simple_models.h"
#include "linearizability/versioned_kv_model.h"

namespace linearizability {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

template <typename M>
std::string AsText(const M& model, const History<M>& history) {
  std::string text;
  for (const auto& op : history) {
    absl::StrAppend(&text, Describe(model, op), " [", op.call_ns, ", ",
                    op.return_ns ? absl::StrCat(*op.return_ns) : "open", "]\n");
  }
  return text;
}

// Does the order use each operation once, keep to real time, and explain every answer?
template <typename M>
bool IsLegalOrder(const M& model, const History<M>& history, const std::vector<size_t>& order,
                  size_t culprit) {
  auto state = model.Initial();
  const int64_t end_ns = *history[culprit].return_ns;
  std::vector<bool> done(history.size());
  for (size_t i : order) {
    if (done[i]) return false;
    for (size_t j = 0; j < history.size(); ++j) {
      const auto& returned = history[j].return_ns;
      if (!done[j] && returned && *returned < history[i].call_ns) return false;
    }
    done[i] = true;
    const auto& returned = history[i].return_ns;
    const bool is_open = !returned || *returned >= end_ns;
    const auto after = model.Step(state, history[i].input, is_open ? nullptr : &history[i].output);
    if (!after) return false;
    state = *after;
  }
  for (size_t j = 0; j < history.size(); ++j) {
    if (!done[j] && history[j].return_ns && *history[j].return_ns < end_ns &&
        !model.IsReadOnly(history[j].input, &history[j].output)) {
      return false;
    }
  }
  return true;
}

// What the report calls a witness must be illegal even if the rest may happen at any time.
template <typename M>
bool IsWitness(const M& model, History<M> history, const std::vector<size_t>& witness) {
  for (size_t i = 0; i < history.size(); ++i) {
    if (std::find(witness.begin(), witness.end(), i) != witness.end()) continue;
    history[i].call_ns = std::numeric_limits<int64_t>::min();
    history[i].return_ns.reset();
  }
  return !IsLinearizable(model, history);
}

template <typename M>
void CompareWithDefinition(const M& model, const Domain<M>& domain, int runs, Shape shape) {
  Random random(7);
  int illegal = 0;
  for (int run = 0; run < runs; ++run) {
    shape.wrong_percent = run % 3 * 15;
    shape.clients = 1 + Draw(random, 5);
    const History<M> history = RandomHistory(model, domain, shape, random);
    const bool expected = IsLinearizable(model, history);
    const Report report = Check(model, history);
    ASSERT_EQ(report.verdict, expected ? Verdict::kLegal : Verdict::kIllegal)
        << AsText(model, history) << report.explanation;
    // With next to no memory, the same.
    const Report forgetful = Check(model, history, {.max_cache_bytes = run % 2 == 0 ? 0u : 1024u});
    ASSERT_EQ(forgetful.verdict, report.verdict) << AsText(model, history);
    if (expected) continue;
    ++illegal;
    ASSERT_TRUE(IsLegalOrder(model, history, report.order, *report.culprit))
        << AsText(model, history);
    ASSERT_TRUE(IsWitness(model, history, report.witness))
        << AsText(model, history) << report.explanation;
    ASSERT_NE(report.explanation, "");
  }
  // The comparison has seen both.
  EXPECT_GT(illegal, runs / 20);
  EXPECT_LT(illegal, runs * 19 / 20);
}

Domain<RegisterModel> Registers() {
  using Kind = RegisterInput::Kind;
  Domain<RegisterModel> domain;
  for (int64_t i = 0; i < 3; ++i) {
    domain.inputs.push_back({.kind = Kind::kRead});
    domain.inputs.push_back({.kind = Kind::kWrite, .value = i});
    domain.inputs.push_back({.kind = Kind::kCas, .value = i, .expected = (i + 1) % 3});
    domain.outputs.push_back({.value = i, .ok = true});
    domain.outputs.push_back({.value = i, .ok = false});
  }
  return domain;
}

Domain<QueueModel> Queues() {
  Domain<QueueModel> domain{
      .inputs = {{.kind = QueueInput::Kind::kDequeue}, {.kind = QueueInput::Kind::kDequeue}},
      .outputs = {{}}};
  for (int64_t i = 0; i < 3; ++i) {
    domain.inputs.push_back({.kind = QueueInput::Kind::kEnqueue, .value = i});
    domain.outputs.push_back({.value = i});
  }
  return domain;
}

TEST(Search, AgreesWithTheDefinitionOnRegisters) {
  CompareWithDefinition(RegisterModel(), Registers(), 4000, {.operations = 7});
}

// The same object without a fingerprint of its states, so that they are compared.
class PlainRegister : public RegisterModel {
 public:
  Fingerprint Hash(const State&) const = delete;
};
static_assert(Model<PlainRegister> && !HasHash<PlainRegister> && HasHash<RegisterModel>);

TEST(Search, AgreesWithTheDefinitionWithoutAHash) {
  const Domain<RegisterModel> domain = Registers();
  CompareWithDefinition(PlainRegister(), {domain.inputs, domain.outputs}, 2000, {.operations = 7});
}

TEST(Search, AgreesWithTheDefinitionOnCounters) {
  using Kind = CounterInput::Kind;
  Domain<CounterModel> domain{.inputs = {{.kind = Kind::kRead},
                                         {.kind = Kind::kAdd, .delta = 1},
                                         {.kind = Kind::kAdd, .delta = 2},
                                         {.kind = Kind::kRead}},
                              .outputs = {{}}};
  for (int64_t i = 0; i < 14; ++i) domain.outputs.push_back({.value = i});
  CompareWithDefinition(CounterModel(), domain, 3000, {.operations = 7});
}

TEST(Search, AgreesWithTheDefinitionOnQueues) {
  CompareWithDefinition(QueueModel(), Queues(), 3000, {.operations = 7});
}

TEST(Search, AgreesWithTheDefinitionOnLocks) {
  using Kind = LockInput::Kind;
  Domain<LockModel> domain{.outputs = {{.ok = true}, {.ok = false}}};
  for (int64_t owner = 0; owner < 2; ++owner) {
    for (Kind kind : {Kind::kAcquire, Kind::kTryAcquire, Kind::kRelease}) {
      domain.inputs.push_back({.kind = kind, .owner = owner});
    }
  }
  CompareWithDefinition(LockModel(), domain, 3000, {.operations = 7});
}

TEST(Search, AgreesWithTheDefinitionOnVersionedKeys) {
  using Kind = VersionedKvInput::Kind;
  using Outcome = VersionedKvOutput::Outcome;
  Domain<VersionedKvModel> domain{.inputs = {{.kind = Kind::kGet}, {.kind = Kind::kGet}},
                                  .outputs = {{.outcome = Outcome::kNoKey},
                                              {.outcome = Outcome::kVersion},
                                              {.outcome = Outcome::kMaybe},
                                              {.outcome = Outcome::kOk}}};
  for (uint64_t version = 0; version < 3; ++version) {
    for (const char* value : {"a", "b"}) {
      domain.inputs.push_back({.kind = Kind::kPut, .value = value, .version = version});
      domain.outputs.push_back({.value = value, .version = version + 1});
    }
  }
  CompareWithDefinition(VersionedKvModel(), domain, 4000, {.operations = 7});
}

TEST(Search, AgreesWithTheDefinitionOnStrings) {
  using Kind = KvInput::Kind;
  Domain<KvModel> domain{.inputs = {{.kind = Kind::kGet}, {.kind = Kind::kGet}},
                         .outputs = {{""}, {"a"}, {"b"}, {"ab"}, {"ba"}, {"aa"}, {"aba"}}};
  for (const char* value : {"", "a", "b"}) {
    domain.inputs.push_back({.kind = Kind::kPut, .value = value});
    domain.inputs.push_back({.kind = Kind::kAppend, .value = value});
  }
  CompareWithDefinition(KvModel(), domain, 4000, {.operations = 7});
}

TEST(Search, ALongHistoryIsLegalAndOneWrongAnswerInItIsFound) {
  Random random(3);
  History<RegisterModel> history =
      RandomHistory(RegisterModel(), Registers(),
                    {.clients = 6, .operations = 20'000, .open_percent = 0}, random);
  const Report legal = Check(RegisterModel(), history);
  EXPECT_EQ(legal.verdict, Verdict::kLegal) << legal.explanation;
  for (auto& op : history) {
    if (op.input.kind != RegisterInput::Kind::kRead || op.call_ns < 5000) continue;
    op.output.value = 99;
    break;
  }
  const Report report = Check(RegisterModel(), history);
  EXPECT_EQ(report.verdict, Verdict::kIllegal);
  EXPECT_EQ(report.witness.size(), 1u);
  EXPECT_THAT(report.explanation, HasSubstr("returned 99, which cannot be"));
  EXPECT_GT(report.order.size(), 5000u);
}

// k writes at once, and then what cannot be read: all their orders must be tried.
History<KvModel> ManyOrders(int k) {
  History<KvModel> history;
  for (int i = 0; i < k; ++i) {
    history.push_back({.client = i,
                       .input = {KvInput::Kind::kAppend, "x", std::string(1, 'a' + i)},
                       .call_ns = 0,
                       .return_ns = 10});
  }
  history.push_back({.client = k,
                     .input = {KvInput::Kind::kGet, "x", ""},
                     .output = {"?"},
                     .call_ns = 20,
                     .return_ns = 30});
  return history;
}

TEST(Search, ABudgetThatRunsOutIsSaidAndIsNotLegal) {
  const Report report = Check(KvModel(), ManyOrders(9), {.max_steps = 1000});
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  EXPECT_THAT(report.explanation, HasSubstr("the budget of 1000 steps ran out"));
  EXPECT_EQ(report.steps, 1000u);
}

TEST(Search, AnEasyKeyThatIsIllegalIsFoundBesideAHardOne) {
  History<KvModel> history = ManyOrders(11);
  for (int i = 0; i < 100; ++i) {
    history.push_back({.client = 77,
                       .input = {KvInput::Kind::kGet, "y", ""},
                       .output = {i == 50 ? "?" : ""},
                       .call_ns = 40 + 2 * i,
                       .return_ns = 41 + 2 * i});
  }
  const Report report = Check(KvModel(), history, {.max_steps = 20'000});
  EXPECT_EQ(report.verdict, Verdict::kIllegal);
  EXPECT_EQ(report.part, "y");
}

TEST(Search, WhatIsNoHistoryIsRefused) {
  History<KvModel> history = ManyOrders(1);
  history[1].return_ns = 5;
  const Report report = Check(KvModel(), history);
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  EXPECT_THAT(report.explanation, HasSubstr("operation 1 returns before it is called"));
}

TEST(Search, AWitnessOfManyOperationsIsShownByItsEnd) {
  History<QueueModel> history;
  for (int64_t i = 0; i < 20; ++i) {
    history.push_back(
        {.client = 1, .input = {.value = i}, .call_ns = 2 * i, .return_ns = 2 * i + 1});
  }
  for (int64_t i = 0; i < 20; ++i) {
    history.push_back({.client = 2,
                       .input = {QueueInput::Kind::kDequeue},
                       .output = {i == 19 ? std::nullopt : std::optional(i)},
                       .call_ns = 100 + 2 * i,
                       .return_ns = 101 + 2 * i});
  }
  const Report report = Check(QueueModel(), history);
  EXPECT_EQ(report.verdict, Verdict::kIllegal);
  EXPECT_EQ(report.culprit, 39u);
  EXPECT_EQ(report.order.size(), 39u);
  EXPECT_GT(report.witness.size(), 12u);
  EXPECT_THAT(report.explanation, HasSubstr(" earlier ones, and\n"));
  EXPECT_THAT(report.explanation, HasSubstr("Dequeue() by client 2 found the queue empty\n"));
}

TEST(Search, TheEmptyHistoryIsLegal) {
  EXPECT_EQ(Check(KvModel(), {}).verdict, Verdict::kLegal);
  EXPECT_EQ(Check(LockModel(), {}).verdict, Verdict::kLegal);
  EXPECT_THAT(Check(LockModel(), {}).witness, IsEmpty());
}

}  // namespace
}  // namespace linearizability
