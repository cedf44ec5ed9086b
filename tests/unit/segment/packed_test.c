#include "segment/packed.h"

#include <stdlib.h>

#include "test.h"

static void fill(struct row_features *row)
{
    memset(row, 0, sizeof *row);
    for (unsigned f = 0; f < FEATURES; f++)
        feature_put(&row->feature, f, f % 3);
    row->interval_ms = 1000;
    row->events = 5;
    row->flags = 9;
}

TEST(a_whole_row_comes_back)
{
    struct packed_layout layout;
    static struct row_features row, back;
    packed_layout_init(&layout, NULL);
    unsigned char *packed = calloc(1, layout.row_bytes);
    fill(&row);
    packed_put(&layout, &row, packed);
    packed_take(&layout, packed, &back);
    for (unsigned f = 0; f < FEATURES; f++)
        CHECK(feature_has(&back.feature, f) && back.feature.value[f] == f % 3);
    CHECK_EQ_I64(back.interval_ms, 1000);
    CHECK_EQ_I64(back.events, 5);
    CHECK_EQ_I64(back.flags, 9);
    CHECK(layout.row_bytes < sizeof(struct row_features));
    free(packed);
}

/* The bytes behind the row stay as they were. */
TEST(columns_that_are_off_take_no_room)
{
    struct feature_mask on = {{0}};
    struct packed_layout layout;
    static struct row_features row, back;
    feature_mask_add(&on, FEATURE_mid_price);
    feature_mask_add(&on, FEATURE_spread_bps);
    feature_mask_add(&on, FEATURE_spread_regime);
    packed_layout_init(&layout, &on);
    CHECK(layout.row_bytes >= sizeof(struct packed_row) + 13);
    CHECK(layout.row_bytes < sizeof(struct packed_row) + 13 + 8);
    unsigned char *packed = malloc(layout.row_bytes);
    fill(&row);
    packed_put(&layout, &row, packed);
    packed_take(&layout, packed, &back);
    for (unsigned f = 0; f < FEATURES; f++)
        CHECK(feature_has(&back.feature, f) == feature_mask_has(&on, f));
    CHECK(back.feature.value[FEATURE_spread_regime] == FEATURE_spread_regime % 3);
    free(packed);
}

static bool through(unsigned feature, double in, double *out)
{
    struct packed_layout layout;
    static struct row_features row;
    static unsigned char packed[4096];
    packed_layout_init(&layout, NULL);
    memset(&row, 0, sizeof row);
    feature_put(&row.feature, feature, in);
    packed_put(&layout, &row, packed);
    return packed_get(&layout, packed, feature, out);
}

TEST(a_value_its_column_cannot_hold_is_null)
{
    double out = 0;
    CHECK(through(FEATURE_ofi, 1e300, &out) && out == 1e300);
    CHECK(!through(FEATURE_mid_velocity, 1e300, &out));
    CHECK(!through(FEATURE_mid_velocity, -3.5e38, &out));
    CHECK(through(FEATURE_mid_velocity, 0.1, &out) && out == (double)0.1f);
    CHECK(!through(FEATURE_bars_since_open, 2147483648.0, &out));
    CHECK(through(FEATURE_bars_since_open, -2147483648.0, &out) && out == -2147483648.0);
}

TEST(there_is_no_negative_zero)
{
    double out = -1;
    CHECK(through(FEATURE_ofi, -0.0, &out) && !signbit(out));
    CHECK(through(FEATURE_mid_velocity, -0.0, &out) && !signbit(out));
    CHECK(through(FEATURE_log_return, -1e-60, &out) && out == 0 && !signbit(out));
}
