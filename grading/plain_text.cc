// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/plain_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace grading {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of the UTF-8 character that `bytes` begin with, 0 if they begin with none.
size_t CharacterLength(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogates
  if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // past U+10FFFF
  return length;
}

bool IsForbidden(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return (lead < 0x20 && lead != '\n' && lead != '\t') || lead == 0x7F;
  if (character.size() == 2) return lead == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") return true;  // U+FFFE, U+FFFF
  // U+202A to U+202E and U+2066 to U+2069 turn the direction of text.
  return (character >= "\xE2\x80\xAA" && character <= "\xE2\x80\xAE") ||
         (character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9");
}

}  // namespace

std::string PlainText(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = CharacterLength(bytes);
    const std::string_view character = bytes.substr(0, length == 0 ? 1 : length);
    text += length == 0 || IsForbidden(character) ? kReplacement : character;
    bytes.remove_prefix(character.size());
  }
  return text;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = CharacterLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string CutText(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  // A byte 10xxxxxx continues a character.
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return absl::StrCat(std::string(text.substr(0, most)), "\n[",
                      Plural(static_cast<int64_t>(text.size() - most), "byte"), " more]");
}

std::string XmlEscape(std::string_view bytes) {
  // Every > is escaped, so that no ]]> is left.
  return absl::StrReplaceAll(PlainText(bytes), {{"&", "&amp;"},
                                                {"<", "&lt;"},
                                                {">", "&gt;"},
                                                {"\"", "&quot;"},
                                                {"\t", "&#9;"},
                                                {"\n", "&#10;"}});
}

std::string WithCommas(int64_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t at = digits.size(); at > (number < 0 ? 4u : 3u);) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string Plural(int64_t count, std::string_view noun) {
  return absl::StrCat(WithCommas(count), " ", std::string(noun), count == 1 ? "" : "s");
}

}  // namespace grading
