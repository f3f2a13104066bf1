/* PLCopen projects: any bytes are read or refused, and what they become is compiled. */
#include "plc/xml/plcopen.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 60000) {
        return 0;
    }
    char *xml = malloc(n + 1);
    MR_ASSERT(xml != NULL);
    memcpy(xml, data, n);
    struct mr_plc_source source = {"fuzz.xml", xml, n};
    struct mr_diags *d = mr_diags_create();
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    bool good = mr_plc_is_xml(&source) && mr_plc_from_xml(&source, to, d);
    (void)fclose(to);
    if (good) {
        struct mr_plc_source st = {"fuzz.st", text, size};
        mr_plc_program_destroy(mr_plc_compile(&st, 1, d));
    }
    mr_diags_destroy(d);
    free(text);
    free(xml);
    return 0;
}
