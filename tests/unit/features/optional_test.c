#include "book_rig.h"
#include "plain_columns.h"

static void check_column(const struct feature_row *row, unsigned feature, long double plain,
                         long double about)
{
    bool null = isnan(plain);

    if (feature_has(row, feature) == null)
        FAIL("%s is %s", feature_at(feature)->name, null ? "there" : "null");
    if (null)
        return;
    long double off = fabsl(row->value[feature] - plain);
    if (off > 1e-10L * fabsl(plain) + 1e-17L * fabsl(about))
        FAIL("%s: %.17g, should be %.17Lg", feature_at(feature)->name, row->value[feature], plain);
}

static void check_row(struct book_rig *rig)
{
    struct feature_row row;

    if (!book_rig_row(rig, &row))
        return;
    struct plain_book plain = plain_book_of(rig->book, RIG_PRICE_SCALE, RIG_SIZE_SCALE);
    for (unsigned i = 0; i < 2; i++) {
        const struct plain_side *side = &plain.side[i];
        check_column(&row, FEATURE_bid_gini + i, plain_gini(side), 1);
        check_column(&row, FEATURE_bid_exp_decay_rate + i, plain_exp_decay(side), 1e3);
        check_column(&row, FEATURE_bid_wall_level + i, plain_wall(side), 0);
        check_column(&row, FEATURE_bid_depth_L5 + i, plain_size(side, 5), 0);
        check_column(&row, FEATURE_bid_cog + i, plain_vwap(side, TOP_LEVELS), 0);
    }
    const struct plain_side *bid = &plain.side[0], *ask = &plain.side[1];
    long double lean = bid->q[0] - ask->q[0];
    check_column(&row, FEATURE_slippage_proxy, (plain_vwap(ask, 5) - ask->p[0]) / plain.mid, 1);
    check_column(&row, FEATURE_imb_signed, plain_imbalance(&plain, 5) * ((lean > 0) - (lean < 0)),
                 1);
}

TEST(equals_the_formulas)
{
    struct book_rig rig = book_rig_new(1);
    int64_t middle = 6000000;

    for (int event = 0; event < 4000; event++) {
        if (rig_below(&rig, 50) == 0)
            book_rig_clear(&rig);
        middle += (int64_t)rig_below(&rig, 5) - 2;
        book_rig_pass(&rig, TD_SIDE_BID, middle);
        book_rig_pass(&rig, TD_SIDE_ASK, middle);
        for (int i = 0; i < 3; i++)
            book_rig_change(&rig, middle, 300);
        check_row(&rig);
    }
    book_rig_delete(&rig);
}

/* Equal sizes: no inequality, no decay, the first level is the wall. */
TEST(equal_sizes)
{
    static const int64_t bids[][2] = {{999, 5}, {998, 5}, {997, 5}, {0, 0}};
    static const int64_t asks[][2] = {{1001, 5}, {1003, 5}, {1005, 5}, {0, 0}};
    struct book_rig rig = book_rig_new(2);
    struct feature_row row;

    book_rig_lay(&rig, bids, asks);
    CHECK(book_rig_row(&rig, &row));
    CHECK_EQ_F64(row.value[FEATURE_bid_gini], 0.0);
    CHECK(row.value[FEATURE_ask_exp_decay_rate] == 0);
    CHECK_EQ_F64(row.value[FEATURE_bid_wall_level], 0.0);
    CHECK(row.value[FEATURE_imb_signed] == 0);
    CHECK_NEAR_F64(row.value[FEATURE_ask_cog], 10.03, 1e-14);
    CHECK_NEAR_F64(row.value[FEATURE_slippage_proxy], 0.02 / 10, 1e-16);
    book_rig_delete(&rig);
}

/* Sizes that halve from level to level decay by ln 2; the wall is the largest, the first on a tie. */
TEST(decay_and_wall)
{
    static const int64_t bids[][2] = {{999, 64}, {998, 32}, {997, 16}, {996, 8}, {0, 0}};
    static const int64_t asks[][2] = {{1001, 3}, {1003, 9}, {1005, 9}, {0, 0}};
    struct book_rig rig = book_rig_new(3);
    struct feature_row row;

    book_rig_lay(&rig, bids, asks);
    CHECK(book_rig_row(&rig, &row));
    CHECK_NEAR_F64(row.value[FEATURE_bid_exp_decay_rate], 0.693147180559945309, 1e-15);
    CHECK_EQ_F64(row.value[FEATURE_ask_wall_level], 1.0);
    CHECK_EQ_F64(row.value[FEATURE_bid_wall_level], 0.0);
    book_rig_delete(&rig);
}
