/* net_codec_fuzz.c - whatever decodes, encodes to something that decodes to the same again. */
#include "net/net_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buf[1 << 20], again[1 << 20];
    struct mr_net_event ev, ev2;
    struct mr_net_request q, q2;
    if (size <= sizeof buf / 2 && mr_net_event_decode(mr_slice(data, size), &ev) == MR_OK) {
        struct mr_writer w = mr_writer(buf, sizeof buf), w2 = mr_writer(again, sizeof again);
        mr_net_event_encode(&ev, &w);
        MR_ASSERT(mr_net_event_decode(mr_written(&w), &ev2) == MR_OK);
        mr_net_event_encode(&ev2, &w2);
        MR_ASSERT(mr_slice_eq(mr_written(&w), mr_written(&w2)));
    }
    if (size <= sizeof buf / 2 && mr_net_request_decode(mr_slice(data, size), &q) == MR_OK) {
        struct mr_writer w = mr_writer(buf, sizeof buf), w2 = mr_writer(again, sizeof again);
        mr_net_request_encode(&q, &w);
        MR_ASSERT(mr_net_request_decode(mr_written(&w), &q2) == MR_OK);
        mr_net_request_encode(&q2, &w2);
        MR_ASSERT(mr_slice_eq(mr_written(&w), mr_written(&w2)));
    }
    return 0;
}
