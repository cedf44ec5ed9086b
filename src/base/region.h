/* The one memory region, laid out at start: every object states its footprint and gets its place once. The map can be
   printed; after td_region_seal() nothing more is given out. Start-up thread only. */
#ifndef TD_BASE_REGION_H
#define TD_BASE_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TD_REGION_PARTS_MAX = 96 };

struct td_region_part {
    const char *name; /* static text, e.g. "book pool" */
    size_t offset, bytes;
};

struct td_region {
    unsigned char *base;
    size_t bytes, used;
    bool sealed;
    unsigned part_count;
    struct td_region_part part[TD_REGION_PARTS_MAX];
};

/* Reserve `bytes` of zeroed, page-aligned address space (mmap). TD_E_NO_MEMORY. */
#include "base/err.h"
td_err td_region_open(struct td_region *region, size_t bytes);
void td_region_close(struct td_region *region);

/* Give out `bytes`, 64-byte aligned, zeroed. Stops the process when sealed or when the region is too small: the plan is
   computed before from the same footprints, so that is our own mistake. */
void *td_region_take(struct td_region *region, const char *name, size_t bytes);

/* No further takes. lock: mlock what was given out (failure is a warning: locking needs rights). */
void td_region_seal(struct td_region *region, bool lock);

/* One line a part, then the sum; `json` prints an array of {name, bytes}. */
void td_region_print(const struct td_region *region, FILE *out, bool json);

#endif
