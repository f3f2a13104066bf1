/* net_rules_fuzz.c - a rule table as text, as a record carries it: it is refused, or it is the same again after it was written
 * out. */
#include "base/err.h"
#include "net/firewall_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mr_fw_table first, second;
    static uint8_t text[2][MR_FW_TEXT_MAX];
    char why[160] = "";
    if (mr_fw_parse(mr_slice(data, size), &first, why, sizeof why) != MR_OK) {
        MR_ASSERT(why[0] != '\0');
        return 0;
    }
    struct mr_writer a = mr_writer(text[0], sizeof text[0]), b = mr_writer(text[1], sizeof text[1]);
    MR_ASSERT(first.nrules <= MR_FW_RULES && mr_fw_format(&first, &a) == MR_OK);
    MR_ASSERT(mr_fw_parse(mr_written(&a), &second, why, sizeof why) == MR_OK && mr_fw_format(&second, &b) == MR_OK);
    MR_ASSERT(mr_slice_eq(mr_written(&a), mr_written(&b)));
    return 0;
}
