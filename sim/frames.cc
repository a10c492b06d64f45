// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/frames.h"

#include <cstring>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/machine.h"

namespace sim {
namespace {

// A step may overrun its end by what one fiber does in one turn; a turn has no wait in it.
constexpr Nanos kMostOverrun = 60'000'000'000;
// Of what is no disk's: the judge reads it, which takes more than its own size.
constexpr size_t kMostMessageBytes = size_t{32} << 20;
constexpr size_t kMostLines = 1000;
constexpr size_t kMostFrames = 64;  // of a backtrace
// The least that an element takes on its way: its numbers, and the lengths of its strings.
constexpr size_t kInputBytes = 1 + 8 + 2 * 4;
constexpr size_t kOutputBytes = 1 + 8 + 8 + 4 + 1 + 3 * 4;
constexpr size_t kBacktraceBytes = 4 + 8;

class Writer {
 public:
  Writer(FrameKind kind, std::string* out) : out_(*out), start_(out->size()) {
    out_.append(sizeof(uint32_t), '\0');
    Number(kind);
  }
  ~Writer() {
    const auto bytes = static_cast<uint32_t>(out_.size() - start_ - kFrameHeaderBytes);
    std::memcpy(&out_[start_], &bytes, sizeof(bytes));
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class Value>
  void Number(Value value) {
    static_assert(std::is_integral_v<Value> || std::is_enum_v<Value>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void Text(std::string_view text) {
    Number(static_cast<uint32_t>(text.size()));
    out_.append(text);
  }
  void Texts(const std::vector<std::string>& texts) {
    Number(static_cast<uint32_t>(texts.size()));
    for (const std::string& text : texts) Text(text);
  }

 private:
  std::string& out_;
  const size_t start_;
};

// After the first thing that is not there, all that it reads is empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class Value>
  Value Number() {
    Value value{};
    if (rest_.size() < sizeof(value)) {
      Fail();
    } else {
      std::memcpy(&value, rest_.data(), sizeof(value));
      rest_.remove_prefix(sizeof(value));
    }
    return value;
  }
  bool Bool() { return Number<uint8_t>() != 0; }
  std::string Text() {
    const auto size = Number<uint32_t>();
    if (rest_.size() < size) {
      Fail();
      return {};
    }
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }
  // Of elements that take so many bytes at least: a false count cannot ask for much room.
  size_t Count(size_t least_bytes) {
    const auto count = Number<uint32_t>();
    if (count > rest_.size() / least_bytes) Fail();
    return ok_ ? count : 0;
  }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    size_t left = Count(sizeof(uint32_t));
    for (texts.reserve(left); left > 0 && ok_; --left) texts.push_back(Text());
    return texts;
  }
  template <class Kind>
  Kind KindUpTo(Kind last) {
    const Kind kind = Number<Kind>();
    if (kind > last) Fail();
    return ok_ ? kind : Kind{};
  }

  bool ok() const { return ok_; }
  absl::Status AtEnd() const {
    if (ok_ && rest_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("a frame is cut short, too long, or no frame at all");
  }

 private:
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

void PutSeed(const StreamSeed& seed, Writer* writer) {
  for (const uint64_t word : seed.words) writer->Number(word);
}

StreamSeed TakeSeed(Reader* reader) {
  StreamSeed seed;
  for (uint64_t& word : seed.words) word = reader->Number<uint64_t>();
  return seed;
}

void CutText(std::string* text) {
  if (text->size() > kMostTextBytes) {
    text->resize(kMostTextBytes);
    text->shrink_to_fit();
  }
}

void CutLines(std::vector<std::string>* lines) {
  if (lines->size() > kMostLines) lines->resize(kMostLines);
  for (std::string& line : *lines) CutText(&line);
}

Output TakeOutput(Reader* reader) {
  Output output;
  output.kind = reader->KindUpTo(Output::Kind::kWarning);
  output.at = reader->Number<Nanos>();
  output.id = reader->Number<uint64_t>();
  output.to = reader->Number<NodeId>();
  output.has_extra = reader->Bool();
  output.method = reader->Text();
  output.bytes = reader->Text();
  output.extra = reader->Text();
  if (output.kind == Output::Kind::kLog || output.kind == Output::Kind::kWarning) {
    CutText(&output.bytes);
  }
  return output;
}

}  // namespace

FrameHeader ReadFrameHeader(std::string_view bytes) {
  FrameHeader header;
  std::memcpy(&header.bytes, bytes.data(), sizeof(header.bytes));
  header.kind = static_cast<FrameKind>(bytes[sizeof(header.bytes)]);
  return header;
}

void WriteBoot(const BootFrame& boot, std::string* out) {
  Writer writer(FrameKind::kBoot, out);
  writer.Number(boot.image.node);
  writer.Number(boot.image.servers);
  writer.Number(boot.image.life);
  writer.Text(boot.image.state);
  writer.Text(boot.image.snapshot);
  writer.Text(boot.image.config);
  writer.Number(boot.strategy);
  PutSeed(boot.schedule, &writer);
  PutSeed(boot.random, &writer);
  writer.Number(boot.logging);
}

absl::Status ReadBoot(std::string_view bytes, BootFrame* boot) {
  Reader reader(bytes);
  boot->image.node = reader.Number<NodeId>();
  boot->image.servers = reader.Number<int>();
  boot->image.life = reader.Number<int>();
  boot->image.state = reader.Text();
  boot->image.snapshot = reader.Text();
  boot->image.config = reader.Text();
  boot->strategy = reader.KindUpTo(StrategyKind::kFifo);
  boot->schedule = TakeSeed(&reader);
  boot->random = TakeSeed(&reader);
  boot->logging = reader.Bool();
  return reader.AtEnd();
}

void WriteStep(Nanos now, const std::vector<Input>& inputs, std::string* out) {
  Writer writer(FrameKind::kStep, out);
  writer.Number(now);
  writer.Number(static_cast<uint32_t>(inputs.size()));
  for (const Input& input : inputs) {
    writer.Number(input.kind);
    writer.Number(input.id);
    writer.Text(input.method);
    writer.Text(input.bytes);
  }
}

absl::Status ReadStep(std::string_view bytes, Nanos* now, std::vector<Input>* inputs) {
  Reader reader(bytes);
  *now = reader.Number<Nanos>();
  inputs->clear();
  for (size_t left = reader.Count(kInputBytes); left > 0 && reader.ok(); --left) {
    Input input;
    input.kind = reader.KindUpTo(Input::Kind::kLost);
    input.id = reader.Number<uint64_t>();
    input.method = reader.Text();
    input.bytes = reader.Text();
    inputs->push_back(std::move(input));
  }
  return reader.AtEnd();
}

void WriteDescribe(Nanos at_least, std::string* out) {
  Writer(FrameKind::kDescribe, out).Number(at_least);
}

absl::Status ReadDescribe(std::string_view bytes, Nanos* at_least) {
  Reader reader(bytes);
  *at_least = reader.Number<Nanos>();
  return reader.AtEnd();
}

void WriteDone(const StepResult& result, std::string* out) {
  Writer writer(FrameKind::kDone, out);
  writer.Number(result.clock);
  writer.Number(result.next_timer);
  writer.Number(static_cast<uint32_t>(result.outputs.size()));
  for (const Output& output : result.outputs) {
    writer.Number(output.kind);
    writer.Number(output.at);
    writer.Number(output.id);
    writer.Number(output.to);
    writer.Number(output.has_extra);
    writer.Text(output.method);
    writer.Text(output.bytes);
    writer.Text(output.extra);
  }
}

absl::Status ReadDone(std::string_view bytes, Nanos now, StepResult* result) {
  Reader reader(bytes);
  result->clock = reader.Number<Nanos>();
  result->next_timer = reader.Number<Nanos>();
  result->outputs.clear();
  size_t left = reader.Count(kOutputBytes);
  for (result->outputs.reserve(left); left > 0 && reader.ok(); --left) {
    result->outputs.push_back(TakeOutput(&reader));
  }
  if (absl::Status whole = reader.AtEnd(); !whole.ok()) return whole;
  if (result->clock < now || result->clock > now + kLongestStep + kMostOverrun) {
    return absl::InvalidArgumentError("a step's clock is before its beginning or long after it");
  }
  // A timer may be due already, but a step that takes no time and wants to be made again at once
  // would be made for ever.
  if (result->next_timer < now || (result->next_timer == now && result->clock == now)) {
    return absl::InvalidArgumentError("a step's next timer is not after its beginning");
  }
  Nanos before = now;
  for (const Output& output : result->outputs) {
    if (output.at < before || output.at > result->clock) {
      return absl::InvalidArgumentError("an output is not of its step's time, or out of order");
    }
    before = output.at;
    if (output.kind != Output::Kind::kPersist && output.bytes.size() > kMostMessageBytes) {
      return absl::InvalidArgumentError("a message is larger than 32 MiB");
    }
  }
  return absl::OkStatus();
}

void WriteLines(const std::vector<std::string>& lines, std::string* out) {
  Writer(FrameKind::kLines, out).Texts(lines);
}

absl::Status ReadLines(std::string_view bytes, std::vector<std::string>* lines) {
  Reader reader(bytes);
  *lines = reader.Texts();
  CutLines(lines);
  return reader.AtEnd();
}

void WriteFailed(const Failure& failure, std::string* out) {
  Writer writer(FrameKind::kFailed, out);
  writer.Text(VerdictName(failure.verdict));
  writer.Text(failure.message);
  writer.Texts(failure.detail);
  writer.Number(static_cast<uint32_t>(failure.backtrace.size()));
  for (const Frame& frame : failure.backtrace) {
    writer.Text(frame.module);
    writer.Number(frame.offset);
  }
}

absl::Status ReadFailed(std::string_view bytes, Failure* failure) {
  Reader reader(bytes);
  const std::optional<Verdict> verdict = VerdictFromName(reader.Text());
  failure->message = reader.Text();
  CutText(&failure->message);
  failure->detail = reader.Texts();
  CutLines(&failure->detail);
  failure->backtrace.clear();
  for (size_t left = reader.Count(kBacktraceBytes); left > 0 && reader.ok(); --left) {
    Frame frame;
    frame.module = reader.Text();
    frame.offset = reader.Number<uint64_t>();
    CutText(&frame.module);
    if (failure->backtrace.size() < kMostFrames) failure->backtrace.push_back(std::move(frame));
  }
  if (!verdict.has_value()) return absl::InvalidArgumentError("a failure has no known verdict");
  failure->verdict = *verdict;
  return reader.AtEnd();
}

}  // namespace sim
