# Adds the C++ of message schemas (docs/formats/wire-schema.md) to a target.
#
#   moldau_wire_messages(TARGET moldau_metadata NAMESPACE metadata SCHEMAS schema/topic.msg ...)
#
# schema/topic.msg becomes "metadata/topic.h" and topic.cc in moldau::metadata; "metadata/registry.h" has all messages by
# name. WITH_API_KEYS, for schemas that have API keys, there are api_keys.h and .cc too. SCHEMAS are relative to the calling
# folder.

function(moldau_wire_messages)
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
  cmake_parse_arguments(W "WITH_API_KEYS" "TARGET;NAMESPACE" "SCHEMAS" ${ARGN})
  set(folder "${PROJECT_BINARY_DIR}/broker/${W_NAMESPACE}")
  set(tools "${PROJECT_SOURCE_DIR}/tools/generate_wire.py" "${PROJECT_SOURCE_DIR}/tools/wire_schema.py")
  list(TRANSFORM W_SCHEMAS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")

  set(stems registry)
  if(W_WITH_API_KEYS)
    list(APPEND stems api_keys)
  endif()
  foreach(schema IN LISTS W_SCHEMAS)
    get_filename_component(stem "${schema}" NAME_WE)
    string(REGEX REPLACE "^[0-9]+_" "" stem "${stem}")
    list(APPEND stems "${stem}")
  endforeach()
  list(TRANSFORM stems PREPEND "${folder}/" OUTPUT_VARIABLE headers)
  list(TRANSFORM headers APPEND ".h")
  list(TRANSFORM stems PREPEND "${folder}/" OUTPUT_VARIABLE sources)
  list(TRANSFORM sources APPEND ".cc")

  add_custom_command(OUTPUT ${headers} ${sources}
    COMMAND "${Python3_EXECUTABLE}" -B ${PROJECT_SOURCE_DIR}/tools/generate_wire.py
      --namespace ${W_NAMESPACE} --include ${W_NAMESPACE} --out "${folder}" ${W_SCHEMAS}
    DEPENDS ${tools} ${W_SCHEMAS}
    COMMENT "Generating the messages of ${W_NAMESPACE}" VERBATIM)
  target_sources(${W_TARGET} PRIVATE ${headers} ${sources})

  # Sixteen small sources in one translation unit: most of what each costs alone is the same headers again.
  set_target_properties(${W_TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  set(index 0)
  foreach(source IN LISTS sources)
    math(EXPR group "${index} / 16")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${W_NAMESPACE}_messages_${group}")
    math(EXPR index "${index} + 1")
  endforeach()
endfunction()
