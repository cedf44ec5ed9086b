/* Pages of 4 KiB by number, in slabs that are never given back. */
#include <stdlib.h>
#include <string.h>

#include "sim/disk_parts.h"

enum { SLAB_PAGES = 256 };

void *sim_grow(void *old, size_t count, size_t bytes)
{
    void *mem = realloc(old, count * bytes);
    TD_ASSERT(mem != NULL, "memory for the simulated card");
    return mem;
}

uint64_t sim_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint8_t *pool_at(const struct pool *pool, uint32_t page)
{
    return pool->slab[page / SLAB_PAGES] + (size_t)(page % SLAB_PAGES) * PAGE;
}

uint32_t pool_take(struct pool *pool, const uint8_t *content)
{
    uint32_t page;
    if (pool->spares > 0) {
        page = pool->spare[--pool->spares];
    } else {
        page = pool->next++;
        if (page / SLAB_PAGES >= pool->slabs) {
            pool->slab = sim_grow(pool->slab, pool->slabs + 1, sizeof *pool->slab);
            pool->slab[pool->slabs++] = sim_grow(NULL, SLAB_PAGES, PAGE);
        }
    }
    if (content)
        memcpy(pool_at(pool, page), content, PAGE);
    else
        memset(pool_at(pool, page), 0, PAGE);
    return page;
}

void pool_give(struct pool *pool, uint32_t page)
{
    if (page == 0)
        return;
    if (pool->spares == pool->spares_cap) {
        pool->spares_cap = pool->spares_cap ? pool->spares_cap * 2 : SLAB_PAGES;
        pool->spare = sim_grow(pool->spare, pool->spares_cap, sizeof *pool->spare);
    }
    pool->spare[pool->spares++] = page;
}

/* Page 0 stands for a hole and is never handed out. */
void pool_reset(struct pool *pool)
{
    pool->next = pool->spares = 0;
    pool_take(pool, NULL);
}
