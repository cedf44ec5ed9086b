#include "lake/touches.h"

#include <stdio.h>

#include "lake/reader.h"
#include "test.h"

#define MINUTE (60 * TD_NS_PER_S)
/* 2026-09-21T12:00:00Z */
#define START (INT64_C(1789992000) * TD_NS_PER_S)

static struct touches touches;
static struct lake_stream stream = {.deck = "d", .exchange = "x", .symbol = "A-B"};
static struct derive derive;

static void begin(const char *folder)
{
    struct mechanics_params params = mechanics_defaults();
    derive = (struct derive){.output = folder, .force = true};
    touches_open(&touches, &derive, &stream, &params);
    touches.head = (struct feed_head){.frame = 7, .recv_us = START / 1000};
}

/* A touch of `level` from below, with the bar's close as spot. */
static void find_touch(int64_t ts_ns, double level, double spot)
{
    static struct touch touch;
    touch = (struct touch){.event_id = 0xabcdef, .ts_ns = ts_ns, .kind = LEVEL_ROUND};
    feature_put(&touch.row, FEATURE_level_price, level);
    feature_put(&touch.row, FEATURE_direction, 0);
    feature_put(&touch.row, FEATURE_distance_signed, level - spot);
    touches_found(&touches, &touch);
}

struct seen {
    struct reader *reader;
    struct pq_values values;
};

static const union pq_cell *cell(struct seen *seen, const char *name)
{
    int column = footer_column(reader_meta(seen->reader), name);
    CHECK(column >= 0);
    CHECK_EQ_I64(reader_column(seen->reader, 0, (uint32_t)column, &seen->values), 0);
    return seen->values.valid[0] ? seen->values.cell : NULL;
}

static struct seen open_row(const char *folder)
{
    char path[512];
    struct seen seen = {0};
    snprintf(path, sizeof path, "%s/touches/exchange=x/symbol=A-B/date=2026-09-21/d.parquet",
             folder);
    CHECK_EQ_I64(reader_open(path, NULL, &seen.reader), 0);
    CHECK_EQ_I64(reader_meta(seen.reader)->rows, 1);
    return seen;
}

static void end(struct seen *seen)
{
    values_free(&seen->values);
    reader_close(seen->reader);
}

TEST(a_touch_waits_for_what_followed)
{
    const char *folder = test_tmpdir();
    begin(folder);
    find_touch(START + MINUTE, 100, 99.9);
    for (int i = 1; i < 30; i++)
        touches_trade(&touches, START + i * MINUTE + 1, i < 5 ? 99.9 : 101);
    CHECK_EQ_I64(touches_close(&touches, EXIT_FINE), EXIT_FINE);
    struct seen seen = open_row(folder);
    CHECK_EQ_I64(cell(&seen, "label_complete")->i, 1);
    CHECK_EQ_I64(cell(&seen, "label_in_session")->i, 1);
    CHECK_EQ_I64(cell(&seen, "date")->i, 20260921);
    CHECK_EQ_I64(cell(&seen, "confirm_ts_ns_4min")->i, START + 4 * MINUTE);
    CHECK(cell(&seen, "time_to_break_2_4min") != NULL);
    CHECK_EQ_F64(cell(&seen, "time_to_break_2_4min")->f, 60 + 1e-9);
    const union pq_cell *word = cell(&seen, "outcome_4min");
    CHECK_EQ_MEM(seen.values.heap + word->text.at, "BREAK", 5);
    CHECK_EQ_I64(cell(&seen, "tradeable_2_4min")->i, 1);
    end(&seen);
}

/* A label that trades to come could change is none. */
TEST(a_recording_that_ends_too_early_gives_no_label)
{
    const char *folder = test_tmpdir();
    begin(folder);
    find_touch(START + MINUTE, 100, 99.9);
    for (int i = 1; i < 6; i++)
        touches_trade(&touches, START + i * MINUTE, 101);
    CHECK_EQ_I64(touches_close(&touches, EXIT_FINE), EXIT_FINE);
    struct seen seen = open_row(folder);
    CHECK_EQ_I64(cell(&seen, "label_complete")->i, 0);
    CHECK(cell(&seen, "outcome_2min") == NULL);
    CHECK(cell(&seen, "confirm_ts_ns_2min") == NULL);
    CHECK_EQ_F64(cell(&seen, "level_price")->f, 100.0);
    end(&seen);
}

/* The engine finds a touch only when it consumes what came after the bar: those trades count too. */
TEST(trades_before_a_touch_was_found_are_not_missed)
{
    const char *folder = test_tmpdir();
    begin(folder);
    touches_trade(&touches, START + 30 * TD_NS_PER_S, 50);
    touches_trade(&touches, START + MINUTE + 1, 99.5);
    find_touch(START + MINUTE, 100, 99.9);
    touches_trade(&touches, START + 40 * MINUTE, 100);
    CHECK_EQ_I64(touches_close(&touches, EXIT_FINE), EXIT_FINE);
    struct seen seen = open_row(folder);
    CHECK_EQ_I64(cell(&seen, "label_complete")->i, 1);
    CHECK_EQ_F64(cell(&seen, "anchor_spot_2min")->f, 99.5);
    end(&seen);
}
