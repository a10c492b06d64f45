// Part of Raftlab, under the MIT License (see LICENSE).
//
// What crosses to another process and back: every value comes back as it went, and bytes from a
// stranger give a value or an error, and never ask for much memory.

#include "sim/frames.h"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <new>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/machine.h"

namespace {

// Bytes that are allocated while it counts, each allocation for itself: no less than are ever held.
bool g_counts = false;
size_t g_allocated = 0;

}  // namespace

// Not inlined: the compiler would think that free() does not match new.
[[gnu::noinline]] void* operator new(size_t bytes) {
  if (g_counts) g_allocated += bytes;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace sim {
namespace {

using ::testing::HasSubstr;

constexpr Nanos kNow = 5'000'000'000;

std::string_view Body(const std::string& frame) {
  return std::string_view(frame).substr(kFrameHeaderBytes);
}

Output SomeOutput(Output::Kind kind, Nanos at) {
  return {.kind = kind,
          .at = at,
          .id = 0xfedcba9876543210,
          .to = kind == Output::Kind::kSend ? 3 : kJudge,
          .has_extra = kind == Output::Kind::kPersist,
          .method = "Raft.AppendEntries",
          .bytes = std::string("a\0b\xff", 4),
          .extra = "snapshot"};
}

StepResult SomeResult() {
  StepResult result;
  result.clock = kNow + 3'000;
  result.next_timer = kNow + 70'000'000;
  for (int kind = 0; kind <= static_cast<int>(Output::Kind::kWarning); ++kind) {
    result.outputs.push_back(SomeOutput(static_cast<Output::Kind>(kind), kNow + kind * 500));
  }
  return result;
}

Failure SomeFailure() {
  return {.verdict = Verdict::kDeadlock,
          .message = "two fibers wait for each other",
          .detail = {"n0: \"main\" waits", "", "n1: sleeps"},
          .backtrace = {{"/lab/libserver.so", 0x1234}, {"/lab/node_host", 0xffffffffffff}}};
}

std::string Done(const StepResult& result) {
  std::string frame;
  WriteDone(result, &frame);
  return frame;
}

absl::Status ReadDoneOf(const StepResult& result, Nanos now = kNow) {
  StepResult read;
  return ReadDone(Body(Done(result)), now, &read);
}

// The judge's readers, which read what a stranger wrote.
struct JudgesReader {
  const char* name;
  std::string frame;
  std::function<absl::Status(std::string_view)> read;
};

std::vector<JudgesReader> JudgesReaders() {
  std::vector<JudgesReader> readers(3);
  readers[0] = {"ReadDone", Done(SomeResult()), [](std::string_view bytes) {
                  StepResult result;
                  return ReadDone(bytes, kNow, &result);
                }};
  readers[1] = {"ReadLines", "", [](std::string_view bytes) {
                  std::vector<std::string> lines;
                  return ReadLines(bytes, &lines);
                }};
  WriteLines({"one", "", std::string(300, 'x')}, &readers[1].frame);
  readers[2] = {"ReadFailed", "", [](std::string_view bytes) {
                  Failure failure;
                  return ReadFailed(bytes, &failure);
                }};
  WriteFailed(SomeFailure(), &readers[2].frame);
  return readers;
}

// Whatever the bytes are: an error has a sentence, and memory is asked for in proportion.
void TryBytes(const JudgesReader& reader, std::string_view bytes) {
  g_allocated = 0;
  g_counts = true;
  const absl::Status status = reader.read(bytes);
  g_counts = false;
  ASSERT_TRUE(status.ok() || !status.message().empty());
  ASSERT_LE(g_allocated, 20 * bytes.size() + 1000) << reader.name << " of " << bytes.size();
}

void PutNumber(uint32_t number, size_t at, std::string* bytes) {
  std::memcpy(&(*bytes)[at], &number, sizeof(number));
}

TEST(Frames, TheHeaderTellsLengthAndKind) {
  const std::string frame = Done(SomeResult());
  const FrameHeader header = ReadFrameHeader(frame);
  EXPECT_EQ(header.bytes, frame.size() - kFrameHeaderBytes);
  EXPECT_EQ(header.kind, FrameKind::kDone);
  std::string two = frame;
  WriteDescribe(7, &two);
  EXPECT_EQ(two.substr(0, frame.size()), frame);
  EXPECT_EQ(ReadFrameHeader(two.substr(frame.size())).kind, FrameKind::kDescribe);
}

TEST(Frames, BootComesBack) {
  BootFrame boot;
  boot.image = {.node = 4,
                .servers = 5,
                .life = 17,
                .state = std::string("\0state", 6),
                .snapshot = std::string(100'000, 's'),
                .config = "config"};
  boot.strategy = StrategyKind::kPct;
  boot.schedule.words[0] = 1;
  boot.random.words[1] = std::numeric_limits<uint64_t>::max();
  boot.logging = true;
  std::string frame;
  WriteBoot(boot, &frame);
  EXPECT_EQ(ReadFrameHeader(frame).kind, FrameKind::kBoot);
  BootFrame read;
  ASSERT_TRUE(ReadBoot(Body(frame), &read).ok());
  EXPECT_EQ(read.image.node, 4);
  EXPECT_EQ(read.image.servers, 5);
  EXPECT_EQ(read.image.life, 17);
  EXPECT_EQ(read.image.state, boot.image.state);
  EXPECT_EQ(read.image.snapshot, boot.image.snapshot);
  EXPECT_EQ(read.image.config, "config");
  EXPECT_EQ(read.strategy, StrategyKind::kPct);
  EXPECT_TRUE(read.logging);
  std::string again;
  WriteBoot(read, &again);
  EXPECT_EQ(again, frame);
}

TEST(Frames, StepAndDescribeComeBack) {
  const std::vector<Input> inputs = {
      {.kind = Input::Kind::kRequest, .id = 9, .method = "Judge.Start", .bytes = "args"},
      {.kind = Input::Kind::kLost, .id = std::numeric_limits<uint64_t>::max()}};
  std::string frame;
  WriteStep(kNow, inputs, &frame);
  EXPECT_EQ(ReadFrameHeader(frame).kind, FrameKind::kStep);
  Nanos now = 0;
  std::vector<Input> read = {{.id = 1}};
  ASSERT_TRUE(ReadStep(Body(frame), &now, &read).ok());
  EXPECT_EQ(now, kNow);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].method, "Judge.Start");
  EXPECT_EQ(read[0].bytes, "args");
  EXPECT_EQ(read[1].kind, Input::Kind::kLost);
  EXPECT_EQ(read[1].id, std::numeric_limits<uint64_t>::max());

  std::string describe;
  WriteDescribe(kNever, &describe);
  Nanos at_least = 0;
  ASSERT_TRUE(ReadDescribe(Body(describe), &at_least).ok());
  EXPECT_EQ(at_least, kNever);
}

TEST(Frames, DoneComesBack) {
  const StepResult result = SomeResult();
  StepResult read;
  read.outputs.resize(3);
  ASSERT_TRUE(ReadDone(Body(Done(result)), kNow, &read).ok());
  EXPECT_EQ(read.clock, result.clock);
  EXPECT_EQ(read.next_timer, result.next_timer);
  ASSERT_EQ(read.outputs.size(), result.outputs.size());
  for (size_t i = 0; i < read.outputs.size(); ++i) {
    EXPECT_EQ(read.outputs[i].kind, result.outputs[i].kind);
    EXPECT_EQ(read.outputs[i].at, result.outputs[i].at);
    EXPECT_EQ(read.outputs[i].id, result.outputs[i].id);
    EXPECT_EQ(read.outputs[i].to, result.outputs[i].to);
    EXPECT_EQ(read.outputs[i].has_extra, result.outputs[i].has_extra);
    EXPECT_EQ(read.outputs[i].method, result.outputs[i].method);
    EXPECT_EQ(read.outputs[i].bytes, result.outputs[i].bytes);
    EXPECT_EQ(read.outputs[i].extra, result.outputs[i].extra);
  }
}

TEST(Frames, LinesAndFailuresComeBack) {
  const std::vector<std::string> lines = {"one", "", "three"};
  std::string frame;
  WriteLines(lines, &frame);
  std::vector<std::string> read;
  ASSERT_TRUE(ReadLines(Body(frame), &read).ok());
  EXPECT_EQ(read, lines);

  const Failure failure = SomeFailure();
  frame.clear();
  WriteFailed(failure, &frame);
  Failure back;
  ASSERT_TRUE(ReadFailed(Body(frame), &back).ok());
  EXPECT_EQ(back.verdict, Verdict::kDeadlock);
  EXPECT_EQ(back.message, failure.message);
  EXPECT_EQ(back.detail, failure.detail);
  ASSERT_EQ(back.backtrace.size(), 2u);
  EXPECT_EQ(back.backtrace[0].module, "/lab/libserver.so");
  EXPECT_EQ(back.backtrace[1].offset, uint64_t{0xffffffffffff});
}

TEST(Frames, TextForPeopleIsCut) {
  const std::string much(1 << 20, 'x');
  Failure failure = SomeFailure();
  failure.message = much;
  failure.detail.assign(5000, "line");
  failure.detail[0] = much;
  failure.backtrace.assign(5000, {much.substr(0, 5000), 1});
  std::string frame;
  WriteFailed(failure, &frame);
  Failure read;
  ASSERT_TRUE(ReadFailed(Body(frame), &read).ok());
  EXPECT_EQ(read.message.size(), kMostTextBytes);
  EXPECT_EQ(read.detail[0].size(), kMostTextBytes);
  EXPECT_EQ(read.detail.size(), 1000u);
  EXPECT_EQ(read.backtrace.size(), 64u);
  EXPECT_EQ(read.backtrace[0].module.size(), kMostTextBytes);

  StepResult result = SomeResult();
  for (Output& output : result.outputs) output.bytes = much;
  StepResult back;
  ASSERT_TRUE(ReadDone(Body(Done(result)), kNow, &back).ok());
  for (const Output& output : back.outputs) {
    const bool text = output.kind == Output::Kind::kLog || output.kind == Output::Kind::kWarning;
    EXPECT_EQ(output.bytes.size(), text ? kMostTextBytes : much.size());
  }
}

TEST(Frames, EveryTruncationIsAnError) {
  for (const JudgesReader& reader : JudgesReaders()) {
    const std::string_view body = Body(reader.frame);
    ASSERT_TRUE(reader.read(body).ok()) << reader.name;
    for (size_t size = 0; size < body.size(); ++size) {
      EXPECT_FALSE(reader.read(body.substr(0, size)).ok()) << reader.name << " of " << size;
      TryBytes(reader, body.substr(0, size));
    }
    EXPECT_FALSE(reader.read(std::string(body) + "x").ok()) << reader.name;
  }
}

TEST(Frames, TruncatedInputsAreErrors) {
  std::string step;
  WriteStep(kNow, {{.id = 1, .method = "m", .bytes = "b"}}, &step);
  std::string boot;
  BootFrame small;
  small.image.state = "state";
  WriteBoot(small, &boot);
  Nanos now = 0;
  std::vector<Input> inputs;
  BootFrame image;
  for (size_t size = 0; size < Body(step).size(); ++size) {
    EXPECT_FALSE(ReadStep(Body(step).substr(0, size), &now, &inputs).ok());
  }
  for (size_t size = 0; size < Body(boot).size(); ++size) {
    EXPECT_FALSE(ReadBoot(Body(boot).substr(0, size), &image).ok());
  }
  EXPECT_FALSE(ReadDescribe("1234567", &now).ok());
}

TEST(Frames, RandomBytesAreHarmless) {
  std::mt19937_64 random(1);
  for (const JudgesReader& reader : JudgesReaders()) {
    for (int round = 0; round < 20'000; ++round) {
      std::string bytes(random() % 200, '\0');
      for (char& c : bytes) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 3);
      TryBytes(reader, bytes);
    }
  }
}

TEST(Frames, MutationsAreHarmless) {
  std::mt19937_64 random(2);
  for (const JudgesReader& reader : JudgesReaders()) {
    int accepted = 0;
    for (int round = 0; round < 50'000; ++round) {
      std::string bytes(Body(reader.frame));
      for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
        const size_t at = random() % bytes.size();
        switch (random() % 4) {
          case 0:
            bytes[at] = static_cast<char>(random());
            break;
          case 1:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
            break;
          case 2:
            bytes.erase(at, random() % 8);
            break;
          default:
            bytes.insert(at, random() % 8, static_cast<char>(random()));
        }
        if (bytes.empty()) bytes = "x";
      }
      accepted += reader.read(bytes).ok();
      TryBytes(reader, bytes);
    }
    EXPECT_GT(accepted, 0) << reader.name << ": the mutations reach nothing but the first checks";
  }
}

TEST(Frames, GiantCountsAskForNothing) {
  const size_t count_at[] = {16, 0, 0};
  std::vector<JudgesReader> readers = JudgesReaders();
  // ReadFailed: behind the verdict and the message.
  const size_t detail_at =
      4 + VerdictName(Verdict::kDeadlock).size() + 4 + SomeFailure().message.size();
  for (size_t i = 0; i < readers.size(); ++i) {
    for (const uint32_t count : {0xffffffffu, 0x7fffffffu, 0x40000000u, 1000u}) {
      std::string bytes(Body(readers[i].frame));
      PutNumber(count, i == 2 ? detail_at : count_at[i], &bytes);
      EXPECT_FALSE(readers[i].read(bytes).ok()) << readers[i].name;
      TryBytes(readers[i], bytes);
    }
  }
  // As many as there is room for, if an output took four bytes only.
  std::string zeros(1 << 20, '\0');
  PutNumber((1 << 20) / 4 - 5, 16, &zeros);
  EXPECT_FALSE(readers[0].read(zeros).ok());
  TryBytes(readers[0], zeros);
}

TEST(Frames, UnknownKindsAndVerdictsAreErrors) {
  StepResult one;
  one.clock = kNow + 1;
  one.outputs = {SomeOutput(Output::Kind::kSend, kNow)};
  std::string frame = Done(one);
  frame[kFrameHeaderBytes + 20] = static_cast<char>(Output::Kind::kWarning) + 1;
  StepResult result;
  EXPECT_FALSE(ReadDone(Body(frame), kNow, &result).ok());

  std::string failed;
  WriteFailed(SomeFailure(), &failed);
  failed[failed.find("deadlock")] = 'D';
  Failure failure;
  EXPECT_FALSE(ReadFailed(Body(failed), &failure).ok());
}

TEST(Frames, AStepKeepsToItsTime) {
  StepResult result;
  result.clock = kNow;
  result.next_timer = kNow + 1;
  EXPECT_TRUE(ReadDoneOf(result).ok());
  result.clock = kNow - 1;
  EXPECT_THAT(ReadDoneOf(result).message(), HasSubstr("clock is before its beginning"));
  result.clock = kNow + kLongestStep + 61'000'000'000;
  EXPECT_THAT(ReadDoneOf(result).message(), HasSubstr("or long after it"));
  result.clock = kNever;
  EXPECT_FALSE(ReadDoneOf(result).ok());
  result.clock = std::numeric_limits<Nanos>::min();
  EXPECT_FALSE(ReadDoneOf(result).ok());
}

TEST(Frames, AStepThatTakesNoTimeIsNotDueAgainAtOnce) {
  StepResult result;
  result.clock = kNow;
  result.next_timer = kNow;
  EXPECT_THAT(ReadDoneOf(result).message(), HasSubstr("next timer"));
  result.next_timer = kNow - 1;
  EXPECT_FALSE(ReadDoneOf(result).ok());
  result.next_timer = kNever;
  EXPECT_TRUE(ReadDoneOf(result).ok());
  // One that took time may be due at its own end, or before: it goes on then.
  result.clock = kNow + 1;
  result.next_timer = kNow;
  EXPECT_TRUE(ReadDoneOf(result).ok());
}

TEST(Frames, OutputsAreOfTheirStepsTimeAndInOrder) {
  const auto with_outputs_at = [](std::vector<Nanos> times) {
    StepResult result;
    result.clock = kNow + 100;
    for (const Nanos at : times) {
      result.outputs.push_back(SomeOutput(Output::Kind::kSend, at));
    }
    return ReadDoneOf(result);
  };
  EXPECT_TRUE(with_outputs_at({kNow, kNow, kNow + 50, kNow + 100}).ok());
  EXPECT_FALSE(with_outputs_at({kNow - 1}).ok());
  EXPECT_FALSE(with_outputs_at({kNow + 101}).ok());
  EXPECT_THAT(with_outputs_at({kNow + 2, kNow + 1}).message(), HasSubstr("out of order"));
}

TEST(Frames, AMessageIsNotAsLargeAsADisk) {
  StepResult result;
  result.clock = kNow;
  result.outputs = {SomeOutput(Output::Kind::kPersist, kNow)};
  result.outputs[0].bytes.resize((32 << 20) + 1);
  EXPECT_TRUE(ReadDoneOf(result).ok());
  result.outputs[0].kind = Output::Kind::kSend;
  EXPECT_THAT(ReadDoneOf(result).message(), HasSubstr("larger than 32 MiB"));
}

}  // namespace
}  // namespace sim
