#include "init/booted.h"

#include <string.h>

#include "base/event.h"
#include "base/limits.h"
#include "test.h"

static struct page_view page; /* large */

TEST(the_firmwares_word_for_the_partition)
{
    CHECK_EQ_I64(booted_of_partition((const unsigned char *)"\0\0\0\2", 4), 'A');
    CHECK_EQ_I64(booted_of_partition((const unsigned char *)"\0\0\0\3", 4), 'B');
    CHECK_EQ_I64(booted_of_partition((const unsigned char *)"\0\0\0\1", 4), 0);
    CHECK_EQ_I64(booted_of_partition((const unsigned char *)"\2\0\0\0", 4), 0);
    CHECK_EQ_I64(booted_of_partition((const unsigned char *)"\0\0\0", 3), 0);
}

TEST(a_new_sealed_segment_is_proof_at_once)
{
    memset(&page, 0, sizeof page);
    CHECK(!booted_proves(&page, TD_NS_PER_S, 600));
    page.deck.segments = 2;
    page.deck.segments_remade = 2;
    CHECK(!booted_proves(&page, TD_NS_PER_S, 600));
    page.deck.segments = 3;
    CHECK(booted_proves(&page, TD_NS_PER_S, 600));
}

TEST(proven_books_are_proof_after_their_time_without_a_pause)
{
    memset(&page, 0, sizeof page);
    page.deck.book_count = 2;
    page.book[1].state = TD_BOOK_PROVEN;
    CHECK(!booted_proves(&page, 1 * TD_NS_PER_S, 10));
    CHECK(!booted_proves(&page, 10 * TD_NS_PER_S, 10));
    page.book[1].state = TD_BOOK_STALE;
    CHECK(!booted_proves(&page, 12 * TD_NS_PER_S, 10));
    page.book[0].state = TD_BOOK_PROVEN;
    CHECK(!booted_proves(&page, 13 * TD_NS_PER_S, 10));
    CHECK(!booted_proves(NULL, 14 * TD_NS_PER_S, 10));
    CHECK(!booted_proves(&page, 15 * TD_NS_PER_S, 10));
    CHECK(!booted_proves(&page, 24 * TD_NS_PER_S, 10));
    CHECK(booted_proves(&page, 25 * TD_NS_PER_S, 10));
}

TEST(what_is_not_listed_proves_nothing)
{
    memset(&page, 0, sizeof page);
    booted_proves(NULL, 0, 10);
    page.book[0].state = TD_BOOK_PROVEN;
    CHECK(!booted_proves(&page, 1 * TD_NS_PER_S, 1));
    CHECK(!booted_proves(&page, 100 * TD_NS_PER_S, 1));
}
