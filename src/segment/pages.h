/* The pool of fixed-size pages that all open and waiting row groups share, and chains of such pages. The core thread takes
   and frees; the disk thread only reads the pages of chains handed to it. */
#ifndef TD_SEGMENT_PAGES_H
#define TD_SEGMENT_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

#define PAGE_NONE UINT32_MAX

struct page_chain {
    uint32_t first, last, count; /* first, last are PAGE_NONE when count is 0 */
};

#define PAGE_CHAIN_EMPTY ((struct page_chain){PAGE_NONE, PAGE_NONE, 0})

struct pages {
    uint32_t count;
    struct page_chain free;
    uint32_t *next;
    unsigned char *memory;
};

/* `bytes` is rounded down to whole pages. */
size_t pages_footprint(uint64_t bytes);
void pages_init(struct pages *pages, void *mem, uint64_t bytes);

/* A free page is put at the chain's end; its address, or NULL when none is free. Content is whatever it held. */
void *pages_extend(struct pages *pages, struct page_chain *chain);
/* The whole chain becomes free; *chain is empty then. */
void pages_free(struct pages *pages, struct page_chain *chain);

static inline void *pages_at(const struct pages *pages, uint32_t page)
{
    return pages->memory + (size_t)page * TD_PAGE_BYTES;
}

/* Addresses of a chain's pages in order; `list` holds chain->count entries. */
void pages_list(const struct pages *pages, const struct page_chain *chain,
                const unsigned char **list);

#endif
