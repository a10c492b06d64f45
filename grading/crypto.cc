// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/crypto.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <set>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "grading/seeds.h"

namespace grading {
namespace {

constexpr size_t kDigestBytes = 32;

uint64_t SeedOf(std::string_view digest) {
  uint64_t number = 0;
  for (const char byte : digest.substr(0, 8)) {
    number = (number << 8) | static_cast<unsigned char>(byte);
  }
  return number & kLargestSeed;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  std::string digest(kDigestBytes, '\0');
  unsigned int length = 0;
  // Fails only if OpenSSL has no SHA-256; no grade may then be made.
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 &length, EVP_sha256(), nullptr) != 1 ||
      length != kDigestBytes) {
    std::abort();
  }
  return absl::BytesToHexString(absl::string_view(digest.data(), digest.size()));
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  std::string digest(kDigestBytes, '\0');
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()), &length) == nullptr ||
      length != kDigestBytes) {
    std::abort();
  }
  return digest;
}

std::vector<uint64_t> DeriveSeeds(std::string_view key, std::string_view submission,
                                  std::string_view test, int count) {
  const std::string prefix =
      absl::StrCat("raftlab seeds 1\n", submission.size(), ":", std::string(submission), "\n",
                   test.size(), ":", std::string(test), "\n");
  std::vector<uint64_t> seeds;
  std::set<uint64_t> known = {0};
  for (uint64_t i = 0; static_cast<int>(seeds.size()) < count; ++i) {
    const uint64_t seed = SeedOf(HmacSha256(key, absl::StrCat(prefix, i)));
    if (known.insert(seed).second) seeds.push_back(seed);
  }
  return seeds;
}

std::string KeyCommitment(std::string_view key) { return Sha256Hex(key); }

absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  const auto error = [&](const std::string& why) {
    return absl::InvalidArgumentError(absl::StrCat("the course key ", path, " ", why));
  };
  const std::string advice =
      absl::StrCat("; make one with: openssl rand -hex 32 > ", path.empty() ? "course.key" : path);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return error(absl::StrCat("cannot be read: ", std::strerror(errno), advice));
  std::string key(kLongestKey + 1, '\0');
  size_t length = 0;
  ssize_t got = 0;
  while (length < key.size() && (got = read(file, key.data() + length, key.size() - length)) > 0) {
    length += static_cast<size_t>(got);
  }
  const std::string why = std::strerror(errno);
  close(file);
  if (got < 0) return error(absl::StrCat("cannot be read: ", why, advice));
  if (length > kLongestKey) {
    return error(absl::StrCat("is longer than ", kLongestKey, " bytes", advice));
  }
  key.resize(length);
  while (!key.empty() && std::strchr(" \t\r\n", key.back()) != nullptr) key.pop_back();
  if (key.empty()) return error(absl::StrCat("is empty", advice));
  if (key.size() < kShortestKey) {
    return error(absl::StrCat("has ", key.size(), " bytes and needs at least ", kShortestKey,
                              ", or it can be guessed", advice));
  }
  return key;
}

}  // namespace grading
