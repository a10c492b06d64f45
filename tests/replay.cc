// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/replay.h"

#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "sim/run.h"
#include "tests/registry.h"
#include "tests/runner.h"

namespace tests {
namespace {

struct Request {
  const LabTest* test = nullptr;
  sim::RunOptions options;
  std::set<sim::Topic> topics;  // all if empty
  std::optional<int> node;
  double from = 0;
  double until = 1e18;
  std::string record_path;
  std::string page_path;
  bool fork = true;
  bool check_determinism = false;
};

// Nothing, or the sentence that says what is wrong.
using Complaint = std::optional<std::string>;

Complaint ReadTopics(const std::string& value, std::set<sim::Topic>* topics) {
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(value, ','))) {
    bool known = false;
    for (int i = 0; i <= static_cast<int>(sim::Topic::kInfo); ++i) {
      const auto topic = static_cast<sim::Topic>(i);
      if (sim::TopicName(topic) != absl::AsciiStrToUpper(word)) continue;
      topics->insert(topic);
      known = true;
    }
    if (!known) {
      std::string all;
      for (int i = 0; i <= static_cast<int>(sim::Topic::kInfo); ++i) {
        all += " " + std::string(sim::TopicName(static_cast<sim::Topic>(i)));
      }
      return absl::StrCat("there is no topic \"", word, "\"; the topics are", all);
    }
  }
  return std::nullopt;
}

// Before the run; what the file holds stays until there is something to write.
Complaint CheckWritable(const std::string& path) {
  if (std::ofstream(path, std::ios::app)) return std::nullopt;
  return absl::StrCat(path, " cannot be written; name a file in a folder that is there");
}

Complaint ReadFlag(const std::string& flag, const std::string& value, Request* request) {
  if (flag == "--replay") {
    request->test = FindTest(value);
    if (request->test == nullptr)
      return absl::StrCat("there is no test \"", value, "\"; --list shows all");
  } else if (flag == "--seed") {
    if (!absl::SimpleAtoi(value, &request->options.seed)) {
      return absl::StrCat("a seed is a whole number from 0 on, not \"", value, "\"");
    }
  } else if (flag == "--strategy") {
    const auto strategy = sim::StrategyFromName(value);
    if (!strategy.has_value()) {
      return absl::StrCat("there is no strategy \"", value,
                          "\"; there are random, pct, fifo and mix");
    }
    request->options.strategy = *strategy;
  } else if (flag == "--log") {
    return ReadTopics(value, &request->topics);
  } else if (flag == "--node") {
    int node = 0;
    if (!absl::SimpleAtoi(value, &node) || node < 0) {
      return absl::StrCat("a node is a number from 0 on, not \"", value, "\"");
    }
    request->node = node;
  } else if (flag == "--from" || flag == "--until") {
    if (!absl::SimpleAtod(value, flag == "--from" ? &request->from : &request->until)) {
      return absl::StrCat(flag, " needs virtual seconds, not \"", value, "\"");
    }
  } else if (flag == "--tape") {
    std::ifstream file(value);
    if (!file) return absl::StrCat("the tape ", value, " cannot be read");
    std::stringstream text;
    text << file.rdbuf();
    request->options.replay_tape = text.str();
    if (request->options.replay_tape.empty()) return absl::StrCat("the tape ", value, " is empty");
  } else if (flag == "--record") {
    if (Complaint complaint = CheckWritable(value)) return complaint;
    request->record_path = value;
    request->options.record_tape = true;
  } else if (flag == "--html") {
    if (Complaint complaint = CheckWritable(value)) return complaint;
    request->page_path = value;
    request->options.draw_page = true;
  } else {
    return absl::StrCat("there is no flag ", flag, " with --replay");
  }
  return std::nullopt;
}

Complaint ReadRequest(const std::vector<std::string>& arguments, Request* request) {
  request->options.strategy = sim::StrategyKind::kMix;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--no-fork") {
      request->fork = false;
    } else if (arguments[i] == "--check-determinism") {
      request->check_determinism = true;
    } else if (i + 1 == arguments.size()) {
      return absl::StrCat(arguments[i], " needs a value");
    } else {
      const std::string& flag = arguments[i];
      if (Complaint complaint = ReadFlag(flag, arguments[++i], request)) return complaint;
    }
  }
  return std::nullopt;
}

int CheckDeterminism(const Request& request) {
  const auto difference = sim::FindDivergence(request.options, BodyOf(*request.test));
  if (!difference.has_value()) {
    std::cout << request.test->FullName() << ", seed " << request.options.seed
              << ": two runs are the same, event by event\n";
    return 0;
  }
  std::cout << "nondeterministic: " << request.test->FullName() << ", seed " << request.options.seed
            << "\n  " << *difference;
  return 1;
}

void Write(const char* what, const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) std::cerr << what << " could not be written to " << path << "\n";
}

void WritePage(const Request& request, const std::string& page) {
  if (page.empty()) {
    std::cerr << "there is no picture of " << request.test->FullName()
              << ": tests of labs 3 and 4 have one, of what their clients saw\n";
  } else {
    Write("the picture", request.page_path, page);
  }
}

}  // namespace

int Replay(const std::vector<std::string>& arguments) {
  Request request;
  if (Complaint complaint = ReadRequest(arguments, &request)) {
    std::cerr << *complaint << "\n";
    return 2;
  }
  if (request.check_determinism) return CheckDeterminism(request);

  sim::RunOptions& options = request.options;
  options.verbose = true;
  options.print_lines = true;
  options.line_filter = [&request](sim::Nanos at, sim::NodeId node, sim::Topic topic) {
    const double seconds = static_cast<double>(at) / 1e9;
    return (request.topics.empty() || request.topics.count(topic) > 0) &&
           (!request.node.has_value() || node == *request.node || node == sim::kJudge) &&
           seconds >= request.from && seconds <= request.until;
  };
  if (!request.fork) sim::RunHere(options, BodyOf(*request.test));

  sim::RunResult result = sim::RunInChild(options, BodyOf(*request.test));
  result.last_lines.clear();  // they have just been printed
  if (!request.record_path.empty()) Write("the tape", request.record_path, result.tape);
  if (!request.page_path.empty()) WritePage(request, result.page);
  const std::string hash = absl::StrFormat("%016x", result.hash);
  if (result.verdict == sim::Verdict::kPass) {
    std::cout << "pass: " << request.test->FullName() << ", seed " << options.seed << ", hash "
              << hash << "\n";
    return 0;
  }
  std::cout << sim::FormatReport(result, request.test->FullName(), options,
                                 ReplayCommand(*request.test, options))
            << "  hash " << hash << "\n";
  return 1;
}

}  // namespace tests
