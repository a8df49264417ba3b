# One function declares a module: its sources are found by suffix, nothing else adds libraries or tests.
#
#   moldau_module(NAME wire
#     DEPS base bytes            # other modules; each must have been declared before
#     PUBLIC PkgConfig::ZSTD     # outside libraries that its headers need
#     PRIVATE ...                # outside libraries that only its sources need
#     SOURCES ...                # generated sources, besides the folder's own
#     TEST_DEPS io_testing)      # modules that only its tests, fuzzers and benchmarks use
#
# In the module's folder: x.cc is the library, x_test.cc a test, x_fuzz.cc a fuzzer, x_bench.cc a benchmark. Tests of one
# module make one binary, <name>_test; fuzzers are one binary each and, without MOLDAU_FUZZ, run their corpus as a test.
#
# Every module also gets a link test: a program that holds the module whole and what it declares, nothing more.

find_package(GTest REQUIRED)

function(moldau_module)
  cmake_parse_arguments(M "" "NAME" "DEPS;PUBLIC;PRIVATE;SOURCES;TEST_DEPS" ${ARGN})
  set(target moldau_${M_NAME})

  set(deps "")
  foreach(dep IN LISTS M_DEPS M_TEST_DEPS)
    if(NOT TARGET moldau_${dep})
      message(FATAL_ERROR "${M_NAME} depends on ${dep}, which is not a lower layer")
    endif()
  endforeach()
  list(TRANSFORM M_DEPS PREPEND moldau_ OUTPUT_VARIABLE deps)
  list(TRANSFORM M_TEST_DEPS PREPEND moldau_ OUTPUT_VARIABLE test_deps)

  file(GLOB all CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  set(tests ${all})
  set(fuzzers ${all})
  set(benches ${all})
  set(sources ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench|/main)\\.cc$")

  add_library(${target} STATIC ${sources} ${M_SOURCES})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${target} PUBLIC moldau_options ${deps} ${M_PUBLIC} PRIVATE ${M_PRIVATE})

  moldau_link_test(${M_NAME})
  if(tests)
    moldau_test(${M_NAME} "${tests}" "${test_deps}")
  endif()
  foreach(fuzzer IN LISTS fuzzers)
    moldau_fuzzer(${M_NAME} ${fuzzer} "${test_deps}")
  endforeach()
  if(benches AND NOT MOLDAU_FUZZ)
    find_package(benchmark REQUIRED)
    add_executable(${M_NAME}_bench EXCLUDE_FROM_ALL ${benches})
    target_link_libraries(${M_NAME}_bench PRIVATE ${target} ${test_deps} benchmark::benchmark_main)
  endif()
endfunction()

function(moldau_test name sources deps)
  add_executable(${name}_test ${sources})
  target_link_libraries(${name}_test PRIVATE moldau_${name} ${deps} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE MOLDAU_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name}_test COMMAND ${name}_test WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()

# Links the whole archive: an undefined symbol means that the module uses what it did not declare.
function(moldau_link_test name)
  set(main "${CMAKE_CURRENT_BINARY_DIR}/${name}_link_test_main.cc")
  if(NOT EXISTS "${main}")
    file(WRITE "${main}" "int main() { return 0; }\n")
  endif()
  add_executable(${name}_link_test ${main})
  target_link_libraries(${name}_link_test PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,moldau_${name}>")
  add_test(NAME ${name}_link_test COMMAND ${name}_link_test)
endfunction()

# A fuzzer is LLVMFuzzerTestOneInput in one file, its corpus the folder <fuzzer>_corpus beside it.
function(moldau_fuzzer module source deps)
  get_filename_component(name ${source} NAME_WE)
  set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/${name}_corpus")
  if(MOLDAU_FUZZ)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE moldau_${module} ${deps})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${source} "${PROJECT_SOURCE_DIR}/cmake/corpus_main.cc")
    target_link_libraries(${name} PRIVATE moldau_${module} ${deps})
    add_test(NAME ${name}_corpus COMMAND ${name} "${corpus}")
  endif()
endfunction()
