// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/trace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sim {

std::string FormatEvent(Nanos at, NodeId node, Topic topic, std::string_view text) {
  const std::string who = node == kJudge ? "--" : absl::StrCat("n", node);
  return absl::StrFormat("%8.3fs %-3s %s  %s", static_cast<double>(at) / 1e9, who, TopicName(topic),
                         text);
}

void Trace::Record(Nanos at, NodeId node, Topic topic, std::initializer_list<int64_t> values,
                   std::string_view bytes, absl::FunctionRef<std::string()> text) {
  ++events_;
  uint64_t hash = Mix(hash_, static_cast<uint64_t>(at));
  hash = Mix(hash, (static_cast<uint64_t>(topic) << 32) | static_cast<uint32_t>(node));
  for (const int64_t value : values) hash = Mix(hash, static_cast<uint64_t>(value));
  hash_ = HashBytes(bytes, hash);
  if (verbose_) Line(at, node, topic, text());
}

void Trace::Line(Nanos at, NodeId node, Topic topic, std::string_view text) {
  if (!verbose_) return;
  std::string line = FormatEvent(at, node, topic, text.substr(0, kMostLineBytes));
  if (sink_) sink_(at, node, topic, line);
  std::deque<Remembered>& lines = last_[node];
  lines.push_back({lines_++, std::move(line)});
  if (lines.size() > kLinesPerNode) lines.pop_front();
}

std::vector<std::string> Trace::LastLines() const {
  std::vector<Remembered> all;
  for (const auto& [node, lines] : last_) all.insert(all.end(), lines.begin(), lines.end());
  std::sort(all.begin(), all.end(),
            [](const Remembered& a, const Remembered& b) { return a.order < b.order; });
  std::vector<std::string> result;
  for (Remembered& remembered : all) result.push_back(std::move(remembered.line));
  return result;
}

}  // namespace sim
