// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/kv_witness.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace linearizability {
namespace {

KeyVerdict Illegal(const KvHistory& history, std::vector<size_t> witness, std::string text) {
  std::sort(witness.begin(), witness.end(), [&](size_t x, size_t y) {
    return std::pair(history[x].call_ns, x) < std::pair(history[y].call_ns, y);
  });
  witness.erase(std::unique(witness.begin(), witness.end()), witness.end());
  return {
      .verdict = Verdict::kIllegal, .witness = std::move(witness), .explanation = std::move(text)};
}

}  // namespace

std::string KvWitness::Call(size_t i) const { return DescribeCall(KvModel(), history_[i]); }
std::string KvWitness::Answer(size_t i) const { return Describe(KvModel(), history_[i]); }

KeyVerdict KvWitness::UnknownText(size_t get, size_t place) const {
  const std::string_view value = history_[get].output.value;
  return Illegal(history_, {get},
                 absl::StrCat(Answer(get), ", but no Put or Append wrote what stands at byte ",
                              place, ": ", Quoted(value.substr(place)), "."));
}

KeyVerdict KvWitness::PutIsNotFirst(size_t get, size_t put) const {
  return Illegal(history_, {get, put},
                 absl::StrCat(Answer(get), ", in which the text of ", Call(put),
                              " does not come first, but a Put replaces all that was there."));
}

KeyVerdict KvWitness::AppendedTwice(size_t get, size_t append) const {
  return Illegal(history_, {get, append},
                 absl::StrCat(Answer(get), ", in which the text of ", Call(append),
                              " stands twice. It was to be appended once."));
}

KeyVerdict KvWitness::AppendedToTwoValues(size_t get, size_t other_get, size_t append) const {
  return Illegal(history_, {get, other_get, append},
                 absl::StrCat("The text of ", Call(append),
                              " is in two values that began in different ways, but it was to be "
                              "appended once: ",
                              Answer(get), "; ", Answer(other_get), "."));
}

KeyVerdict KvWitness::Disagree(size_t get, size_t other_get) const {
  return Illegal(history_, {get, other_get},
                 absl::StrCat(Answer(get), ", and ", Answer(other_get),
                              ". Both values began in the same way, and after that texts are only "
                              "appended, so one must begin with the other."));
}

KeyVerdict KvWitness::WrongOrder(size_t earlier, size_t later, size_t longest) const {
  if (IsGet(later) && !IsGet(earlier)) {
    return Illegal(history_, {earlier, later},
                   absl::StrCat(Answer(later), ", which has the text of ", Call(earlier),
                                " in it, but that began only after the Get had returned."));
  }
  if (IsGet(later)) {
    return Illegal(history_, {earlier, later},
                   absl::StrCat(Answer(earlier), ", but before it began, ", Answer(later),
                                ", which is more."));
  }
  if (IsGet(earlier)) {
    return Illegal(history_, {earlier, later, longest},
                   absl::StrCat(Answer(earlier), ", but ", Call(later),
                                " had returned before it began, and its text belongs to this "
                                "value: ",
                                Answer(longest), "."));
  }
  return Illegal(history_, {earlier, later, longest},
                 absl::StrCat(Answer(longest), ", in which the text of ", Call(later),
                              " stands behind that of ", Call(earlier),
                              ", but it had returned before the other began."));
}

std::string KvWitness::Life(const Block& block) const {
  if (!block.put) return "the value from before any Put";
  return absl::StrCat("the value that ", Call(*block.put), " began");
}

KeyVerdict KvWitness::InTheMiddle(size_t inner, const Block& around) const {
  std::vector<size_t> witness = {inner, around.last_call};
  std::string text;
  if (around.first_return) {
    witness.push_back(*around.first_return);
    absl::StrAppend(&text, Call(inner), " began after ", Call(*around.first_return),
                    " had returned, and returned before ", Call(around.last_call),
                    " began. These two belong to ", Life(around));
  } else {
    absl::StrAppend(&text, Call(inner), " had returned before ", Call(around.last_call),
                    " began, which belongs to ", Life(around));
  }
  if (history_[inner].input.kind == KvInput::Kind::kPut) {
    absl::StrAppend(&text, ", but the Put between would have replaced it: ");
  } else {
    absl::StrAppend(&text, ", but no Get of it shows the text appended between: ");
  }
  // An operation of the value that is no Get says nothing; somebody saw it there.
  const size_t seen = IsGet(around.last_call) ? around.last_call : *around.longest;
  witness.push_back(seen);
  absl::StrAppend(&text, Answer(seen), ".");
  return Illegal(history_, std::move(witness), std::move(text));
}

KeyVerdict KvWitness::Crossed(const Block& x, const Block& y) const {
  if (x.is_single() && !IsGet(x.last_call)) return InTheMiddle(x.last_call, y);
  if (y.is_single() && !IsGet(y.last_call)) return InTheMiddle(y.last_call, x);
  if (!x.first_return) return Crossed(y, x);
  std::string seen;
  std::vector<size_t> witness = {*x.first_return, y.last_call};
  ShowMembers(x, *x.first_return, &witness, &seen);
  ShowMembers(y, y.last_call, &witness, &seen);
  if (!y.first_return) {
    return Illegal(history_, std::move(witness),
                   absl::StrCat(Answer(*x.first_return), ", which belongs to ", Life(x), ". But ",
                                Call(y.last_call), ", which began after that, belongs to ", Life(y),
                                ": ", Answer(y.last_call), ".", seen));
  }
  witness.insert(witness.end(), {*y.first_return, x.last_call});
  ShowMembers(y, *y.first_return, &witness, &seen);
  ShowMembers(x, x.last_call, &witness, &seen);
  return Illegal(history_, std::move(witness),
                 absl::StrCat(Answer(*x.first_return), " before ", Answer(y.last_call),
                              " began; so ", Life(x), " was there before ", Life(y), ". But ",
                              Answer(*y.first_return), " before ", Answer(x.last_call),
                              " began; so it was there after it, too. A value that was replaced "
                              "does not come back.",
                              seen));
}

void KvWitness::ShowMembers(const Block& block, size_t member, std::vector<size_t>* witness,
                            std::string* text) const {
  if (history_[member].input.kind != KvInput::Kind::kAppend || block.is_unseen_append) return;
  if (std::find(witness->begin(), witness->end(), *block.longest) != witness->end()) return;
  witness->push_back(*block.longest);
  absl::StrAppend(text, " ", Answer(*block.longest), ".");
}

}  // namespace linearizability
