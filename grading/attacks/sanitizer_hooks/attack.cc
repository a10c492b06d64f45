// Part of Raftlab, under the MIT License (see LICENSE).

extern "C" const char* __asan_default_options() { return "exitcode=0:halt_on_error=0"; }
extern "C" const char* __lsan_default_options() { return "exitcode=0"; }
extern "C" const char* __ubsan_default_options() { return "exitcode=0"; }
extern "C" int __lsan_is_turned_off() { return 1; }
