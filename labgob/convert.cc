// Part of Raftlab, under the MIT License (see LICENSE).

#include "labgob/convert.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "labgob/schema.h"

namespace labgob {
namespace {

using Field = Schema::Field;
using Node = Schema::Node;

// How one struct of the bytes becomes one of the program's.
struct Plan {
  std::vector<int> source;      // For each of the program's fields: the bytes' field, or -1.
  std::vector<int> target;      // For each of the bytes' fields: the program's field, or -1.
  bool in_order = true;         // What the two share stands in the same order in both.
  bool needs_defaults = false;  // A field is missing, here or in a struct directly inside.
};

// What a descriptor and a type settle without any value: worked out once, used for every message.
struct Match {
  Match(std::string_view header, const Type& type)
      : header(header), type(type), defaults(type.make_default.size()) {}
  Match(const Match&) = delete;
  Match& operator=(const Match&) = delete;

  // No descriptor is the beginning of another, so these bytes alone tell a message's type.
  bool Fits(std::string_view message, const Type& wanted_type) const {
    return &type == &wanted_type && message.starts_with(header);
  }

  const std::string header;  // Of the bytes; `found` points into it.
  const Type& type;
  Schema wanted;
  Schema found;
  std::map<std::pair<int, int>, Plan> plans;
  std::vector<std::string> defaults;  // By struct number; made when first needed.
};

// Converts one message, behind whose header `in` stands.
class Converter {
 public:
  Converter(Match& match, Reader& in)
      : wanted_(match.wanted),
        found_(match.found),
        type_(match.type),
        in_(in),
        plans_(match.plans),
        defaults_(match.defaults) {}

  // Makes the plans of a new match; an error if no value of the one type can become the other.
  absl::Status MakePlans();
  absl::StatusOr<std::string> Run();

 private:
  struct Slice {
    size_t begin = 0, end = 0;
  };

  bool MatchTypes(int wanted, int found);
  bool MatchStruct(int wanted, int found);
  bool Value(int wanted, int found, std::string_view defaults, int depth);
  bool Elements(const Node& wanted, const Node& found, int depth);
  bool Struct(int wanted, int found, std::string_view defaults, int depth);
  bool FieldsInto(const Plan& plan, const Node& wanted, const Node& found,
                  const std::vector<std::string_view>& defaults, int depth);
  std::vector<std::string_view> DefaultsOf(const Node& wanted, std::string_view defaults);
  bool IntegerValue(Kind wanted, Kind found);
  bool FloatingValue(Kind wanted, Kind found);

  bool Fail(std::string why) {
    why_ = std::move(why);
    return false;
  }
  bool Damaged() {
    return why_.empty() ? Fail(absl::StrCat("these bytes are damaged: ", in_.why())) : false;
  }
  bool At(std::string_view step) {
    path_.insert(0, step);
    return false;
  }
  absl::Status Error() const;

  const Schema& wanted_;
  const Schema& found_;
  const Type& type_;
  Reader& in_;
  Writer out_;
  std::map<std::pair<int, int>, Plan>& plans_;
  std::vector<std::string>& defaults_;
  std::string why_;
  std::string path_;  // Of the failure, collected on the way out: `.entries[3].term`.
};

absl::Status Converter::MakePlans() {
  return MatchTypes(wanted_.root(), found_.root()) ? absl::OkStatus() : Error();
}

absl::StatusOr<std::string> Converter::Run() {
  if (!Value(wanted_.root(), found_.root(), {}, 0)) return Error();
  if (in_.remaining() != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d bytes too many stand behind the value", in_.remaining()));
  }
  return out_.Take();
}

absl::Status Converter::Error() const {
  const Node& root = wanted_.node(wanted_.root());
  if (path_.empty()) return absl::InvalidArgumentError(why_);
  const std::string_view name = root.kind == Kind::kStruct ? root.name : "value";
  return absl::InvalidArgumentError(
      absl::StrCat("field ", absl::string_view(name.data(), name.size()), path_, ": ", why_));
}

// Whether values of the one type can become values of the other; makes the plans for all structs.
bool Converter::MatchTypes(int wanted, int found) {
  const Node& w = wanted_.node(wanted);
  const Node& f = found_.node(found);
  const bool alike = w.kind == f.kind || (IsInteger(w.kind) && IsInteger(f.kind)) ||
                     (IsFloating(w.kind) && IsFloating(f.kind));
  if (!alike) {
    return Fail(absl::StrCat("the bytes hold ", found_.NameOf(found), ", the program wants ",
                             wanted_.NameOf(wanted)));
  }
  if (w.kind == Kind::kStruct) return MatchStruct(wanted, found);
  if (w.first >= 0 && !MatchTypes(w.first, f.first)) return false;
  return w.second < 0 || MatchTypes(w.second, f.second);
}

bool Converter::MatchStruct(int wanted, int found) {
  const auto [place, is_new] = plans_.try_emplace({wanted, found});
  if (!is_new) return true;
  Plan& plan = place->second;
  const std::vector<Field>& w = wanted_.node(wanted).fields;
  const std::vector<Field>& f = found_.node(found).fields;
  plan.source.assign(w.size(), -1);
  plan.target.assign(f.size(), -1);
  int last = -1;
  for (size_t i = 0; i < w.size(); ++i) {
    size_t j = 0;
    while (j < f.size() && f[j].name != w[i].name) ++j;
    if (j == f.size()) {
      plan.needs_defaults = true;
      continue;
    }
    plan.source[i] = static_cast<int>(j);
    plan.target[j] = static_cast<int>(i);
    plan.in_order = plan.in_order && plan.source[i] > last;
    last = plan.source[i];
    if (!MatchTypes(w[i].type, f[j].type)) return At(absl::StrCat(".", std::string(w[i].name)));
    if (const auto inner = plans_.find({w[i].type, f[j].type}); inner != plans_.end()) {
      plan.needs_defaults = plan.needs_defaults || inner->second.needs_defaults;
    }
  }
  return true;
}

// Moves one value from in_ to out_. `defaults` is the value that stands in a fresh struct in this
// place, in the program's layout, or empty when there is none.
bool Converter::Value(int wanted, int found, std::string_view defaults, int depth) {
  const Node& w = wanted_.node(wanted);
  const Node& f = found_.node(found);
  if (f.kind >= Kind::kList && depth >= kMaxDepth) {
    in_.FailDeep();
    return Damaged();
  }
  bool flag = false;
  std::string_view bytes;
  switch (f.kind) {
    case Kind::kBool:
      if (!in_.Bool(flag)) return Damaged();
      out_.Byte(flag ? 1 : 0);
      return true;
    case Kind::kFloat:
    case Kind::kDouble:
      return FloatingValue(w.kind, f.kind);
    case Kind::kString:
      if (!in_.String(bytes)) return Damaged();
      out_.String(bytes);
      return true;
    case Kind::kList:
    case Kind::kSet:
    case Kind::kMap:
      return Elements(w, f, depth);
    case Kind::kPair:
      return (Value(w.first, f.first, {}, depth + 1) || At(".first")) &&
             (Value(w.second, f.second, {}, depth + 1) || At(".second"));
    case Kind::kOptional:
      if (!in_.Bool(flag)) return Damaged();
      out_.Byte(flag ? 1 : 0);
      return !flag || Value(w.first, f.first, {}, depth + 1);
    case Kind::kStruct:
      return Struct(wanted, found, defaults, depth);
    default:
      return IntegerValue(w.kind, f.kind);
  }
}

bool Converter::IntegerValue(Kind wanted, Kind found) {
  Integer integer;
  if (!ReadInteger(found, in_, integer)) return Damaged();
  if (!integer.FitsIn(wanted)) {
    static constexpr const char* kNames[] = {"int8",  "int16",  "int32",  "int64",
                                             "uint8", "uint16", "uint32", "uint64"};
    const int index = static_cast<int>(wanted) - static_cast<int>(Kind::kInt8);
    return Fail(absl::StrCat("the bytes hold ", integer.ToString(), ", which does not fit ",
                             kNames[index]));
  }
  WriteInteger(wanted, integer, out_);
  return true;
}

bool Converter::FloatingValue(Kind wanted, Kind found) {
  double value = 0;
  if (!ReadFloating(found, in_, value)) return Damaged();
  if (wanted == Kind::kDouble) {
    out_.Bytes({reinterpret_cast<const char*>(&value), sizeof(value)});
    return true;
  }
  const float narrow = static_cast<float>(value);
  if (found == Kind::kDouble && value == value && static_cast<double>(narrow) != value) {
    return Fail(absl::StrFormat("the bytes hold %.17g, which does not fit float", value));
  }
  out_.Bytes({reinterpret_cast<const char*>(&narrow), sizeof(narrow)});
  return true;
}

bool Converter::Elements(const Node& w, const Node& f, int depth) {
  size_t count = 0;
  if (!in_.Count(count)) return Damaged();
  out_.Varint(count);
  for (size_t i = 0; i < count; ++i) {
    if (!Value(w.first, f.first, {}, depth + 1)) return At(absl::StrCat("[", i, "]"));
    if (f.kind == Kind::kMap && !Value(w.second, f.second, {}, depth + 1)) {
      return At(absl::StrCat("[", i, "]"));
    }
  }
  return true;
}

bool Converter::Struct(int wanted, int found, std::string_view defaults, int depth) {
  const Node& w = wanted_.node(wanted);
  const Node& f = found_.node(found);
  const Plan& plan = plans_.at({wanted, found});
  if (f.fields.empty() && !found_.Skip(found, in_, depth)) return Damaged();
  if (w.fields.empty()) {
    for (const Field& field : f.fields) {
      if (!found_.Skip(field.type, in_, depth + 1)) return Damaged();
    }
    out_.Byte(0);
    return true;
  }
  std::vector<std::string_view> slices;
  if (plan.needs_defaults) slices = DefaultsOf(w, defaults);
  return FieldsInto(plan, w, f, slices, depth);
}

// Values come in the order of the bytes; where that is not the program's, they are written as they
// come and then put into order.
bool Converter::FieldsInto(const Plan& plan, const Node& w, const Node& f,
                           const std::vector<std::string_view>& defaults, int depth) {
  const bool streams = plan.in_order && !plan.needs_defaults;
  const size_t begin = out_.size();
  std::vector<Slice> written(streams ? 0 : w.fields.size());
  for (size_t j = 0; j < f.fields.size(); ++j) {
    const Field& field = f.fields[j];
    if (plan.target[j] < 0) {
      if (found_.Skip(field.type, in_, depth + 1)) continue;
      Damaged();
      return At(absl::StrCat(".", std::string(field.name)));
    }
    const size_t i = static_cast<size_t>(plan.target[j]);
    const size_t field_begin = out_.size() - begin;
    if (!Value(w.fields[i].type, field.type, defaults.empty() ? std::string_view() : defaults[i],
               depth + 1)) {
      return At(absl::StrCat(".", std::string(field.name)));
    }
    if (!streams) written[i] = {field_begin, out_.size() - begin};
  }
  if (streams) return true;

  const std::string unordered(out_.view().substr(begin));
  out_.Truncate(begin);
  for (size_t i = 0; i < w.fields.size(); ++i) {
    const Slice& slice = written[i];
    out_.Bytes(plan.source[i] < 0
                   ? defaults[i]
                   : std::string_view(unordered).substr(slice.begin, slice.end - slice.begin));
  }
  return true;
}

// The value that each field of the program's struct has in a fresh one.
std::vector<std::string_view> Converter::DefaultsOf(const Node& wanted, std::string_view defaults) {
  if (defaults.empty()) {
    const size_t number = static_cast<size_t>(wanted.number);
    if (defaults_[number].empty()) defaults_[number] = type_.make_default[number]();
    defaults = defaults_[number];
  }
  std::vector<std::string_view> slices;
  Reader in(defaults);
  for (const Field& field : wanted.fields) {
    const std::string_view from_here = in.rest();
    if (!wanted_.Skip(field.type, in, 0)) Die("a default value cannot be read back");
    slices.push_back(from_here.substr(0, from_here.size() - in.remaining()));
  }
  return slices;
}

// Takes the two descriptors apart and makes the plans.
absl::StatusOr<std::unique_ptr<Match>> MakeMatch(std::string_view header, const Type& type) {
  auto match = std::make_unique<Match>(header, type);
  Reader in(match->header);
  absl::StatusOr<Schema> found = Schema::Parse(in);
  if (!found.ok()) return found.status();
  match->found = *std::move(found);
  Reader own(type.header);
  absl::StatusOr<Schema> wanted = Schema::Parse(own);
  if (!wanted.ok()) return wanted.status();
  match->wanted = *std::move(wanted);
  if (absl::Status status = Converter(*match, in).MakePlans(); !status.ok()) return status;
  return match;
}

// A program meets few descriptors that are not its own, again and again: so many matches are kept,
// the newest in place of the oldest. A descriptor that is longer is a stranger's.
constexpr size_t kKept = 16;
constexpr size_t kLongestKept = 4096;

}  // namespace

absl::StatusOr<std::string> Convert(std::string_view message, const Type& wanted) {
  thread_local std::array<std::unique_ptr<Match>, kKept> kept;
  thread_local size_t oldest = 0;
  for (const std::unique_ptr<Match>& match : kept) {
    if (match == nullptr || !match->Fits(message, wanted)) continue;
    Reader in(message.substr(match->header.size()));
    return Converter(*match, in).Run();
  }
  Reader in(message);
  const absl::StatusOr<Schema> found = Schema::Parse(in);
  if (!found.ok()) return found.status();
  const std::string_view header = message.substr(0, message.size() - in.remaining());
  absl::StatusOr<std::unique_ptr<Match>> match = MakeMatch(header, wanted);
  if (!match.ok()) return match.status();
  absl::StatusOr<std::string> converted = Converter(**match, in).Run();
  if (header.size() <= kLongestKept) kept[oldest++ % kKept] = *std::move(match);
  return converted;
}

absl::Status Refuse(std::string_view message, const Type& wanted, std::string_view why) {
  const absl::StatusOr<std::string> converted = Convert(message, wanted);
  return converted.ok() ? Malformed(why) : converted.status();
}

}  // namespace labgob
