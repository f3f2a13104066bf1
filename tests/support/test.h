/* test.h - cmocka with what it needs before it. */
#ifndef MR_TEST_H
#define MR_TEST_H

/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#endif
