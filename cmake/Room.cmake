# One room (top-level folder) = one static library named after it, plus one test program `<room>_test`.
#
#   dsmkit_room(NAME scsi
#     SOURCES sense.cpp ...
#     DEPS base ...            # other rooms or imported libraries, PUBLIC
#     TESTS sense_test.cpp ... # GoogleTest files beside the sources
#     TEST_DEPS ...)           # what only the tests need
#
# A room links only what it names, so the linker itself holds the dependency table of ARCHITECTURE.md.
include(GoogleTest)

set(DSMKIT_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
                    -Wno-missing-field-initializers) # designated initializers leave the defaults on purpose

function(dsmkit_room)
  cmake_parse_arguments(ROOM "" "NAME" "SOURCES;DEPS;TESTS;TEST_DEPS" ${ARGN})
  if(ROOM_SOURCES)
    add_library(${ROOM_NAME} STATIC ${ROOM_SOURCES})
    target_include_directories(${ROOM_NAME} PUBLIC ${PROJECT_SOURCE_DIR})
    target_compile_options(${ROOM_NAME} PRIVATE ${DSMKIT_WARNINGS})
    target_link_libraries(${ROOM_NAME} PUBLIC ${ROOM_DEPS})
  else()
    add_library(${ROOM_NAME} INTERFACE)
    target_include_directories(${ROOM_NAME} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${ROOM_NAME} INTERFACE ${ROOM_DEPS})
  endif()
  if(ROOM_TESTS AND DSMKIT_BUILD_TESTS)
    add_executable(${ROOM_NAME}_test ${ROOM_TESTS})
    target_compile_options(${ROOM_NAME}_test PRIVATE ${DSMKIT_WARNINGS})
    target_link_libraries(${ROOM_NAME}_test PRIVATE ${ROOM_NAME} ${ROOM_TEST_DEPS} GTest::gmock
                                                    GTest::gtest_main)
    gtest_discover_tests(${ROOM_NAME}_test TEST_PREFIX "${ROOM_NAME}/" DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT 120)
  endif()
endfunction()
