// Part of Raftlab, under the MIT License (see LICENSE).
//
// The border of border.h as bytes, for a student's side in another process: one frame to a node,
// one frame back.
//
//   to the node        back
//   kBoot              kDone, without outputs
//   kStep              kDone
//   kDescribe          kLines
//   any                kFailed: the student's side has ended the run
//
// A frame is its length (32 bits), its kind (one byte) and its fields; numbers are little-endian,
// strings have their length before them. What comes from a node is not to be trusted: a reader
// checks every length, number and order, and says in one sentence what is wrong.

#ifndef RAFTLAB_SIM_FRAMES_H_
#define RAFTLAB_SIM_FRAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sim/border.h"
#include "sim/choices.h"
#include "sim/failure.h"
#include "sim/strategy.h"

namespace sim {

inline constexpr size_t kFrameHeaderBytes = 5;
// Of what one step puts out. An honest one that saves a log of some hundred KiB a hundred times
// fits.
inline constexpr uint32_t kMostFrameBytes = uint32_t{128} << 20;
// Of a text for people: a message, a line. What is longer is cut, and so are too many lines.
inline constexpr size_t kMostTextBytes = 4096;

enum class FrameKind : uint8_t { kBoot = 1, kStep, kDescribe, kDone, kLines, kFailed };

// What a node's process is told before its first step.
struct BootFrame {
  BootImage image;
  StrategyKind strategy = StrategyKind::kRandom;
  StreamSeed schedule;
  StreamSeed random;
  bool logging = false;
};

// How a whole frame looks at its beginning.
struct FrameHeader {
  uint32_t bytes = 0;  // behind the header
  FrameKind kind = FrameKind::kStep;
};
// REQUIRES: kFrameHeaderBytes bytes.
FrameHeader ReadFrameHeader(std::string_view bytes);

// Each appends a whole frame.
void WriteBoot(const BootFrame& boot, std::string* out);
void WriteStep(Nanos now, const std::vector<Input>& inputs, std::string* out);
void WriteDescribe(Nanos at_least, std::string* out);
void WriteDone(const StepResult& result, std::string* out);
void WriteLines(const std::vector<std::string>& lines, std::string* out);
void WriteFailed(const Failure& failure, std::string* out);

// Each reads a frame's bytes behind the header, and takes no more memory than some ten times their
// number. On the node's side, which trusts the judge, an error is the framework's.
absl::Status ReadBoot(std::string_view bytes, BootFrame* boot);
absl::Status ReadStep(std::string_view bytes, Nanos* now, std::vector<Input>* inputs);
absl::Status ReadDescribe(std::string_view bytes, Nanos* at_least);
// Of a step that began at `now`: outputs are of its time, in order, and the clock goes on.
absl::Status ReadDone(std::string_view bytes, Nanos now, StepResult* result);
absl::Status ReadLines(std::string_view bytes, std::vector<std::string>* lines);
absl::Status ReadFailed(std::string_view bytes, Failure* failure);

}  // namespace sim

#endif  // RAFTLAB_SIM_FRAMES_H_
