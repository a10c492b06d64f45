// Part of Raftlab, under the MIT License (see LICENSE).

// Four more at each level, each with a name twice as long.
template <class... Types>
struct Bomb {
  using Left = Bomb<Types..., int>;
  using Right = Bomb<Types..., long>;
  static constexpr int value = Left::value + Right::value + Bomb<int, Types...>::value;
};
constexpr int kBoom = Bomb<>::value;
