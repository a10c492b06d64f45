// Part of Raftlab, under the MIT License (see LICENSE).
//
// Text that student code may have had a hand in, made safe to show.

#ifndef RAFTLAB_GRADING_PLAIN_TEXT_H_
#define RAFTLAB_GRADING_PLAIN_TEXT_H_

#include <string>
#include <string_view>

namespace grading {

// Well-formed UTF-8 without control characters other than newline and tab: what was invalid, or
// would move a terminal's cursor, or turns the direction of the text around it, or is forbidden in
// XML 1.0, is U+FFFD.
std::string PlainText(std::string_view bytes);

bool IsUtf8(std::string_view bytes);

// The text if it has at most `most` bytes; else its first whole characters and "[N bytes more]".
std::string CutText(std::string_view text, size_t most);

// The same for a double-quoted attribute or the text of an XML element.
std::string XmlEscape(std::string_view bytes);

// 1234567 as "1,234,567".
std::string WithCommas(int64_t number);

// "1 seed", "10 seeds".
std::string Plural(int64_t count, std::string_view noun);

}  // namespace grading

#endif  // RAFTLAB_GRADING_PLAIN_TEXT_H_
