# One room (top-level folder) = one static library named after it, plus one test program `<room>_test`.
#
#   dsmkit_room(NAME scsi
#     SOURCES sense.cpp ...
#     DEPS base ...            # other rooms or imported libraries, PUBLIC
#     TESTS sense_test.cpp ... # GoogleTest files beside the sources
#     TEST_DEPS ...            # what only the tests need
#     IN_BATCHES)              # with DSMKIT_BATCHES ten SOURCES are compiled as one
#
# IN_BATCHES is for a room whose headers cost more than its sources (CLI11, JSON, fmt): a batch parses, instantiates and
# optimises them once. Names in anonymous namespaces must then be the only ones of their room, and a source that forgets to
# include something goes unnoticed: presets that compile each alone notice.
#
# A room links only what it names, so the linker itself holds the dependency table of ARCHITECTURE.md.
include(GoogleTest)

set(DSMKIT_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
                    -Wno-missing-field-initializers) # designated initializers leave the defaults on purpose

# Test programs: GoogleTest is parsed once for all of them, and nothing of a test is optimised, because more time goes
# into compiling the tests than into running them. The libraries they test are built as the preset says.
set(DSMKIT_TEST_OPTIONS ${DSMKIT_WARNINGS} -O0)

function(_dsmkit_test_options target)
  target_compile_options(${target} PRIVATE ${DSMKIT_TEST_OPTIONS})
  if(NOT TARGET dsmkit_test_headers)
    file(WRITE ${PROJECT_BINARY_DIR}/test_headers.cpp "// Gives the precompiled headers of the tests a target.\n")
    add_library(dsmkit_test_headers OBJECT ${PROJECT_BINARY_DIR}/test_headers.cpp)
    target_compile_options(dsmkit_test_headers PRIVATE ${DSMKIT_TEST_OPTIONS})
    target_link_libraries(dsmkit_test_headers PRIVATE GTest::gmock GTest::gtest)
    target_precompile_headers(dsmkit_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM dsmkit_test_headers)
endfunction()

function(dsmkit_room)
  cmake_parse_arguments(ROOM "IN_BATCHES" "NAME" "SOURCES;DEPS;TESTS;TEST_DEPS" ${ARGN})
  if(ROOM_SOURCES)
    add_library(${ROOM_NAME} STATIC ${ROOM_SOURCES})
    target_include_directories(${ROOM_NAME} PUBLIC ${PROJECT_SOURCE_DIR})
    target_compile_options(${ROOM_NAME} PRIVATE ${DSMKIT_WARNINGS})
    target_link_libraries(${ROOM_NAME} PUBLIC ${ROOM_DEPS})
    if(ROOM_IN_BATCHES AND DSMKIT_BATCHES)
      set_target_properties(${ROOM_NAME} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
    endif()
  else()
    add_library(${ROOM_NAME} INTERFACE)
    target_include_directories(${ROOM_NAME} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${ROOM_NAME} INTERFACE ${ROOM_DEPS})
  endif()
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REGEX REPLACE "/.*" "" folder ${folder})
  if(DSMKIT_UNIT_TESTS_ONCE AND folder IN_LIST DSMKIT_SANITIZED_ROOMS)
    set(ROOM_TESTS)
  endif()
  if(ROOM_TESTS AND DSMKIT_BUILD_TESTS)
    add_executable(${ROOM_NAME}_test ${ROOM_TESTS})
    _dsmkit_test_options(${ROOM_NAME}_test)
    target_link_libraries(${ROOM_NAME}_test PRIVATE ${ROOM_NAME} ${ROOM_TEST_DEPS} GTest::gmock
                                                    GTest::gtest_main)
    gtest_discover_tests(${ROOM_NAME}_test TEST_PREFIX "${ROOM_NAME}/" DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT 120)
  endif()
endfunction()
