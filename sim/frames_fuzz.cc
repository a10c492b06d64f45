// Part of Raftlab, under the MIT License (see LICENSE).
//
// Frames from a stranger: whatever the bytes are, the judge's readers give a value or an error with
// a sentence. A value that they give comes back when it is written and read again.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sim/frames.h"

namespace {

constexpr sim::Nanos kNow = 1'000'000;

void Demand(bool condition, const char* sentence) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", sentence);
  std::abort();
}

std::string_view Body(const std::string& frame) {
  return std::string_view(frame).substr(sim::kFrameHeaderBytes);
}

// `read` and `write` are one value's; equal means: the same bytes again.
template <class Value, class Read, class Write>
void Try(std::string_view bytes, Read read, Write write) {
  Value value;
  const absl::Status status = read(bytes, &value);
  if (!status.ok()) {
    Demand(!status.message().empty(), "an error without a sentence");
    return;
  }
  std::string frame;
  write(value, &frame);
  Value second;
  Demand(read(Body(frame), &second).ok(), "what was read could not be written and read again");
  std::string again;
  write(second, &again);
  Demand(again == frame, "writing and reading changed the value");
}

}  // namespace

// The fuzzer would need long to come by a failure's verdict, so one is put in front for it, too.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string verdict("\5\0\0\0crash", 9);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Try<sim::StepResult>(
      bytes,
      [](std::string_view from, sim::StepResult* result) {
        return sim::ReadDone(from, kNow, result);
      },
      sim::WriteDone);
  Try<std::vector<std::string>>(bytes, sim::ReadLines, sim::WriteLines);
  Try<sim::Failure>(bytes, sim::ReadFailed, sim::WriteFailed);
  const std::string with_verdict = verdict + std::string(bytes);
  Try<sim::Failure>(with_verdict, sim::ReadFailed, sim::WriteFailed);
  return 0;
}
