// Part of Raftlab, under the MIT License (see LICENSE).
//
// Hand-made histories of each model but key/value strings, for which see kv_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "linearizability/check.h"
#include "linearizability/simple_models.h"
#include "linearizability/versioned_kv_model.h"

namespace linearizability {
namespace {

using testing::HasSubstr;

template <typename M>
struct Checked {
  // Adds an operation; without an end it is open.
  Checked& Op(int64_t client, typename M::Input input, typename M::Output output, int64_t call,
              std::optional<int64_t> end) {
    history.push_back(
        {.client = client, .input = input, .output = output, .call_ns = call, .return_ns = end});
    return *this;
  }
  Verdict verdict() const { return Check(M(), history).verdict; }
  std::string explanation() const { return Check(M(), history).explanation; }

  History<M> history;
};

TEST(Models, Register) {
  using Kind = RegisterInput::Kind;
  const RegisterInput read{}, write1{.kind = Kind::kWrite, .value = 1};
  const RegisterInput cas12{.kind = Kind::kCas, .value = 2, .expected = 1};
  using R = Checked<RegisterModel>;
  EXPECT_EQ(
      R().Op(0, write1, {}, 0, 1).Op(1, cas12, {}, 2, 3).Op(2, read, {.value = 2}, 4, 5).verdict(),
      Verdict::kLegal);
  EXPECT_EQ(R().Op(0, cas12, {.ok = false}, 0, 9)
                .Op(1, write1, {}, 0, 1)
                .Op(2, read, {.value = 1}, 10, 11)
                .verdict(),
            Verdict::kLegal);
  // The swap failed, though 1 was there from before it began.
  EXPECT_EQ(R().Op(0, write1, {}, 0, 1).Op(1, cas12, {.ok = false}, 2, 3).explanation(),
            "No order of these 2 operations explains what they returned, whatever the others did:\n"
            "  Write(1) by client 0 returned\n"
            "  CompareAndSwap(1, 2) by client 1 failed\n"
            "Write(1) by client 0 had returned before CompareAndSwap(1, 2) by client 1 began.\n");
  // Two swaps from one value.
  EXPECT_EQ(R().Op(0, write1, {}, 0, 1).Op(1, cas12, {}, 2, 5).Op(2, cas12, {}, 2, 5).verdict(),
            Verdict::kIllegal);
  EXPECT_EQ(
      R().Op(0, write1, {}, 0, {}).Op(2, read, {}, 5, 6).Op(2, read, {.value = 1}, 7, 8).verdict(),
      Verdict::kLegal);
}

TEST(Models, Counter) {
  using Kind = CounterInput::Kind;
  const CounterInput read{}, add2{.kind = Kind::kAdd, .delta = 2};
  using C = Checked<CounterModel>;
  EXPECT_EQ(C().Op(0, add2, {}, 0, 3).Op(1, add2, {4}, 0, 3).Op(2, read, {2}, 1, 2).verdict(),
            Verdict::kLegal);
  EXPECT_EQ(C().Op(0, add2, {}, 0, {}).Op(1, read, {0}, 1, 2).Op(1, read, {2}, 3, 4).verdict(),
            Verdict::kLegal);
  EXPECT_EQ(C().Op(0, add2, {2}, 0, 3).Op(1, add2, {2}, 0, 3).verdict(), Verdict::kIllegal);
  EXPECT_THAT(C().Op(0, add2, {}, 0, 1).Op(1, read, {0}, 2, 3).explanation(),
              HasSubstr("Read() by client 1 returned 0"));
  EXPECT_EQ(C().Op(1, read, {}, 2, 3).verdict(), Verdict::kIllegal);
}

TEST(Models, Queue) {
  using Kind = QueueInput::Kind;
  const QueueInput take{.kind = Kind::kDequeue}, put1{.value = 1}, put2{.value = 2};
  using Q = Checked<QueueModel>;
  EXPECT_EQ(Q().Op(0, put1, {}, 0, 3)
                .Op(1, put2, {}, 0, 3)
                .Op(2, take, {2}, 4, 5)
                .Op(2, take, {1}, 6, 7)
                .Op(2, take, {}, 8, 9)
                .verdict(),
            Verdict::kLegal);
  // An open Dequeue may have taken something.
  EXPECT_EQ(Q().Op(0, put1, {}, 0, 1).Op(1, take, {}, 0, {}).Op(2, take, {}, 4, 5).verdict(),
            Verdict::kLegal);
  EXPECT_EQ(Q().Op(0, put1, {}, 0, 1).Op(1, put2, {}, 2, 3).Op(2, take, {2}, 4, 5).verdict(),
            Verdict::kIllegal);
  EXPECT_EQ(Q().Op(0, put1, {}, 0, 1).Op(2, take, {}, 4, 5).verdict(), Verdict::kIllegal);
  EXPECT_EQ(Q().Op(0, put1, {}, 0, 1).Op(1, take, {1}, 2, 5).Op(2, take, {1}, 2, 5).verdict(),
            Verdict::kIllegal);
}

TEST(Models, Lock) {
  using Kind = LockInput::Kind;
  const LockInput acquire1{.owner = 1}, acquire2{.owner = 2};
  const LockInput release1{.kind = Kind::kRelease, .owner = 1};
  const LockInput try2{.kind = Kind::kTryAcquire, .owner = 2};
  using L = Checked<LockModel>;
  EXPECT_EQ(L().Op(1, acquire1, {}, 0, 1)
                .Op(2, try2, {.ok = false}, 2, 3)
                .Op(2, acquire2, {}, 4, 9)
                .Op(1, release1, {}, 5, 6)
                .verdict(),
            Verdict::kLegal);
  EXPECT_EQ(L().Op(1, acquire1, {}, 0, {}).Op(2, acquire2, {}, 1, 2).verdict(), Verdict::kLegal);
  EXPECT_THAT(L().Op(1, acquire1, {}, 0, 1).Op(2, acquire2, {}, 4, 9).explanation(),
              HasSubstr("Acquire(2) by client 2 returned"));
  EXPECT_EQ(L().Op(1, release1, {}, 0, 1).verdict(), Verdict::kIllegal);
  EXPECT_EQ(L().Op(1, release1, {.ok = false}, 0, 1).verdict(), Verdict::kLegal);
  EXPECT_EQ(L().Op(2, try2, {.ok = false}, 0, 1).explanation(),
            "TryAcquire(2) by client 2 found the lock taken, which cannot be, whatever the others "
            "did.");
}

TEST(Models, VersionedKeyValue) {
  using Kind = VersionedKvInput::Kind;
  using Outcome = VersionedKvOutput::Outcome;
  const VersionedKvInput get{.key = "x"};
  const auto put = [](std::string value, uint64_t version) {
    return VersionedKvInput{.kind = Kind::kPut, .key = "x", .value = value, .version = version};
  };
  using V = Checked<VersionedKvModel>;
  EXPECT_EQ(V().Op(0, get, {.outcome = Outcome::kNoKey}, 0, 1)
                .Op(0, put("a", 0), {}, 2, 3)
                .Op(1, put("b", 1), {}, 4, 9)
                .Op(2, put("c", 1), {.outcome = Outcome::kVersion}, 4, 9)
                .Op(0, get, {.value = "b", .version = 2}, 10, 11)
                .verdict(),
            Verdict::kLegal);
  // ErrMaybe: either.
  for (const char* value : {"a", "b"}) {
    EXPECT_EQ(V().Op(0, put("a", 0), {.outcome = Outcome::kMaybe}, 2, 5)
                  .Op(1, put("b", 0), {.outcome = Outcome::kMaybe}, 2, 5)
                  .Op(0, get, {.value = value, .version = 1}, 10, 11)
                  .verdict(),
              Verdict::kLegal);
  }
  EXPECT_EQ(V().Op(0, put("a", 0), {}, 2, 5).Op(1, put("b", 0), {}, 2, 5).verdict(),
            Verdict::kIllegal);
  EXPECT_EQ(V().Op(0, put("a", 3), {.outcome = Outcome::kVersion}, 2, 5).verdict(),
            Verdict::kIllegal);
  EXPECT_EQ(V().Op(0, put("a", 3), {.outcome = Outcome::kNoKey}, 2, 5).verdict(), Verdict::kLegal);
  EXPECT_THAT(
      V().Op(0, put("a", 0), {}, 0, 1).Op(1, get, {.value = "a", .version = 2}, 2, 3).explanation(),
      HasSubstr("Get(\"x\") by client 1 returned \"a\", version 2"));
}

}  // namespace
}  // namespace linearizability
