// Part of Raftlab, under the MIT License (see LICENSE).
//
// From the bytes' types to the program's; internal to labgob. A message whose descriptor is not the
// program's own is rewritten, field by field, into one that is, and then decoded like any other. So
// this slow road needs no templates, and a type costs a student no compile time for it.

#ifndef RAFTLAB_LABGOB_CONVERT_H_
#define RAFTLAB_LABGOB_CONVERT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "labgob/type.h"

namespace labgob {

// The message's value as `wanted` lays it out, without a header. Fields are matched by name; one
// that only the bytes have is left out, one that only the program has gets the value that a fresh
// struct has. An error names the field.
absl::StatusOr<std::string> Convert(std::string_view message, const Type& wanted);

// The error for a message with the program's own descriptor whose value could not be read because
// of `why`; looks for the field to blame.
absl::Status Refuse(std::string_view message, const Type& wanted, std::string_view why);

}  // namespace labgob

#endif  // RAFTLAB_LABGOB_CONVERT_H_
