#include "segment/pages.h"

static uint32_t page_count(uint64_t bytes)
{
    return (uint32_t)(bytes / TD_PAGE_BYTES);
}

/* Links first, then pages: the links are touched by the core alone while it fills, the pages start on a line of their own. */
static size_t links_bytes(uint32_t count)
{
    return ((size_t)count * sizeof(uint32_t) + 63) & ~(size_t)63;
}

size_t pages_footprint(uint64_t bytes)
{
    uint32_t count = page_count(bytes);
    return links_bytes(count) + (size_t)count * TD_PAGE_BYTES;
}

void pages_init(struct pages *pages, void *mem, uint64_t bytes)
{
    pages->count = page_count(bytes);
    pages->next = mem;
    pages->memory = (unsigned char *)mem + links_bytes(pages->count);
    for (uint32_t i = 0; i < pages->count; i++)
        pages->next[i] = i + 1 < pages->count ? i + 1 : PAGE_NONE;
    pages->free =
        pages->count ? (struct page_chain){0, pages->count - 1, pages->count} : PAGE_CHAIN_EMPTY;
}

static void chain_append(struct pages *pages, struct page_chain *chain, struct page_chain tail)
{
    if (!tail.count)
        return;
    if (chain->count)
        pages->next[chain->last] = tail.first;
    else
        chain->first = tail.first;
    chain->last = tail.last;
    chain->count += tail.count;
}

void *pages_extend(struct pages *pages, struct page_chain *chain)
{
    struct page_chain *spare = &pages->free;
    if (!spare->count)
        return NULL;
    uint32_t page = spare->first;
    spare->first = pages->next[page];
    if (--spare->count == 0)
        *spare = PAGE_CHAIN_EMPTY;
    pages->next[page] = PAGE_NONE;
    chain_append(pages, chain, (struct page_chain){page, page, 1});
    return pages_at(pages, page);
}

void pages_free(struct pages *pages, struct page_chain *chain)
{
    chain_append(pages, &pages->free, *chain);
    *chain = PAGE_CHAIN_EMPTY;
}

void pages_list(const struct pages *pages, const struct page_chain *chain,
                const unsigned char **list)
{
    uint32_t page = chain->first;
    for (uint32_t i = 0; i < chain->count; i++, page = pages->next[page])
        list[i] = pages_at(pages, page);
}
