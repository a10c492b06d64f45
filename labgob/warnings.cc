// Part of Raftlab, under the MIT License (see LICENSE).

#include <cstdint>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "labgob/labgob.h"

namespace labgob {
namespace {

// Never destroyed: a student's static object may still decode while the program ends.
struct Warnings {
  int64_t count = 0;
  std::function<void(std::string_view)> handler;
  std::set<std::string, std::less<>> printed;
};

Warnings& TheWarnings() {
  static Warnings& warnings = *new Warnings;
  return warnings;
}

}  // namespace

void SetWarningHandler(std::function<void(std::string_view)> handler) {
  TheWarnings().handler = std::move(handler);
}

int64_t warning_count() { return TheWarnings().count; }

void WarnReused(std::string_view type_signature, std::string_view path) {
  const std::string name = NameInSignature(type_signature);
  std::string message = "labgob warning: decoding into ";
  message.append(path.empty() ? "a value" : name + std::string(path));
  message.append(" that was not fresh: its old value is lost. Decode into a new ");
  message.append(path.empty() ? "value" : name);
  message.append(" each time, or an old one can pass for one that was received.");
  Warnings& warnings = TheWarnings();
  ++warnings.count;
  if (warnings.handler) {
    const auto handler = warnings.handler;  // It may set another handler.
    handler(message);
  } else if (warnings.printed.insert(message).second) {
    std::fprintf(stderr, "%s\n", message.c_str());
  }
}

}  // namespace labgob
