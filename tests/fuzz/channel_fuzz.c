/* channel_fuzz.c - a stream of messages: each step moves on by what it says, and stays inside. */
#include "site/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_slice in = mr_slice(data, size), payload;
    enum mr_message_kind kind;
    size_t used;
    while (mr_message_next(in, &kind, &payload, &used) == MR_OK) {
        MR_ASSERT(used >= 5 && used <= in.n && payload.n == used - 5);
        MR_ASSERT(kind > 0 && kind < MR_MESSAGE_KINDS);
        in = mr_slice(in.p + used, in.n - used);
    }
    return 0;
}
