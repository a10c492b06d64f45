// Part of Raftlab, under the MIT License (see LICENSE).

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "labgob/labgob.h"
#include "labgob/schema.h"

namespace labgob {
namespace {

// Prints values as it walks along them. `budget` is how many characters a value may take, roughly;
// a string or a container gets half of its surroundings'.
class Printer {
 public:
  Printer(const Schema& schema, Reader& in) : schema_(schema), in_(in) {}

  bool Value(int type, size_t budget, int depth);
  std::string Take(size_t max_chars);

 private:
  bool Elements(const Schema::Node& node, size_t budget, int depth);
  bool Element(const Schema::Node& node, size_t budget, int depth);
  bool Struct(const Schema::Node& node, size_t budget, int depth);
  void String(std::string_view bytes, size_t budget);
  void Floating(Kind kind, double value);

  const Schema& schema_;
  Reader& in_;
  std::string out_;
};

bool Printer::Value(int type, size_t budget, int depth) {
  const Schema::Node& node = schema_.node(type);
  if (node.kind >= Kind::kList && depth >= kMaxDepth) return in_.FailDeep();
  bool flag = false;
  double floating = 0;
  std::string_view bytes;
  Integer integer;
  switch (node.kind) {
    case Kind::kBool:
      if (!in_.Bool(flag)) return false;
      out_ += flag ? "true" : "false";
      return true;
    case Kind::kFloat:
    case Kind::kDouble:
      if (!ReadFloating(node.kind, in_, floating)) return false;
      Floating(node.kind, floating);
      return true;
    case Kind::kString:
      if (!in_.String(bytes)) return false;
      String(bytes, budget);
      return true;
    case Kind::kList:
    case Kind::kSet:
    case Kind::kMap:
      return Elements(node, budget / 2, depth);
    case Kind::kPair:
      out_ += "(";
      if (!Value(node.first, budget, depth + 1)) return false;
      out_ += ", ";
      if (!Value(node.second, budget, depth + 1)) return false;
      out_ += ")";
      return true;
    case Kind::kOptional:
      if (!in_.Bool(flag)) return false;
      if (flag) return Value(node.first, budget, depth + 1);
      out_ += "none";
      return true;
    case Kind::kStruct:
      return Struct(node, budget, depth);
    default:
      if (!ReadInteger(node.kind, in_, integer)) return false;
      out_ += integer.ToString();
      return true;
  }
}

bool Printer::Elements(const Schema::Node& node, size_t budget, int depth) {
  size_t count = 0;
  if (!in_.Count(count)) return false;
  const bool list = node.kind == Kind::kList;
  const size_t begin = out_.size();
  out_ += list ? "[" : "{";
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out_ += ", ";
    if (out_.size() - begin >= budget) {
      absl::StrAppend(&out_, "... ", count - i, " more");
      for (; i < count; ++i) {
        if (!schema_.Skip(node.first, in_, depth + 1)) return false;
        if (node.kind == Kind::kMap && !schema_.Skip(node.second, in_, depth + 1)) return false;
      }
      break;
    }
    if (!Element(node, budget, depth)) return false;
  }
  out_ += list ? "]" : "}";
  return true;
}

bool Printer::Element(const Schema::Node& node, size_t budget, int depth) {
  if (!Value(node.first, budget, depth + 1)) return false;
  if (node.kind != Kind::kMap) return true;
  out_ += ": ";
  return Value(node.second, budget, depth + 1);
}

bool Printer::Struct(const Schema::Node& node, size_t budget, int depth) {
  out_.append(node.name);
  out_ += "{";
  if (node.fields.empty() && !in_.Prefix({"\0", 1})) return in_.Fail("a struct is broken");
  std::string_view separator = "";
  for (const Schema::Field& field : node.fields) {
    out_.append(separator).append(field.name).append(": ");
    if (!Value(field.type, budget, depth + 1)) return false;
    separator = ", ";
  }
  out_ += "}";
  return true;
}

void Printer::String(std::string_view bytes, size_t budget) {
  const size_t shown = std::min(bytes.size(), std::max<size_t>(budget / 2, 8));
  absl::StrAppend(&out_, "\"", absl::CHexEscape(absl::string_view(bytes.data(), shown)));
  if (shown == bytes.size()) {
    out_ += "\"";
  } else {
    absl::StrAppend(&out_, "...\" (", bytes.size(), " bytes)");
  }
}

// The shortest digits that read back as the same value.
void Printer::Floating(Kind kind, double value) {
  char text[32];
  const auto end = kind == Kind::kFloat
                       ? std::to_chars(text, text + sizeof(text), static_cast<float>(value)).ptr
                       : std::to_chars(text, text + sizeof(text), value).ptr;
  out_.append(text, end);
}

std::string Printer::Take(size_t max_chars) {
  if (out_.size() > max_chars) {
    out_.resize(max_chars - std::min<size_t>(max_chars, 3));
    out_ += std::string_view("...").substr(0, max_chars);
  }
  return std::move(out_);
}

}  // namespace

absl::StatusOr<std::string> Describe(std::string_view bytes, size_t max_chars) {
  Reader in(bytes);
  const absl::StatusOr<Schema> schema = Schema::Parse(in);
  if (!schema.ok()) return schema.status();
  Printer printer(*schema, in);
  if (!printer.Value(schema->root(), max_chars, 0)) return Malformed(in.why());
  if (in.remaining() != 0) return Malformed("bytes are left behind the value");
  return printer.Take(max_chars);
}

absl::StatusOr<std::vector<std::string>> FieldNames(std::string_view bytes) {
  Reader in(bytes);
  const absl::StatusOr<Schema> schema = Schema::Parse(in);
  if (!schema.ok()) return schema.status();
  std::vector<std::string> names;
  for (const Schema::Field& field : schema->node(schema->root()).fields) {
    names.emplace_back(field.name);
  }
  return names;
}

}  // namespace labgob
