# Compiler, warnings and sanitizers, the same for every target.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

set(MOLDAU_SANITIZE "" CACHE STRING "Sanitizers for every target, as -fsanitize= takes them")
option(MOLDAU_FUZZ "Build the libFuzzer targets" OFF)
option(MOLDAU_WERROR "Treat warnings as errors" ON)

find_program(MOLDAU_CCACHE ccache)
if(MOLDAU_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${MOLDAU_CCACHE}")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_library(moldau_options INTERFACE)
target_compile_options(moldau_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wno-missing-designated-field-initializers
  $<$<BOOL:${MOLDAU_WERROR}>:-Werror>
  -fno-omit-frame-pointer)
target_compile_definitions(moldau_options INTERFACE
  ASIO_STANDALONE SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(moldau_options INTERFACE Threads::Threads)
target_include_directories(moldau_options INTERFACE
  "${PROJECT_SOURCE_DIR}/broker" "${PROJECT_BINARY_DIR}/broker")

find_program(MOLDAU_MOLD mold)
if(MOLDAU_MOLD)
  target_link_options(moldau_options INTERFACE -fuse-ld=mold)
  if(NOT MOLDAU_SANITIZE)  # mold does not survive folding some instrumented objects
    # What nobody calls is left out, what is there twice is there once: gRPC's archives and our templates have much of both.
    target_link_options(moldau_options INTERFACE -Wl,--gc-sections,--icf=safe)
  endif()
endif()

if(MOLDAU_SANITIZE)
  target_compile_options(moldau_options INTERFACE
    -fsanitize=${MOLDAU_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(moldau_options INTERFACE -fsanitize=${MOLDAU_SANITIZE})
endif()
if(MOLDAU_FUZZ)
  target_compile_options(moldau_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
