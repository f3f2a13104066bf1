/* process_grid_fuzz.c - case files of power grids: whatever is read has a power flow or none, within the bounds of memory and
 * time. */
#include "process/grid/grid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_arena *arena = mr_arena_create((size_t)1 << 20);
    struct mr_diags *diags = mr_diags_create();
    struct mr_grid grid;
    struct mr_flow flow;
    if (arena && diags && mr_grid_parse(&grid, mr_slice(data, size), "case.m", arena, diags) == MR_OK) {
        (void)mr_grid_flow(&flow, &grid, arena, diags);
    }
    if (diags) {
        mr_diags_destroy(diags);
    }
    mr_arena_destroy(arena);
    return 0;
}
