# The folders under src/, lowest first: a folder may include and link only what stands before it (tools/check-layers holds it).
set(MR_LAYERS base sim process image plc proto net score plan device adversary player site wire store server cli)

# mr_library(NAME [DEPS lib...]): the folder's *.c as one static library mr_NAME.
function(mr_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  if(NOT sources)
    add_library(mr_${name} INTERFACE)
    return()
  endif()
  add_library(mr_${name} STATIC ${sources})
  target_link_libraries(mr_${name} PUBLIC ${ARG_DEPS})
  set_property(GLOBAL APPEND PROPERTY MR_LIBRARIES mr_${name})
endfunction()
