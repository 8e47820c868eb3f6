# What the presets of CMakePresets.json ask for: sanitizers, coverage, the kernel subset; and the tests of the
# repository itself.

find_program(DSMKIT_CCACHE ccache)
mark_as_advanced(DSMKIT_CCACHE)
if(DSMKIT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for before it keeps what was compiled with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${DSMKIT_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

if(DSMKIT_SANITIZE)
  # -fno-sanitize-recover: a finding ends the test, so that it cannot be overlooked.
  add_compile_options(-fsanitize=${DSMKIT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DSMKIT_SANITIZE})
endif()
if(DSMKIT_BUILD_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "DSMKIT_BUILD_FUZZ needs clang for libFuzzer, not ${CMAKE_CXX_COMPILER}: "
                        "use `cmake --preset fuzz`")
  endif()
  # The libraries report what they execute; each fuzz target itself links -fsanitize=fuzzer.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(DSMKIT_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# The whole build of the preset kernel-subset is one check.
function(dsmkit_kernel_subset)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_custom_target(kernel_subset ALL
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/kernel_subset.py
            --build-dir ${PROJECT_BINARY_DIR}
    USES_TERMINAL VERBATIM)
endfunction()

# The whole build of the preset windows-driver: two machines, other compilers than the project's.
function(dsmkit_windows_driver)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_custom_target(windows_driver ALL
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_driver.py
            --build-dir ${PROJECT_BINARY_DIR}
    USES_TERMINAL VERBATIM)
endfunction()

# Tests of the repository and of the tools that judge it.
function(dsmkit_tool_tests)
  add_test(NAME lint/repository
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/lint.py
                   --build-dir ${PROJECT_BINARY_DIR})
  add_test(NAME lint/lint_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/lint_test.py)
  add_test(NAME lint/kernel_subset_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/kernel_subset_test.py)
  add_test(NAME lint/summary_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/summary_test.py)
  add_test(NAME lint/windows_image_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_image_test.py)
  add_test(NAME lint/windows_code_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_code_test.py)
  add_test(NAME lint/windows_project
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_project.py)
  add_test(NAME lint/windows_project_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_project.py --self-test)
  add_test(NAME lint/windows_layout COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_layout.py)
  add_test(NAME lint/windows_layout_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_layout.py --self-test)
  add_test(NAME lint/windows_kit COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_kit.py)
  add_test(NAME lint/windows_kit_self_test
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/windows_kit.py --self-test)
  foreach(what mof_text mof_binary mof_wire windows_driver windows_resources windows_sign)
    add_test(NAME lint/${what}_self_test
             COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/${what}_test.py)
    set_tests_properties(lint/${what}_self_test PROPERTIES LABELS lint TIMEOUT 600)
  endforeach()
  set_tests_properties(lint/repository lint/lint_self_test lint/kernel_subset_self_test lint/summary_self_test
                       lint/windows_image_self_test lint/windows_code_self_test lint/windows_project
                       lint/windows_project_self_test lint/windows_kit lint/windows_kit_self_test
                       lint/windows_layout lint/windows_layout_self_test PROPERTIES LABELS lint TIMEOUT 600)
endfunction()

# A target `room_tests` for the unit tests of the rooms named: what the sanitizer builds compile.
function(dsmkit_room_tests)
  add_custom_target(room_tests)
  foreach(room ${ARGN})
    if(EXISTS ${PROJECT_SOURCE_DIR}/${room}/CMakeLists.txt)
      _dsmkit_add_test_programs(${PROJECT_SOURCE_DIR}/${room})
    endif()
  endforeach()
endfunction()

function(_dsmkit_add_test_programs directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE" AND target MATCHES "_test$")
      add_dependencies(room_tests ${target})
    endif()
  endforeach()
  get_property(parts DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(part ${parts})
    _dsmkit_add_test_programs(${part})
  endforeach()
endfunction()
