// Part of Raftlab, under the MIT License (see LICENSE).
//
// Must not compile, and say why: CMakeLists.txt compiles it once for each REFUSED_... and looks for
// the sentence. Without any of them it compiles, which shows that nothing else is wrong with it.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "labgob/labgob.h"

namespace {

struct Reply {
  int64_t term = 0;
#if defined(REFUSED_MISSED_FIELD)
  bool vote_granted = false;
#elif defined(REFUSED_POINTER)
  int64_t* next = nullptr;
#elif defined(REFUSED_SMART_POINTER)
  std::shared_ptr<int64_t> next;
#elif defined(REFUSED_VIEW)
  std::string_view next;
#elif defined(REFUSED_HASH_TABLE)
  std::unordered_map<int64_t, int64_t> next;
#elif defined(REFUSED_CONTAINER)
  std::deque<int64_t> next;
#else
  int64_t next = 0;
#endif
};
#if defined(REFUSED_MISSED_FIELD)
BOOST_DESCRIBE_STRUCT(Reply, (), (term))
#elif !defined(REFUSED_NOT_DESCRIBED)
BOOST_DESCRIBE_STRUCT(Reply, (), (term, next))
#endif

}  // namespace

int main() {
  const std::string bytes = labgob::Encode(Reply{});
  return labgob::Decode<Reply>(bytes).ok() ? 0 : 1;
}
