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
# LAB_STAFF end
