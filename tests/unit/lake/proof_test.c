#include "lake/proof.h"

#include "test.h"

static struct lake_buffer scratch;

static void stream_add(struct holes *holes, const char *exchange, const char *symbol)
{
    struct hole_stream stream = {.deck = "d"};
    strncpy(stream.exchange, exchange, sizeof stream.exchange - 1);
    strncpy(stream.symbol, symbol, sizeof stream.symbol - 1);
    CHECK_EQ_I64(lake_append(&holes->streams, &stream, sizeof stream), 0);
    holes->stream_count++;
}

static void hole_add(struct holes *holes, uint32_t stream, int kind, int64_t from, int64_t to)
{
    struct hole hole = {.stream = stream,
                        .channel = TD_CHANNEL_BOOK,
                        .kind = (uint8_t)kind,
                        .from_us = from,
                        .to_us = to,
                        .missed = -1,
                        .note = ""};
    CHECK_EQ_I64(lake_append(&holes->holes, &hole, sizeof hole), 0);
    holes->count++;
}

static struct hole *last(struct holes *holes)
{
    return (struct hole *)(void *)holes->holes.data + holes->count - 1;
}

static struct completeness of(struct holes *holes, enum td_channel channel, int64_t from,
                              int64_t to)
{
    struct completeness is;
    CHECK_EQ_I64(completeness_of(holes, holes_stream(holes, 0), channel, from, to, &scratch, &is),
                 0);
    return is;
}

static struct holes fresh(void)
{
    struct holes holes = {0};
    stream_add(&holes, "x", "A-B");
    stream_add(&holes, "x", "_all");
    stream_add(&holes, "_all", "_all");
    stream_add(&holes, "x", "C-D");
    return holes;
}

static void done(struct holes *holes)
{
    holes_free(holes);
    lake_buffer_free(&scratch);
}

TEST(nothing_open_is_all_proven)
{
    struct holes holes = fresh();
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 10, 110);
    CHECK_EQ_I64(is.us[PROOF_PROVEN], 100);
    CHECK_EQ_I64(completeness_ppm(&is), 1000000);
    is = of(&holes, TD_CHANNEL_BOOK, 10, 10);
    CHECK_EQ_I64(completeness_ppm(&is), -1);
    done(&holes);
}

TEST(the_worst_of_overlapping_holes_counts_once)
{
    struct holes holes = fresh();
    hole_add(&holes, 0, TD_GAP_SEQUENCE, 20, 40);   /* broken */
    hole_add(&holes, 1, TD_GAP_DISCONNECT, 30, 60); /* its connection: stale */
    hole_add(&holes, 2, TD_GAP_CRASH, 50, 70);      /* its device: absent */
    hole_add(&holes, 3, TD_GAP_SEQUENCE, 0, 100);   /* another symbol's */
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 0, 100);
    CHECK_EQ_I64(is.us[PROOF_BROKEN], 20);
    CHECK_EQ_I64(is.us[PROOF_STALE], 10);
    CHECK_EQ_I64(is.us[PROOF_ABSENT], 20);
    CHECK_EQ_I64(is.us[PROOF_PROVEN], 50);
    CHECK_EQ_I64(is.kind_us[TD_GAP_DISCONNECT], 30);
    CHECK_EQ_I64(is.total, 3);
    CHECK_EQ_I64(completeness_ppm(&is), 500000);
    is = of(&holes, TD_CHANNEL_TRADES, 0, 100); /* the holes were the book's */
    CHECK_EQ_I64(is.total, 0);
    done(&holes);
}

TEST(a_hole_is_cut_to_the_stretch)
{
    struct holes holes = fresh();
    hole_add(&holes, 0, TD_GAP_SILENT, 50, HOLE_OPEN);
    hole_add(&holes, 0, TD_GAP_CHECKSUM, -10, 5);
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 0, 100);
    CHECK_EQ_I64(is.us[PROOF_STALE], 50);
    CHECK_EQ_I64(is.us[PROOF_BROKEN], 5);
    CHECK_EQ_I64(is.open, 1);
    is = of(&holes, TD_CHANNEL_BOOK, 100, 200);
    CHECK_EQ_I64(is.us[PROOF_STALE], 100);
    CHECK_EQ_I64(is.total, 1);
    is = of(&holes, TD_CHANNEL_BOOK, 5, 50);
    CHECK_EQ_I64(is.total, 0);
    done(&holes);
}

TEST(a_filled_hole_costs_no_time_and_counts_its_trades)
{
    struct holes holes = fresh();
    hole_add(&holes, 0, TD_GAP_TRADE_ID, 10, 20);
    last(&holes)->missed = 7;
    last(&holes)->action = TD_GAP_ACT_BACKFILLED;
    hole_add(&holes, 0, TD_GAP_TRADE_ID, 30, 40);
    last(&holes)->missed = 3;
    last(&holes)->filled = 2;                      /* not all: it is a hole as long as before */
    hole_add(&holes, 0, TD_GAP_TRADE_ID, 90, 110); /* ends in the next stretch and counts there */
    last(&holes)->missed = 100;
    hole_add(&holes, 2, TD_GAP_DISK_ERROR, 50, 50); /* frames, not trades of this stream */
    last(&holes)->missed = 1000;
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 0, 100);
    CHECK_EQ_I64(is.missed, 10);
    CHECK_EQ_I64(is.backfilled, 9);
    CHECK_EQ_I64(is.us[PROOF_BROKEN], 20);
    CHECK_EQ_I64(is.gaps[TD_GAP_TRADE_ID], 3);
    is = of(&holes, TD_CHANNEL_BOOK, 100, 200);
    CHECK_EQ_I64(is.missed, 100);
    done(&holes);
}

TEST(an_instant_is_counted_and_costs_no_time)
{
    struct holes holes = fresh();
    hole_add(&holes, 0, TD_GAP_PARSE, 0, 0);
    hole_add(&holes, 0, TD_GAP_CLOCK_STEP, 10, 30);
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 0, 100);
    CHECK_EQ_I64(is.total, 2);
    CHECK_EQ_I64(completeness_ppm(&is), 1000000);
    CHECK_EQ_I64(is.kind_us[TD_GAP_CLOCK_STEP], 20);
    is = of(&holes, TD_CHANNEL_BOOK, -50, 0); /* it belongs to the stretch that begins with it */
    CHECK_EQ_I64(is.total, 0);
    done(&holes);
}

/* A symbol that is taken out of the configuration is not to be recorded: neither proven nor missing. */
TEST(time_that_is_not_configured_is_in_no_sum)
{
    struct holes holes = fresh();
    hole_add(&holes, 0, TD_GAP_DISCONNECT, 10, 20);
    hole_add(&holes, 0, TD_GAP_PLANNED, 60, HOLE_OPEN);
    hole_add(&holes, 1, TD_GAP_DISCONNECT, 70, 80); /* its connection's */
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 0, 100);
    CHECK_EQ_I64(is.idle_us, 40);
    CHECK_EQ_I64(is.us[PROOF_PROVEN], 50);
    CHECK_EQ_I64(is.us[PROOF_STALE], 10);
    CHECK_EQ_I64(is.gaps[TD_GAP_PLANNED], 0);
    CHECK_EQ_I64(is.open, 0);
    is = of(&holes, TD_CHANNEL_BOOK, 65, 100);
    CHECK_EQ_I64(completeness_ppm(&is), -1);
    done(&holes);
}

/* Tickers alone may be shed: the streams' own holes say what was not stored. */
TEST(the_devices_row_of_shedding_costs_no_time)
{
    struct holes holes = fresh();
    hole_add(&holes, 2, TD_GAP_SHED, 10, 90);
    hole_add(&holes, 0, TD_GAP_SHED, 40, 50);
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 0, 100);
    CHECK_EQ_I64(is.us[PROOF_ABSENT], 10);
    CHECK_EQ_I64(is.us[PROOF_PROVEN], 90);
    done(&holes);
}

TEST(almost_all_is_not_all)
{
    struct holes holes = fresh();
    hole_add(&holes, 0, TD_GAP_SEQUENCE, 5, 6);
    struct completeness is = of(&holes, TD_CHANNEL_BOOK, 0, 86400 * INT64_C(1000000));
    CHECK_EQ_I64(completeness_ppm(&is), 999999);
    done(&holes);
}
