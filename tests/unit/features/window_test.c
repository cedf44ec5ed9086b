/* The ring by itself: borders, fullness, nulls, large numbers. That its sums are right over a market: features_test.c. */
#include "features/window.h"

#include <stdlib.h>

#include "base/limits.h"
#include "test.h"

static struct window *window_new(uint32_t events, bool all)
{
    struct window_params params = {.events = events,
                                   .want_regime = all,
                                   .want_kyle = all,
                                   .want_slow = all,
                                   .regime_at = WINDOW_300S,
                                   .kyle_at = WINDOW_300S,
                                   .regime = {true, 0.2, 0.8, 0.0001}};
    struct window *w = aligned_alloc(64, (sizeof *w + 63) / 64 * 64);
    window_init(w, aligned_alloc(64, (window_footprint(&params) + 63) / 64 * 64), &params);
    return w;
}

static void window_delete(struct window *w)
{
    free(w->event);
    free(w);
}

static void push(struct window *w, int64_t ts_ns, int64_t ofi)
{
    struct window_event event = {.ts_ns = ts_ns,
                                 .log_return = ofi << 40,
                                 .spread = 0.001,
                                 .ofi = ofi,
                                 .buy = ofi,
                                 .mlofi = ofi};
    struct window_slow slow = {.value = {(double)ofi, NAN, -1.5}, .depth = ofi};
    window_push(w, &event, &slow);
}

static int64_t ofi_in(const struct window *w, enum window_horizon horizon)
{
    return (int64_t)window_of(w, horizon).ofi;
}

TEST(every_horizon_lets_go_in_its_time)
{
    struct window *w = window_new(1024, true);
    push(w, 0, 1000);
    for (int h = 0; h < WINDOW_HORIZONS; h++) {
        push(w, window_ns[h] - 1, 0);
        CHECK(ofi_in(w, (enum window_horizon)h) == 1000);
        push(w, window_ns[h], 0);
        CHECK_EQ_I64(ofi_in(w, (enum window_horizon)h), 0);
    }
    CHECK_EQ_U64(window_of(w, WINDOW_1S).spreads, 2);
    CHECK_EQ_U64(w->left_early, 0);
    window_delete(w);
}

TEST(equal_times_leave_together)
{
    struct window *w = window_new(64, true);
    for (int i = 0; i < 10; i++)
        push(w, 5, 1);
    CHECK_EQ_I64(ofi_in(w, WINDOW_1S), 10);
    push(w, 5 + TD_NS_PER_S, 1);
    CHECK_EQ_I64(ofi_in(w, WINDOW_1S), 1);
    window_delete(w);
}

TEST(nulls_are_not_counted)
{
    struct window *w = window_new(64, true);
    struct window_event event = {.ts_ns = 1, .log_return = WINDOW_NONE, .spread = NAN, .ofi = 3};
    struct window_slow slow = {.value = {NAN, NAN, NAN}, .depth = WINDOW_NONE};
    window_push(w, &event, &slow);
    struct window_sums sums = window_of(w, WINDOW_900S);
    CHECK_EQ_U64(sums.spreads, 0);
    CHECK_EQ_U64(sums.log_return.count, 0);
    CHECK_EQ_U64(w->kyle.flow.count, 0);
    CHECK_EQ_U64(w->slow_60s[0].count, 0);
    CHECK_EQ_U64(w->depth_300s.count, 0);
    push(w, 2, 4);
    CHECK_EQ_U64(w->slow_60s[WINDOW_BID_SLOPE].count, 1);
    CHECK_EQ_U64(w->slow_60s[WINDOW_ASK_SLOPE].count, 0);
    push(w, 301 * TD_NS_PER_S, 0);
    CHECK_EQ_U64(w->kyle.flow.count, 1);
    CHECK_EQ_U64(w->slow_60s[WINDOW_BID_SLOPE].count, 1);
    CHECK_EQ_U64(w->depth_300s.count, 1);
    window_delete(w);
}

TEST(full_lets_the_oldest_go_early_from_every_window)
{
    struct window *w = window_new(8, true);
    for (int i = 0; i < 20; i++) {
        push(w, i, 1);
        CHECK_EQ_I64(ofi_in(w, WINDOW_1S), i < 8 ? i + 1 : 8);
        CHECK_EQ_I64(ofi_in(w, WINDOW_900S), i < 8 ? i + 1 : 8);
        CHECK_EQ_U64(order_count(w->regime.spreads), (uint64_t)(i < 8 ? i + 1 : 8));
        CHECK_EQ_I64(window_short(w), i >= 8);
    }
    CHECK_EQ_U64(w->left_early, 12);
    CHECK_EQ_U64(w->depth_300s.count, 8);
    window_delete(w);
}

/* Sums far beyond 64 and 128 bits come in and go, and nothing of them remains. */
TEST(large_values_leave_nothing)
{
    struct window *w = window_new(64, true);
    for (int i = 0; i < 60; i++) {
        struct window_event event = {.ts_ns = i,
                                     .log_return = (INT64_C(44) << 56) * (i % 2 ? 1 : -1),
                                     .spread = 2,
                                     .ofi = INT64_C(1) << 61,
                                     .mlofi = window_mlofi_most(w->params.events),
                                     .buy = WINDOW_STEPS_MAX,
                                     .sell = WINDOW_STEPS_MAX};
        struct window_slow slow = {.value = {MOMENTS_MOST, -MOMENTS_MOST, MOMENTS_MOST},
                                   .depth = WINDOW_STEPS_MAX};
        window_push(w, &event, &slow);
    }
    struct window_sums sums = window_of(w, WINDOW_1S);
    CHECK(sums.ofi == (__int128)60 << 61);
    CHECK_NEAR_F64(moments_deviation(&sums.log_return) * 0x1p-56, 44 * sqrt(60.0 / 59), 1e-12);
    CHECK_EQ_F64(moments_deviation(&w->slow_60s[0]), 0.0);
    push(w, 400 * TD_NS_PER_S, 1);
    push(w, 400 * TD_NS_PER_S, 3);
    sums = window_of(w, WINDOW_300S);
    CHECK(sums.ofi == 4 && sums.mlofi == 4 && sums.buy == 4 && sums.sell == 0);
    CHECK_NEAR_F64(moments_deviation(&sums.log_return), sqrt(2) * 0x1p40, 1e-3);
    CHECK_EQ_F64(moments_mean(&w->slow_60s[0]) * 0x1p-52, 2.0);
    CHECK_EQ_F64(moments_mean(&w->depth_300s), 2.0);
    CHECK_NEAR_F64(moments_deviation(&w->depth_300s), sqrt(2), 1e-15);
    window_delete(w);
}

TEST(a_scale_that_does_not_fit_clears)
{
    struct window *w = window_new(64, true);
    push(w, 1, 5);
    push(w, 2, 6);
    CHECK(window_rescale(w, 1000));
    CHECK_EQ_I64(ofi_in(w, WINDOW_900S), 11000);
    CHECK_EQ_F64(moments_mean(&w->slow_60s[0]) * 0x1p-52, 5500.0);
    CHECK_EQ_F64(moments_mean(&w->slow_60s[WINDOW_COG]) * 0x1p-52, -1.5);
    CHECK(!window_rescale(w, INT64_C(1) << 55));
    CHECK_EQ_I64(ofi_in(w, WINDOW_900S), 0);
    push(w, 3, 7);
    CHECK_EQ_I64(ofi_in(w, WINDOW_900S), 7);
    window_delete(w);
}

TEST(without_the_slow_families)
{
    struct window *w = window_new(64, false);
    struct window_event event = {.ts_ns = 1, .ofi = 3, .spread = 0.5};
    window_push(w, &event, NULL);
    CHECK_EQ_I64(ofi_in(w, WINDOW_1S), 3);
    CHECK_EQ_F64((double)window_of(w, WINDOW_1S).spread * 0x1p-60, 0.5);
    window_delete(w);
}

/* ---- drift ------------------------------------------------------------------------------------- */

static uint64_t dice = 88172645463325252;

static int64_t throw_dice(int64_t most)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)most);
}

/* Magnitudes from 1 to 2^55: what a sum of doubles would lose. */
static struct window_event wild_event(int64_t ts_ns)
{
    int64_t size = INT64_C(1) << throw_dice(55);
    return (struct window_event){.ts_ns = ts_ns,
                                 .log_return = throw_dice(size) - size / 2,
                                 .spread = 1.0 / (double)(1 + throw_dice(size)),
                                 .ofi = throw_dice(size) - size / 2,
                                 .mlofi =
                                     (__int128)(throw_dice(size) - size / 2) * (INT64_C(1) << 40),
                                 .buy = throw_dice(size),
                                 .sell = throw_dice(size)};
}

static void check_same(const struct window *w, const struct window *fresh)
{
    for (int h = 0; h < WINDOW_HORIZONS; h++) {
        struct window_sums a = window_of(w, h), b = window_of(fresh, h);
        CHECK(a.ofi == b.ofi && a.mlofi == b.mlofi && a.buy == b.buy && a.sell == b.sell);
        CHECK(a.spread == b.spread && a.spreads == b.spreads);
        CHECK(a.log_return.sum == b.log_return.sum && a.log_return.count == b.log_return.count);
        CHECK_EQ_F64(moments_deviation(&a.log_return), moments_deviation(&b.log_return));
    }
    struct kyle_values a = kyle_of(&w->kyle, &(struct moments){0}, 1),
                       b = kyle_of(&fresh->kyle, &(struct moments){0}, 1);
    CHECK_EQ_F64(a.lambda, b.lambda);
    for (int i = 0; i < WINDOW_SLOW; i++)
        CHECK_EQ_F64(moments_deviation(&w->slow_60s[i]), moments_deviation(&fresh->slow_60s[i]));
    CHECK_EQ_F64(moments_mean(&w->depth_300s), moments_mean(&fresh->depth_300s));
    CHECK_EQ_U64(order_count(w->regime.spreads), order_count(fresh->regime.spreads));
}

/* Whatever went through, the sums are those of what is inside (SPEC 2.7, Correction: removal from a running deviation drifts).
   TAPEDECK_DRIFT_UPDATES: how much goes through; F27 names 10^8. */
TEST(no_drift)
{
    enum { LIVE = 1024 };
    const char *asked = getenv("TAPEDECK_DRIFT_UPDATES");
    int64_t updates = asked != NULL ? atoll(asked) : 300000;
    static struct window_event event[LIVE];
    static struct window_slow slow[LIVE];
    struct window *w = window_new(LIVE, true), *fresh = window_new(LIVE, true);
    for (int64_t i = 0, ts_ns = 0; i < updates; i++, ts_ns += throw_dice(2 * TD_NS_PER_S)) {
        event[i % LIVE] = wild_event(ts_ns);
        double size = (double)event[i % LIVE].buy / 1e6;
        slow[i % LIVE] = (struct window_slow){.value = {size, -size, 1 / (1 + size)},
                                              .depth = event[i % LIVE].sell};
        window_push(w, &event[i % LIVE], &slow[i % LIVE]);
    }
    for (int64_t i = updates - LIVE; i < updates; i++)
        window_push(fresh, &event[i % LIVE], &slow[i % LIVE]);
    check_same(w, fresh);
    window_delete(w);
    window_delete(fresh);
}
