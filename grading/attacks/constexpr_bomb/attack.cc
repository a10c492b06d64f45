// Part of Raftlab, under the MIT License (see LICENSE).

constexpr uint64_t Spin(uint64_t n) { return n < 2 ? n : Spin(n - 1) + Spin(n - 2); }
constexpr uint64_t kBoom = Spin(90);
