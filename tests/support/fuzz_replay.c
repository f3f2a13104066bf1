/* fuzz_replay.c - runs a fuzz target over every file of its corpus folder, each in an allocation of its own size, so that a
 * sanitizer sees the first byte read outside. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0) {
        perror(path);
        return 1;
    }
    size_t n = (size_t)st.st_size;
    uint8_t *data = malloc(n ? n : 1);
    int bad = !data || fread(data, 1, n, f) != n;
    (void)fclose(f);
    if (!bad) {
        (void)LLVMFuzzerTestOneInput(data, n);
    }
    free(data);
    return bad;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    int bad = 0;
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        struct dirent **entries;
        int found = scandir(argv[i], &entries, NULL, alphasort);
        for (int k = 0; k < found; k++) {
            char path[1024];
            if (entries[k]->d_name[0] != '.' &&
                snprintf(path, sizeof path, "%s/%s", argv[i], entries[k]->d_name) < (int)sizeof path) {
                bad |= replay(path);
                n++;
            }
            free(entries[k]);
        }
        if (found >= 0) {
            free(entries);
        } else {
            perror(argv[i]);
            bad = 1;
        }
    }
    printf("replayed %zu inputs\n", n);
    return bad;
}
