#include "segment/pages.h"

#include <stdlib.h>

#include "test.h"

TEST(pages_go_out_and_come_back)
{
    struct pages pages;
    struct page_chain a = PAGE_CHAIN_EMPTY, b = PAGE_CHAIN_EMPTY;
    void *mem = aligned_alloc(64, (pages_footprint(5 * TD_PAGE_BYTES + 100) + 63) & ~(size_t)63);
    pages_init(&pages, mem, 5 * TD_PAGE_BYTES + 100);
    CHECK_EQ_U64(pages.count, 5);
    unsigned char *first = pages_extend(&pages, &a);
    CHECK(pages_extend(&pages, &b) != NULL);
    unsigned char *second = pages_extend(&pages, &a);
    first[TD_PAGE_BYTES - 1] = 1;
    second[0] = 2;
    const unsigned char *list[2];
    CHECK_EQ_U64(a.count, 2);
    pages_list(&pages, &a, list);
    CHECK(list[0] == first && list[1] == second);
    CHECK(pages_extend(&pages, &b) != NULL && pages_extend(&pages, &b) != NULL);
    CHECK(pages_extend(&pages, &b) == NULL);
    CHECK_EQ_U64(b.count, 3);
    pages_free(&pages, &a);
    CHECK_EQ_U64(a.count, 0);
    CHECK_EQ_U64(pages.free.count, 2);
    CHECK(pages_extend(&pages, &b) == first);
    pages_free(&pages, &b);
    pages_free(&pages, &b);
    CHECK_EQ_U64(pages.free.count, 5);
    free(mem);
}
