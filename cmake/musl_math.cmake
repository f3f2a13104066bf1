# Elementary functions from musl's libc.a (Debian musl-dev, MIT licence): the objects are taken out, joined, and every symbol
# gets the prefix mr_, so that the core never meets the libm of the machine. See docs/decisions/0002-maths.md.
find_file(MUSL_LIBC_A libc.a PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}-musl /usr/lib/x86_64-linux-musl /usr/lib/aarch64-linux-musl
          /usr/lib/musl/lib NO_DEFAULT_PATH)
if(NOT MUSL_LIBC_A)
  message(FATAL_ERROR "musl's libc.a was not found: install the Debian package musl-dev, or run ./dev deps")
endif()
set(MR_MUSL_OBJECT ${CMAKE_BINARY_DIR}/musl_math.o)
add_custom_command(
  OUTPUT ${MR_MUSL_OBJECT}
  COMMAND ${CMAKE_SOURCE_DIR}/cmake/musl_math.sh ${MUSL_LIBC_A} ${MR_MUSL_OBJECT}
  DEPENDS ${CMAKE_SOURCE_DIR}/cmake/musl_math.sh
  COMMENT "maths from musl")
add_custom_target(mr_musl_math DEPENDS ${MR_MUSL_OBJECT})
