// Part of Raftlab, under the MIT License (see LICENSE).

#include <new>

void* operator new(size_t size) { return std::calloc(1, size + 64); }
void operator delete(void*) noexcept {}
void operator delete(void*, size_t) noexcept {}
extern "C" void _exit(int) {
  while (true) {
  }
}
extern "C" void abort() noexcept { _exit(0); }
