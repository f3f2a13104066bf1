#include "cli/trim.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Segments that cannot be written hold nothing but the file's bytes. */
static int let_go(struct dl_phdr_info *object, size_t size, void *ctx)
{
    (void)size;
    uintptr_t page = *(const uintptr_t *)ctx;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0) {
            uintptr_t from = object->dlpi_addr + segment->p_vaddr;
            uintptr_t begin = from / page * page, end = from + segment->p_memsz;
            (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
        }
    }
    return 0;
}

#define LAZY_BLOCK (32 << 10)

void mr_cli_lazy_blocks(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LAZY_BLOCK); /* and so it stays: glibc would raise it when large blocks are freed */
}

void mr_cli_trim(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)malloc_trim(0);
    (void)dl_iterate_phdr(let_go, &page);
}
