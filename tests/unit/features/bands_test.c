#include "features/bands.h"

#include "book_rig.h"

/* Sum of a side in lo <= d < hi by the definition: d S = |S - 2 p| 10000. */
struct plain_band {
    __int128 lo, hi, whole, sum;
};

static bool plain_visit(void *arg, int64_t price, int64_t size)
{
    struct plain_band *band = arg;
    __int128 twice_off = band->whole - 2 * (__int128)price;
    __int128 distance = (twice_off < 0 ? -twice_off : twice_off) * 10000;

    band->sum += distance >= band->lo * band->whole && distance < band->hi * band->whole ? size : 0;
    return true;
}

static void check_bands(const struct book_rig *rig)
{
    const struct bands *bands = &rig->bands;

    CHECK(bands->valid);
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        for (int i = 0; i < BANDS; i++) {
            struct plain_band band = {i > 0 ? bands_bps[i - 1] : 0, bands_bps[i],
                                      rig->top.twice_mid, 0};
            const __int128 *within = bands->within[side - TD_SIDE_BID];
            book_walk(rig->book, side, plain_visit, &band);
            CHECK(within[i] - (i > 0 ? within[i - 1] : 0) == band.sum);
        }
    }
}

/* Mid 100000: a bid and an ask on each edge belong to the band that begins there, one step nearer to the one before. */
TEST(an_order_on_each_edge)
{
    static const int64_t bids[][2] = {{99999, 1},   {99951, 2},   {99950, 4},    {99901, 8},
                                      {99900, 16},  {99751, 32},  {99750, 64},   {99501, 128},
                                      {99500, 256}, {99001, 512}, {99000, 1024}, {0, 0}};
    static const int64_t asks[][2] = {{100001, 1},   {100049, 2},   {100050, 4},    {100099, 8},
                                      {100100, 16},  {100249, 32},  {100250, 64},   {100499, 128},
                                      {100500, 256}, {100999, 512}, {101000, 1024}, {0, 0}};
    static const int within[BANDS] = {3, 15, 63, 255, 1023};
    struct book_rig rig = book_rig_new(1);

    book_rig_lay(&rig, bids, asks);
    CHECK(book_rig_settle(&rig));
    for (int i = 0; i < BANDS; i++) {
        CHECK(rig.bands.within[0][i] == within[i]);
        CHECK(rig.bands.within[1][i] == within[i]);
    }
    check_bands(&rig);
    book_rig_delete(&rig);
}

/* A mid between two steps: 100000.5. */
TEST(an_odd_mid)
{
    struct book_rig rig = book_rig_new(2);

    for (int64_t i = 0; i < 1200; i++) {
        book_rig_set(&rig, TD_SIDE_BID, 100000 - i, 1 + i);
        book_rig_set(&rig, TD_SIDE_ASK, 100001 + i, 1 + i);
    }
    CHECK(book_rig_settle(&rig));
    CHECK_EQ_I64(rig.top.twice_mid, 200001);
    check_bands(&rig);
    book_rig_delete(&rig);
}

static void random_events(struct book_rig *rig, int64_t middle, uint64_t reach, uint64_t walk,
                          int events)
{
    int checked = 0;

    for (int event = 0; event < events; event++) {
        middle += (int64_t)rig_below(rig, 2 * walk + 1) - (int64_t)walk;
        if (rig_below(rig, 100) == 0) /* past all that is near */
            middle += (int64_t)rig_below(rig, 20 * reach) - 10 * (int64_t)reach;
        if (rig_below(rig, 300) == 0) {
            book_rig_clear(rig);
            for (int i = 0; i < 200; i++)
                book_rig_change(rig, middle, reach);
        }
        if (rig_below(rig, 6) != 0) { /* else it may stay crossed, and is settled later */
            book_rig_pass(rig, TD_SIDE_BID, middle);
            book_rig_pass(rig, TD_SIDE_ASK, middle);
        }
        for (uint64_t changes = rig_below(rig, 8); changes > 0; changes--)
            book_rig_change(rig, middle, reach);
        if (!book_rig_settle(rig))
            continue;
        check_bands(rig);
        checked++;
    }
    CHECK(checked > events / 2);
}

/* Changes before and after the mid moved, jumps past everything, snapshots, far levels. */
TEST(follows_changes_and_jumps)
{
    const int64_t middle[] = {6000000, 20000, 900, 400000000000};

    for (size_t i = 0; i < sizeof middle / sizeof middle[0]; i++) {
        struct book_rig rig = book_rig_new(3 + i);
        random_events(&rig, middle[i], 1 + (uint64_t)middle[i] / 300,
                      1 + (uint64_t)middle[i] / 100000, 4000);
        book_rig_delete(&rig);
    }
}

/* Where mid times 20000 is past 64 bits. */
TEST(large_prices)
{
    struct book_rig rig = book_rig_new(8);

    random_events(&rig, INT64_C(1) << 59, UINT64_C(1) << 49, UINT64_C(1) << 44, 1500);
    book_rig_delete(&rig);
}

/* One event: the level that the edge passes changes as well. */
TEST(a_level_changes_while_the_edge_passes_it)
{
    static const int64_t bids[][2] = {{99999, 1}, {99951, 10}, {99950, 20}, {99949, 30}, {0, 0}};
    static const int64_t asks[][2] = {{100001, 1}, {100009, 1}, {100049, 10}, {0, 0}};
    struct book_rig rig = book_rig_new(9);

    book_rig_lay(&rig, bids, asks);
    CHECK(book_rig_settle(&rig));
    CHECK(rig.bands.within[0][0] == 11);
    book_rig_set(&rig, TD_SIDE_BID, 99950, 25);    /* out by the old edge, out by the new one */
    book_rig_set(&rig, TD_SIDE_BID, 99951, 7);     /* in by the old, out by the new */
    book_rig_set(&rig, TD_SIDE_ASK, 100001, 0);    /* the mid goes up */
    book_rig_set(&rig, TD_SIDE_ASK, 100051, 1000); /* out by the old, in by the new */
    CHECK(book_rig_settle(&rig));
    CHECK(rig.bands.within[0][0] == 1);
    CHECK(rig.bands.within[1][0] == 1011);
    check_bands(&rig);
    book_rig_set(&rig, TD_SIDE_BID, 99950, 21);
    book_rig_set(&rig, TD_SIDE_BID, 99949, 0);
    book_rig_set(&rig, TD_SIDE_ASK, 100000, 3); /* and down */
    CHECK(book_rig_settle(&rig));
    CHECK(rig.bands.within[0][0] == 1 + 7 + 21);
    check_bands(&rig);
    book_rig_delete(&rig);
}

/* Levels at the ends of int64 are in no band and disturb none. */
TEST(levels_at_the_ends)
{
    struct book_rig rig = book_rig_new(10);

    for (int64_t i = 0; i < 30; i++) {
        book_rig_set(&rig, TD_SIDE_BID, 6000000 - i, 5);
        book_rig_set(&rig, TD_SIDE_ASK, 6000001 + i, 5);
    }
    book_rig_set(&rig, TD_SIDE_BID, INT64_MIN, INT64_MAX);
    book_rig_set(&rig, TD_SIDE_ASK, INT64_MAX, INT64_MAX);
    CHECK(book_rig_settle(&rig));
    check_bands(&rig);
    CHECK(rig.bands.within[1][BANDS - 1] == 150);
    book_rig_delete(&rig);
}

/* No bands where the mid is not above 0; they are there again when it is. */
TEST(need_a_price)
{
    struct book_rig rig = book_rig_new(11);

    book_rig_set(&rig, TD_SIDE_BID, -7, 5);
    book_rig_set(&rig, TD_SIDE_ASK, 7, 5);
    CHECK(book_rig_settle(&rig));
    CHECK(!rig.bands.valid);
    book_rig_set(&rig, TD_SIDE_ASK, 7, 0);
    book_rig_set(&rig, TD_SIDE_ASK, -5, 3);
    CHECK(book_rig_settle(&rig));
    CHECK(!rig.bands.valid);
    book_rig_set(&rig, TD_SIDE_ASK, -5, 0);
    book_rig_set(&rig, TD_SIDE_ASK, 100001, 4);
    book_rig_set(&rig, TD_SIDE_BID, 99999, 9);
    CHECK(book_rig_settle(&rig));
    check_bands(&rig);
    CHECK(rig.bands.within[0][0] == 9 && rig.bands.within[1][0] == 4);
    book_rig_delete(&rig);
}

/* Regression: fixed ranges of levels once posed as bands; here all 20 levels lie within 5 bps, and then none does. */
TEST(bands_are_no_level_ranges)
{
    struct book_rig rig = book_rig_new(12);

    for (int64_t i = 0; i < 20; i++) {
        book_rig_set(&rig, TD_SIDE_BID, 1000000 - 1 - i, 1);
        book_rig_set(&rig, TD_SIDE_ASK, 1000000 + 1 + i, 1);
    }
    CHECK(book_rig_settle(&rig));
    CHECK(rig.bands.within[0][0] == 20 && rig.bands.within[0][BANDS - 1] == 20);
    book_rig_clear(&rig);
    for (int64_t i = 0; i < 20; i++) {
        book_rig_set(&rig, TD_SIDE_BID, 1000000 - 3000 - i * 1000, 1);
        book_rig_set(&rig, TD_SIDE_ASK, 1000000 + 3000 + i * 1000, 1);
    }
    CHECK(book_rig_settle(&rig));
    CHECK(rig.bands.within[0][0] == 0 && rig.bands.within[0][2] == 0);
    CHECK(rig.bands.within[0][3] == 2 && rig.bands.within[0][4] == 7);
    check_bands(&rig);
    book_rig_delete(&rig);
}
