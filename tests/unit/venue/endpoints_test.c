/* Connections of a source: which endpoint carries what, and how many symbols one holds. */
#include "venue/venue.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

enum { BOOK = 1u << TD_CHANNEL_BOOK, TRADES = 1u << TD_CHANNEL_TRADES, TICKER = 4, ALL = 7 };

static const struct venue plain = {.name = "plain"};
static const struct venue split = {
    .name = "split",
    .endpoint = {{"/public", BOOK | TICKER}, {"/market", TRADES}},
    .conn_channels_max = 4,
};

TEST(a_venue_that_says_nothing_has_one_endpoint_for_all)
{
    CHECK_EQ_U64(venue_endpoints(&plain), 1);
    CHECK_EQ_STR(venue_endpoint_at(&plain, 0).path, "");
    CHECK_EQ_U64(venue_endpoint_at(&plain, 0).channels & ALL, ALL);
    CHECK_EQ_U64(venue_shards_max(&plain), TD_LINES_MAX);
    CHECK_EQ_U64(venue_shard_symbols(&plain, ALL), UINT_MAX);
}

static size_t page_of_two(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                          char *out, size_t cap)
{
    (void)sub;
    return n < 2 ? (size_t)snprintf(out, cap, "%s/list%u", rest_url, n) : 0;
}

static size_t volumes_beside(const char *rest_url, char *out, size_t cap)
{
    return (size_t)snprintf(out, cap, "%s/volumes", rest_url);
}

static size_t volumes_inside(const char *rest_url, char *out, size_t cap)
{
    return (size_t)snprintf(out, cap, "%s/list0", rest_url);
}

TEST(volumes_that_the_list_tells_are_not_asked_for_beside_it)
{
    struct venue venue = {.list_url = page_of_two};
    struct venue_subscription sub = {.source = 0};
    char url[64];
    CHECK_EQ_U64(venue_volume_url(&venue, "https://x", &sub, url, sizeof url), 0);
    venue.volume_url = volumes_inside;
    CHECK_EQ_U64(venue_volume_url(&venue, "https://x", &sub, url, sizeof url), 0);
    venue.volume_url = volumes_beside;
    CHECK_EQ_U64(venue_volume_url(&venue, "https://x", &sub, url, sizeof url), 17);
    CHECK_EQ_STR(url, "https://x/volumes");
    venue.list_url = NULL; /* the list comes by the socket */
    CHECK_EQ_U64(venue_volume_url(&venue, "https://x", &sub, url, sizeof url), 17);
}

TEST(the_fullest_endpoint_bounds_the_symbols)
{
    CHECK_EQ_U64(venue_endpoints(&split), 2);
    CHECK_EQ_U64(venue_shards_max(&split), TD_LINES_MAX / 2);
    CHECK_EQ_U64(venue_shard_symbols(&split, ALL), 2); /* book and ticker of each */
    CHECK_EQ_U64(venue_shard_symbols(&split, BOOK | TRADES), 4);
    CHECK_EQ_U64(venue_shard_symbols(&split, TRADES), 4);
}

static void add(struct instruments *table, uint16_t source, const char *name, uint8_t shard)
{
    int index = instruments_add(table, source, name, name);
    CHECK(index >= 0);
    instruments_at(table, (unsigned)index)->shard = shard;
}

TEST(the_lowest_shard_with_room_is_taken)
{
    void *mem = malloc(instruments_footprint(16));
    struct instruments *table = instruments_init(mem, 16);
    CHECK_EQ_I64(venue_shard_free(&split, ALL, table, 3, 2), 0);
    add(table, 3, "A", 0);
    add(table, 4, "B", 0); /* another source's */
    add(table, 3, "C", VENUE_NO_SHARD);
    CHECK_EQ_I64(venue_shard_free(&split, ALL, table, 3, 2), 0);
    add(table, 3, "D", 0);
    add(table, 3, "E", 1);
    CHECK_EQ_I64(venue_shard_free(&split, ALL, table, 3, 2), 1);
    CHECK_EQ_I64(venue_shard_free(&split, ALL, table, 3, 1), -1);
    add(table, 3, "F", 1);
    CHECK_EQ_I64(venue_shard_free(&split, ALL, table, 3, 2), -1);
    CHECK_EQ_I64(venue_shard_free(&split, ALL, table, 3, 3), 2);
    instruments_move(table, 0, INSTRUMENT_RETIRED);
    CHECK_EQ_I64(venue_shard_free(&split, ALL, table, 3, 2), 0);
    CHECK_EQ_I64(venue_shard_free(&plain, ALL, table, 3, 1), 0);
    free(mem);
}
