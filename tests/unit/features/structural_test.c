#include "features/structural.h"

#include "base/decimal.h"
#include "book_rig.h"
#include "plain_columns.h"

/* A column and what it should be: NAN is null. tolerance is relative; `about` what terms the value is a difference of. */
static void check_column(const struct feature_row *row, unsigned feature, long double plain,
                         long double about)
{
    bool null = isnan(plain) || isinf(plain);

    if (feature_has(row, feature) == null)
        FAIL("%s is %s", feature_at(feature)->name, null ? "there" : "null");
    if (null)
        return;
    long double off = fabsl(row->value[feature] - plain);
    if (off > 1e-10L * fabsl(plain) + 1e-17L * fabsl(about))
        FAIL("%s: %.17g, should be %.17Lg", feature_at(feature)->name, row->value[feature], plain);
}

static void check_levels(const struct feature_row *row, const struct book *book)
{
    struct td_level level[TOP_LEVELS];

    for (unsigned side = 0; side < 2; side++) {
        uint32_t count = book_top(book, (uint8_t)(TD_SIDE_BID + side), TOP_LEVELS, level);
        for (unsigned i = 0; i < TOP_LEVELS; i++) {
            unsigned feature = FEATURE_bid_price_L0 + 4 * i + 2 * side;
            CHECK(feature_has(row, feature) == (i < count));
            CHECK(feature_has(row, feature + 1) == (i < count));
            if (i >= count)
                continue;
            CHECK_EQ_F64(row->value[feature],
                         td_steps_to_double(level[i].price_steps, RIG_PRICE_SCALE));
            CHECK_EQ_F64(row->value[feature + 1],
                         td_steps_to_double(level[i].size_steps, RIG_SIZE_SCALE));
        }
    }
}

static void check_touch(const struct feature_row *row, const struct plain_book *plain)
{
    const struct plain_side *bid = &plain->side[0], *ask = &plain->side[1];
    long double micro = (bid->p[0] * ask->q[0] + ask->p[0] * bid->q[0]) / (bid->q[0] + ask->q[0]);
    long double relative = plain->mid > 0 ? plain->spread / plain->mid : (long double)NAN;

    check_column(row, FEATURE_best_bid, bid->p[0], 0);
    check_column(row, FEATURE_best_ask, ask->p[0], 0);
    check_column(row, FEATURE_mid_price, plain->mid, 0);
    check_column(row, FEATURE_spread, plain->spread, plain->mid);
    check_column(row, FEATURE_best_bid_size, bid->q[0], 0);
    check_column(row, FEATURE_best_ask_size, ask->q[0], 0);
    check_column(row, FEATURE_relative_spread, relative, 1);
    check_column(row, FEATURE_microprice, micro, 0);
    check_column(row, FEATURE_micro_minus_mid, micro - plain->mid, plain->mid);
    check_column(row, FEATURE_imbalance_L1, plain_imbalance(plain, 1), 1);
    check_column(row, FEATURE_imbalance_L3, plain_imbalance(plain, 3), 1);
    check_column(row, FEATURE_imbalance_L5, plain_imbalance(plain, 5), 1);
    check_column(row, FEATURE_imbalance_L10, plain_imbalance(plain, 10), 1);
    check_column(row, FEATURE_total_imbalance, plain_imbalance(plain, 20), 1);
}

static void check_shape(const struct feature_row *row, const struct plain_book *plain)
{
    const struct plain_side *bid = &plain->side[0], *ask = &plain->side[1];
    long double slope[2] = {plain_slope_regression(plain, 0), plain_slope_regression(plain, 1)};
    long double gravity = plain_gravity(plain);
    long double cog =
        plain->mid > 0 ? (gravity - plain->mid) / plain->mid * 10000 : (long double)NAN;

    check_column(row, FEATURE_vwap_bid_5, plain_vwap(bid, 5), 0);
    check_column(row, FEATURE_vwap_ask_5, plain_vwap(ask, 5), 0);
    check_column(row, FEATURE_vwap_spread, plain_vwap(ask, 5) - plain_vwap(bid, 5), plain->mid);
    check_column(row, FEATURE_slope_asymmetry,
                 slope[1] > 0 ? slope[0] / slope[1] : (long double)NAN, 0);
    check_column(row, FEATURE_center_of_gravity, gravity, 0);
    check_column(row, FEATURE_cog_vs_mid, cog, 1e5);
    check_column(row, FEATURE_avg_depth_decay_5, (plain_decay(bid) + plain_decay(ask)) / 2, 0);
    for (int i = 0; i < 2; i++) {
        const struct plain_side *side = &plain->side[i];
        unsigned at = (unsigned)i;
        check_column(row, FEATURE_total_bid_depth + at, plain_size(side, 20), 0);
        check_column(row, FEATURE_smart_bid_depth + at, plain_smart(plain, i), 0);
        check_column(row, FEATURE_bid_slope_simple + at, plain_slope_simple(side), 1);
        check_column(row, FEATURE_bid_slope_regression + at, slope[i], 1e5);
        check_column(row, FEATURE_bid_depth_decay_5 + at, plain_decay(side), 0);
        check_column(row, FEATURE_bid_concentration + at, plain_concentration(side), 0);
        check_column(row, FEATURE_bid_50pct_depth_levels + at, plain_half(side), 0);
    }
    long double smart[2] = {plain_smart(plain, 0), plain_smart(plain, 1)};
    check_column(row, FEATURE_smart_depth_imbalance, (smart[0] - smart[1]) / (smart[0] + smart[1]),
                 1);
}

/* bands_test.c proves the sums; here what is made of them. */
static void check_bands(const struct feature_row *row, const struct plain_book *plain,
                        const struct bands *bands)
{
    long double unit = powl(10, RIG_SIZE_SCALE), none = bands->valid ? 0 : NAN, within[BANDS];

    for (unsigned i = 0; i < BANDS; i++) {
        long double bid =
            none + (long double)(bands->within[0][i] - (i ? bands->within[0][i - 1] : 0));
        long double ask =
            none + (long double)(bands->within[1][i] - (i ? bands->within[1][i - 1] : 0));
        check_column(row, FEATURE_bid_vol_band_0_5bps + i, bid / unit, 0);
        check_column(row, FEATURE_ask_vol_band_0_5bps + i, ask / unit, 0);
        check_column(row, FEATURE_imb_band_0_5bps + i, (bid - ask) / (bid + ask), 1);
        within[i] = none + (long double)(bands->within[0][i] + bands->within[1][i]);
    }
    check_column(row, FEATURE_lambda_like, plain->spread / (within[0] / unit), plain->mid);
    check_column(row, FEATURE_amihud_like, plain->spread / (within[1] / unit), plain->mid);
    check_column(row, FEATURE_book_convexity, within[0] / within[3], 0);
}

static void check_row(struct book_rig *rig)
{
    static struct feature_row row;

    if (!book_rig_row(rig, &row))
        return;
    struct plain_book plain = plain_book_of(rig->book, RIG_PRICE_SCALE, RIG_SIZE_SCALE);
    check_levels(&row, rig->book);
    check_touch(&row, &plain);
    check_shape(&row, &plain);
    check_bands(&row, &plain, &rig->bands);
}

TEST(equals_the_formulas)
{
    struct book_rig rig = book_rig_new(1);
    int64_t middle = 6000000;

    for (int event = 0; event < 5000; event++) {
        middle += (int64_t)rig_below(&rig, 5) - 2;
        book_rig_pass(&rig, TD_SIDE_BID, middle);
        book_rig_pass(&rig, TD_SIDE_ASK, middle);
        for (int i = 0; i < 3; i++)
            book_rig_change(&rig, middle, 3000);
        check_row(&rig);
    }
    book_rig_delete(&rig);
}

/* Books of one to eight levels a side, of all heights, below 0 too: every null rule that counts levels or asks for a price. */
TEST(thin_books)
{
    struct book_rig rig = book_rig_new(2);

    for (int round = 0; round < 4000; round++) {
        int64_t middle = (int64_t)rig_below(&rig, 4) * 5000 - 1000;
        book_rig_clear(&rig);
        for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
            for (uint64_t n = 1 + rig_below(&rig, 8); n > 0; n--) {
                int64_t off = 1 + (int64_t)rig_below(&rig, 300);
                book_rig_set(&rig, side, side == TD_SIDE_BID ? middle - off : middle + off,
                             1 + (int64_t)rig_below(&rig, 100));
            }
        }
        check_row(&rig);
    }
    book_rig_delete(&rig);
}

/* ---- rules by hand -------------------------------------------------------------------------------- */

static struct feature_row row_of(struct book_rig *rig, const int64_t (*bids)[2],
                                 const int64_t (*asks)[2])
{
    struct feature_row row = {0};

    book_rig_lay(rig, bids, asks);
    CHECK(book_rig_row(rig, &row));
    return row;
}

static bool has(const struct feature_row *row, enum feature feature)
{
    return feature_has(row, feature);
}

/* Regression: best sizes once stood where those of level 1 belong, and depth counted level 0 twice. */
TEST(level_1_is_not_level_0)
{
    static const int64_t bids[][2] = {{1000, 100000000}, {999, 300000000}, {0, 0}};
    static const int64_t asks[][2] = {{1002, 200000000}, {1005, 500000000}, {0, 0}};
    struct book_rig rig = book_rig_new(3);
    struct feature_row row = row_of(&rig, bids, asks);

    CHECK_EQ_F64(row.value[FEATURE_bid_size_L0], 1.0);
    CHECK_EQ_F64(row.value[FEATURE_bid_size_L1], 3.0);
    CHECK_EQ_F64(row.value[FEATURE_ask_size_L0], 2.0);
    CHECK_EQ_F64(row.value[FEATURE_ask_size_L1], 5.0);
    CHECK_EQ_F64(row.value[FEATURE_bid_price_L1], 9.99);
    CHECK_EQ_F64(row.value[FEATURE_ask_price_L1], 10.05);
    CHECK_EQ_F64(row.value[FEATURE_best_bid_size], 1.0);
    CHECK_EQ_F64(row.value[FEATURE_best_ask_size], 2.0);
    CHECK_EQ_F64(row.value[FEATURE_total_bid_depth], 4.0);
    CHECK_EQ_F64(row.value[FEATURE_total_ask_depth], 7.0);
    CHECK_EQ_F64(row.value[FEATURE_imbalance_L1], -1.0 / 3);
    CHECK_EQ_F64(row.value[FEATURE_imbalance_L3], -3.0 / 11);
    CHECK(!has(&row, FEATURE_bid_price_L2) && !has(&row, FEATURE_bid_size_L2));
    book_rig_delete(&rig);
}

/* What 2, 3, 4 and 5 levels define. */
TEST(null_by_levels)
{
    struct book_rig rig = book_rig_new(4);
    struct feature_row row;

    for (int64_t levels = 1; levels <= 6; levels++) {
        book_rig_set(&rig, TD_SIDE_BID, 100000 - levels, 10);
        book_rig_set(&rig, TD_SIDE_ASK, 100000 + levels, 10);
        CHECK(book_rig_row(&rig, &row));
        CHECK(has(&row, FEATURE_bid_slope_regression) == (levels >= 3));
        CHECK(has(&row, FEATURE_ask_slope_regression) == (levels >= 3));
        CHECK(has(&row, FEATURE_slope_asymmetry) == (levels >= 3));
        CHECK(has(&row, FEATURE_bid_slope_simple) == (levels >= 5));
        CHECK(has(&row, FEATURE_ask_slope_simple) == (levels >= 5));
        CHECK(has(&row, FEATURE_bid_depth_decay_5) == (levels >= 5));
        CHECK(has(&row, FEATURE_avg_depth_decay_5) == (levels >= 5));
        CHECK(has(&row, FEATURE_vwap_bid_5) && has(&row, FEATURE_imbalance_L10));
        CHECK(has(&row, FEATURE_bid_exp_decay_rate) == (levels >= 2));
    }
    book_rig_set(&rig, TD_SIDE_ASK, 100006, 0);
    book_rig_set(&rig, TD_SIDE_ASK, 100005, 0);
    CHECK(book_rig_row(&rig, &row));
    CHECK(has(&row, FEATURE_bid_depth_decay_5) && !has(&row, FEATURE_ask_depth_decay_5));
    CHECK(!has(&row, FEATURE_avg_depth_decay_5));
    book_rig_delete(&rig);
}

/* No size near the mid: bands are 0, their quotients null. */
TEST(null_by_volume)
{
    static const int64_t bids[][2] = {{99850, 7}, {0, 0}};
    static const int64_t asks[][2] = {{100150, 7}, {0, 0}};
    struct book_rig rig = book_rig_new(5);
    struct feature_row row = row_of(&rig, bids, asks);

    CHECK_EQ_F64(row.value[FEATURE_bid_vol_band_0_5bps], 0.0);
    CHECK_EQ_F64(row.value[FEATURE_ask_vol_band_10_25bps], 7e-8);
    CHECK(has(&row, FEATURE_bid_vol_band_0_5bps) && has(&row, FEATURE_bid_vol_band_50_100bps));
    CHECK(!has(&row, FEATURE_imb_band_0_5bps) && has(&row, FEATURE_imb_band_10_25bps));
    CHECK(!has(&row, FEATURE_lambda_like) && !has(&row, FEATURE_amihud_like));
    CHECK_EQ_F64(row.value[FEATURE_book_convexity], 0.0);
    book_rig_delete(&rig);
}

/* Some venues quote at and below 0: what is relative to the mid is null, the rest is there. */
TEST(null_without_a_price)
{
    static const int64_t bids[][2] = {{-700, 1}, {-701, 2}, {-702, 3},
                                      {-703, 4}, {-704, 5}, {0, 0}};
    static const int64_t asks[][2] = {{-690, 1}, {-688, 2}, {-687, 3},
                                      {-686, 4}, {-600, 5}, {0, 0}};
    static const enum feature null[] = {FEATURE_relative_spread,      FEATURE_smart_bid_depth,
                                        FEATURE_smart_ask_depth,      FEATURE_smart_depth_imbalance,
                                        FEATURE_bid_slope_regression, FEATURE_slope_asymmetry,
                                        FEATURE_cog_vs_mid,           FEATURE_bid_vol_band_0_5bps,
                                        FEATURE_imb_band_0_5bps,      FEATURE_lambda_like,
                                        FEATURE_book_convexity,       FEATURE_slippage_proxy};
    struct book_rig rig = book_rig_new(6);
    struct feature_row row = row_of(&rig, bids, asks);

    for (size_t i = 0; i < sizeof null / sizeof null[0]; i++)
        CHECK(!has(&row, null[i]));
    CHECK_EQ_F64(row.value[FEATURE_mid_price], -6.95);
    CHECK_EQ_F64(row.value[FEATURE_spread], 0.1);
    CHECK(has(&row, FEATURE_center_of_gravity) && has(&row, FEATURE_bid_slope_simple));
    CHECK(has(&row, FEATURE_vwap_ask_5) && has(&row, FEATURE_microprice));
    book_rig_delete(&rig);
}

TEST(half_depth_on_the_boundary)
{
    static const int64_t bids[][2] = {{1000, 5}, {999, 3}, {998, 2}, {0, 0}};
    static const int64_t asks[][2] = {{1001, 4}, {1002, 2}, {1003, 4}, {0, 0}};
    struct book_rig rig = book_rig_new(7);
    struct feature_row row = row_of(&rig, bids, asks);

    CHECK_EQ_F64(row.value[FEATURE_bid_50pct_depth_levels], 0.0); /* exactly half */
    CHECK_EQ_F64(row.value[FEATURE_ask_50pct_depth_levels], 1.0);
    book_rig_delete(&rig);
}

/* ---- symmetry ------------------------------------------------------------------------------------- */

static const enum feature signed_columns[] = {
    FEATURE_imbalance_L1,      FEATURE_imbalance_L3,      FEATURE_imbalance_L5,
    FEATURE_imbalance_L10,     FEATURE_total_imbalance,   FEATURE_smart_depth_imbalance,
    FEATURE_micro_minus_mid,   FEATURE_cog_vs_mid,        FEATURE_imb_band_0_5bps,
    FEATURE_imb_band_5_10bps,  FEATURE_imb_band_10_25bps, FEATURE_imb_band_25_50bps,
    FEATURE_imb_band_50_100bps};
enum { SIGNED = sizeof signed_columns / sizeof signed_columns[0] };

/* Random distances and sizes on both sides of 100000; swapped: what the bids had the asks get. */
static struct feature_row mirror_row(struct book_rig *rig, uint64_t seed, bool same, bool swapped)
{
    struct feature_row row = {0};

    rig->random = seed * 2 + 1;
    book_rig_clear(rig);
    for (int i = 0; i < 60; i++) {
        int64_t off = 1 + (int64_t)rig_below(rig, 1200),
                size = 1 + (int64_t)rig_below(rig, 1000000);
        int64_t other_off = same ? off : 1 + (int64_t)rig_below(rig, 1200);
        int64_t other_size = same ? size : 1 + (int64_t)rig_below(rig, 1000000);
        other_off = i == 0 ? 1 : other_off;
        off = i == 0 ? 1 : off;
        book_rig_set(rig, TD_SIDE_BID, 100000 - (swapped ? other_off : off),
                     swapped ? other_size : size);
        book_rig_set(rig, TD_SIDE_ASK, 100000 + (swapped ? off : other_off),
                     swapped ? size : other_size);
    }
    CHECK(book_rig_row(rig, &row));
    return row;
}

TEST(symmetric_books_lean_nowhere)
{
    struct book_rig rig = book_rig_new(8);

    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct feature_row row = mirror_row(&rig, seed, true, false);
        for (int i = 0; i < SIGNED; i++)
            CHECK(!has(&row, signed_columns[i]) || row.value[signed_columns[i]] == 0);
        CHECK_EQ_F64(row.value[FEATURE_slope_asymmetry], 1.0);
        CHECK_EQ_F64(row.value[FEATURE_center_of_gravity], row.value[FEATURE_mid_price]);
    }
    book_rig_delete(&rig);
}

TEST(mirrored_books_mirror_the_signs)
{
    struct book_rig rig = book_rig_new(9);

    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct feature_row row = mirror_row(&rig, seed, false, false);
        struct feature_row mirrored = mirror_row(&rig, seed, false, true);
        for (int i = 0; i < SIGNED; i++) {
            enum feature feature = signed_columns[i];
            CHECK(has(&row, feature) == has(&mirrored, feature));
            CHECK(!has(&row, feature) || row.value[feature] == -mirrored.value[feature]);
        }
        CHECK_EQ_F64(row.value[FEATURE_bid_concentration],
                     mirrored.value[FEATURE_ask_concentration]);
        CHECK_EQ_F64(row.value[FEATURE_smart_ask_depth], mirrored.value[FEATURE_smart_bid_depth]);
        CHECK_EQ_F64(row.value[FEATURE_bid_slope_regression],
                     mirrored.value[FEATURE_ask_slope_regression]);
    }
    book_rig_delete(&rig);
}
