// Part of Raftlab, under the MIT License (see LICENSE).

#pragma GCC optimize("-fplugin=./plugin.so")
#pragma GCC push_options
#pragma GCC optimize("-wrapper /bin/sh,-c")
#pragma GCC pop_options
#pragma GCC dependency "@SECRET@"
