/* hello_fuzz.c - what decodes, encodes to the same bytes or to something that decodes again. */
#include "site/hello.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buf[4 << 20];
    struct mr_hello *h = NULL, *again = NULL;
    if (size > sizeof buf / 4 || mr_hello_decode(mr_slice(data, size), &h) != MR_OK) {
        return 0;
    }
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_hello_encode(h, &w);
    MR_ASSERT(!w.full && mr_hello_decode(mr_written(&w), &again) == MR_OK);
    free(h);
    free(again);
    return 0;
}
