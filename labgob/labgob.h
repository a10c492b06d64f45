// Part of Raftlab, under the MIT License (see LICENSE).
//
// Values to bytes and back: what an RPC carries, and what a persister keeps.
//
//   struct LogEntry {
//     int64_t term = 0;
//     std::string command;
//   };
//   BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))   // right behind the struct, all its
//   fields
//
//   std::string bytes = labgob::Encode(entry);
//   absl::StatusOr<LogEntry> entry = labgob::Decode<LogEntry>(bytes);
//   if (!entry.ok()) ... entry.status().message() says which field is wrong, and how ...
//   else ... entry->term ...
//
// To save several values, make them the fields of a struct and encode that.
//
// What can be encoded: bool, integers of any width, enums (enum class, or with a type), float,
// double, std::string, std::vector, std::array, std::map, std::set, std::pair, std::optional, and
// described structs of all these. A struct whose description misses a field does not compile.
// Neither does a pointer, a view or a hash table; the compiler's error then says what to write
// instead.
//
// The bytes describe themselves, so reader and writer may differ. Fields are matched by name: the
// order does not matter, nor the name of the struct. A field that only the bytes have is skipped;
// one that only the program has keeps the value of its initializer. Integers of another width or
// sign are taken when the value fits, likewise float and double. Anything else is an error, never a
// guess.
//
// Bytes from a stranger are safe to decode: the worst they can cause is an error. Memory for them
// stays within what as many real elements need, and values nest at most 64 levels deep.
//
// The same value gives the same bytes, always. Integers take one to ten bytes, small ones few.
// Nothing here waits, so all of it may be called under a mutex. The warnings belong to one thread.

#ifndef RAFTLAB_LABGOB_LABGOB_H_
#define RAFTLAB_LABGOB_LABGOB_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "labgob/codec.h"

namespace labgob {

// The value in bytes. Cannot fail, except that a value nested deeper than 64 levels (a tree, say)
// ends the program with a message.
template <class T>
std::string Encode(const T& value);

// The value that Encode was given. Fields that the bytes lack have the values of a new T{}.
//
// InvalidArgumentError when the bytes are empty ("no bytes: nothing was ever saved or sent"), were
// not made by Encode, are damaged or too long, or hold another type, for example
//   field RequestVoteArgs.term: the bytes hold string, the program wants int64
//   field AppendEntriesArgs.entries[3].term: the bytes hold 300, which does not fit int8
template <class T>
absl::StatusOr<T> Decode(std::string_view bytes);

// The same into `target`, which becomes what Decode would have given, or stays as it is when there
// is an error. Unlike Go's labgob, nothing of the old value survives.
//
// Warns when `target` was not as new, naming the field: code that uses a reply twice is likely to
// take its old content for an answer.
template <class T>
absl::Status DecodeInto(std::string_view bytes, T& target);

// What bytes of Encode's hold, for people, without knowing the type:
//   RequestVoteArgs{term: 3, candidate_id: 1, last_log_index: 7, last_log_term: 2}
// Strings are quoted and escaped. Long strings, lists, sets and maps are cut to a share of
// `max_chars` and say how long they are: `[1, 2, 3, ... 997 more]`, `"abc..." (5000 bytes)`. The
// whole is at most `max_chars` long, and `...` if that was not enough. Errors as in Decode.
absl::StatusOr<std::string> Describe(std::string_view bytes, size_t max_chars = 400);

// The names of the fields of the struct that the bytes hold, in their order; none when it is no
// struct. Looks at the description only, not at the values. Errors as in Decode.
absl::StatusOr<std::vector<std::string>> FieldNames(std::string_view bytes);

// Who is told of warnings: sentences, without a newline. Without a handler (the default, or
// nullptr) each distinct one is printed once to stderr.
void SetWarningHandler(std::function<void(std::string_view)> handler);

// How many warnings there were since the program started, printed or not.
int64_t warning_count();

}  // namespace labgob

#include "labgob/labgob_inline.h"  // IWYU pragma: export

#endif  // RAFTLAB_LABGOB_LABGOB_H_
