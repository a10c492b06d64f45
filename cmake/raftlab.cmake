# What every folder's CMakeLists.txt is written with. One folder is one library of the same name.

find_package(absl REQUIRED)
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS fiber context)
include(GoogleTest)

add_library(raftlab_flags INTERFACE)
target_compile_options(raftlab_flags INTERFACE -Wall -Wextra -Wsign-compare)
# LAB_STAFF begin
target_compile_definitions(raftlab_flags INTERFACE LAB_SOLUTION=$<BOOL:${LAB_SOLUTION}>)
# LAB_STAFF end
target_include_directories(raftlab_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(raftlab_flags INTERFACE -Wthread-safety -Werror)
endif()
if(LAB_SANITIZE)
  target_compile_options(raftlab_flags INTERFACE -fsanitize=${LAB_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(raftlab_flags INTERFACE -fsanitize=${LAB_SANITIZE})
endif()

# An empty function does not use its parameters yet, nor the class its fields.
set(raftlab_unfinished_flags -Wno-unused-parameter $<$<CXX_COMPILER_ID:Clang>:-Wno-unused-private-field>)
# LAB_STAFF begin
if(LAB_SOLUTION)
  set(raftlab_unfinished_flags)
endif()
# LAB_STAFF end

# raftlab_library(NAME SOURCES a.cc... DEPS targets...)
function(raftlab_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC raftlab_flags ${ARG_DEPS})
endfunction()

# LAB_STAFF begin
# raftlab_unit_test(NAME SOURCES a_test.cc... DEPS targets...): the framework's own tests, beside the
# code that they test; ctest label "framework".
function(raftlab_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE raftlab_flags ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} PROPERTIES LABELS framework TIMEOUT 600 DISCOVERY_TIMEOUT 60)
endfunction()

# raftlab_fuzzer(NAME TEST SOURCES a_fuzz.cc b.cc... DEPS packages...): a libFuzzer program, and a
# ctest TEST of a fixed number of runs. It needs clang's libFuzzer; with another compiler, clang++
# builds it beside the rest. The sources that it tests are compiled into it, so that they are
# instrumented too. DEPS are abseil's names for pkg-config, without absl_.
find_program(RAFTLAB_FUZZ_CLANGXX NAMES clang++ clang++-14)
find_package(PkgConfig QUIET)
function(raftlab_fuzzer name test)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  set(flags -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    add_executable(${name} ${ARG_SOURCES})
    target_compile_options(${name} PRIVATE ${flags})
    target_link_options(${name} PRIVATE ${flags})
    list(TRANSFORM ARG_DEPS PREPEND absl:: OUTPUT_VARIABLE libraries)
    target_link_libraries(${name} PRIVATE raftlab_flags ${libraries} Boost::headers)
  elseif(RAFTLAB_FUZZ_CLANGXX AND PkgConfig_FOUND)
    list(TRANSFORM ARG_DEPS PREPEND absl_ OUTPUT_VARIABLE packages)
    pkg_check_modules(${name}_ABSL REQUIRED ${packages})
    list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
    file(GLOB headers ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
    add_custom_command(
      OUTPUT ${name}
      COMMAND ${RAFTLAB_FUZZ_CLANGXX} -std=c++20 ${flags} -I${PROJECT_SOURCE_DIR} ${paths}
              ${${name}_ABSL_LDFLAGS} -o ${name}
      DEPENDS ${paths} ${headers}
      VERBATIM)
    add_custom_target(${name}_program ALL DEPENDS ${name})
  else()
    return()
  endif()
  add_test(NAME ${test} COMMAND ${CMAKE_CURRENT_BINARY_DIR}/${name} -runs=200000 -max_len=4096 -seed=1)
  set_tests_properties(${test} PROPERTIES LABELS framework TIMEOUT 600)
endfunction()
# LAB_STAFF end
