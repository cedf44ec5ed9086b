#include "venue/emit.h"

#include "venue/rig.h"

extern const struct venue venue_coinbase;

static struct emit emit;

static td_err unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static struct td_text text(const char *at)
{
    return (struct td_text){at, (uint32_t)strlen(at)};
}

static void open_emit(int price_scale, int size_scale)
{
    rig_open(&venue_coinbase, false);
    rig_add("X", "X", price_scale, size_scale);
    emit_open(&emit, &rig.ctx, &rig.frame);
    CHECK(emit_choose(&emit, text("X"), unify));
    emit_begin(&emit, TD_EVENT_DELTA, INT64_C(1767323045000000000));
}

TEST(only_text_is_discovered_as_a_name)
{
    open_emit(2, 2);
    instruments_discover(rig.ctx.instruments, true);
    CHECK(!emit_choose(&emit, text("BTC-\xafSD"), unify));
    CHECK(!emit_choose(&emit, text("BTC-\xc3"), unify));
    CHECK(!emit_choose(&emit, text(""), unify));
    CHECK(emit_choose(&emit, text("B\xc3\xa4R-USD"), unify));
    CHECK_EQ_STR(emit.instrument->symbol, "B\xc3\xa4R-USD");
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 2);
}

TEST(needs_gather_the_finest_of_the_frame)
{
    open_emit(2, 2);
    CHECK_EQ_I64(emit_level(&emit, TD_SIDE_BID, text("1.123"), text("1")), 0);
    CHECK_EQ_I64(emit_level(&emit, TD_SIDE_BID, text("1.12345"), text("1")), 0);
    CHECK_EQ_I64(emit_level(&emit, TD_SIDE_BID, text("1.1234"), text("9.1E-7")), 0);
    CHECK_EQ_I64(emit_close(&emit, TD_BUCKET_OK), TD_E_OFF_GRID);
    CHECK_EQ_I64(rig.sink.need_instrument, 0);
    CHECK_EQ_I64(rig.sink.need_price_scale, 5);
    CHECK_EQ_I64(rig.sink.need_size_scale, 8);
}

TEST(finer_than_any_scale_is_an_overflow)
{
    open_emit(2, 2);
    CHECK_EQ_I64(emit_level(&emit, TD_SIDE_BID, text("1e-19"), text("1")), 0);
    CHECK_EQ_I64(emit_close(&emit, TD_BUCKET_OK), TD_E_OVERFLOW);
    CHECK_EQ_I64(rig.sink.need_instrument, 0);
}

TEST(what_is_wrong_outranks_what_is_large)
{
    open_emit(2, 2);
    CHECK_EQ_I64(emit_level(&emit, TD_SIDE_BID, text("1"), text("9e30")), 0);
    CHECK_EQ_I64(emit_level(&emit, TD_SIDE_BID, text("1"), text("-9e30")), TD_E_SYNTAX);
    CHECK_EQ_I64(emit_close(&emit, TD_BUCKET_MALFORMED), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(emit_time_epoch(&emit, text("1000")), EMIT_NO_TIME);
    CHECK_EQ_I64(emit_close(&emit, TD_BUCKET_OK), TD_BUCKET_ABSURD);
}

TEST(ids_are_integers_of_18_digits_or_texts)
{
    static const char *const numbers[] = {"0", "7", "999999999999999999"};
    static const char *const texts[] = {"1000000000000000000",        "007", "-7", "a1", "",
                                        "100182534526255757567432481"};
    open_emit(0, 0);
    struct emit_trade trade = {.price = text("1"), .size = text("1"), .event_ns = EMIT_NO_TIME};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        trade.id = text(numbers[i]);
        CHECK_EQ_I64(emit_trade(&emit, &trade), 0);
        CHECK(emit.event->trade.uid.at == NULL);
        CHECK_EQ_I64(emit.event->trade.trade_id, strtoll(numbers[i], NULL, 10));
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        trade.id = text(texts[i]);
        CHECK_EQ_I64(emit_trade(&emit, &trade), 0);
        CHECK(emit.event->trade.uid.at == texts[i]);
    }
    CHECK(emit.event->flags & TD_EVF_NO_EVENT_TIME);
}

TEST(taker_words)
{
    CHECK_EQ_I64(emit_taker(text("buy")), TD_TAKER_BUY);
    CHECK_EQ_I64(emit_taker(text("sell")), TD_TAKER_SELL);
    CHECK_EQ_I64(emit_taker(text("")), TD_TAKER_UNKNOWN);
    CHECK_EQ_I64(emit_taker(text("block")), TD_TAKER_UNKNOWN);
    CHECK_EQ_I64(emit_taker((struct td_text){NULL, 0}), TD_TAKER_UNKNOWN);
}

/* Every scale and both ends of the fixed form, near the end of the text and far from it. */
TEST(scanned_numbers_are_what_base_makes_of_them)
{
    static const char *const numbers[] = {"0",          "1.5",           "12345678.12345678",
                                          "0.00000043", "138991023.41",  "1e2",
                                          "1.5E-3",     "61837.64000000"};
    for (int scale = 0; scale <= TD_SCALE_MAX; scale++)
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            for (int room = 0; room < 2; room++) {
                char line[64];
                snprintf(line, sizeof line, "%s\"%s", numbers[i],
                         room ? "                        " : "");
                open_emit(scale, 0);
                struct scan scan = {line, line + strlen(line)};
                int64_t scanned = 1, exact = 0;
                unsigned decimals;
                CHECK(emit_scan_steps(&emit, &scan, true, &scanned, &decimals));
                CHECK(*scan.at == '"');
                td_err err = td_decimal_to_steps(numbers[i], strlen(numbers[i]), scale, &exact);
                CHECK_EQ_I64(emit_close(&emit, TD_BUCKET_OK), err);
                if (err == 0)
                    CHECK_EQ_I64(scanned, exact);
            }
}

static void put_trades(unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", i);
        struct emit_trade trade = {.price = text("1"), .size = text("1"), .id = text(id)};
        CHECK_EQ_I64(emit_trade(&emit, &trade), 0);
    }
}

TEST(a_list_that_begins_with_the_newest_is_turned)
{
    open_emit(2, 2);
    struct emit_run run = emit_run(&emit);
    put_trades(3);
    emit_reverse(&emit, run);
    CHECK_EQ_U64(rig.sink.event_count, 4);
    CHECK_EQ_I64(rig_events[0].kind, TD_EVENT_DELTA);
    for (int i = 1; i <= 3; i++)
        CHECK_EQ_I64(rig_events[i].trade.trade_id, 4 - i);
    run = emit_run(&emit);
    emit_reverse(&emit, run);
    CHECK_EQ_I64(rig_events[3].trade.trade_id, 1);
}

TEST(a_list_longer_than_the_sink_stays_as_it_is)
{
    open_emit(2, 2);
    rig.sink.flush = NULL;
    struct emit_run run = emit_run(&emit);
    put_trades(TD_BATCH_EVENTS_MAX + 1);
    emit_reverse(&emit, run);
    CHECK(rig.sink.overflowed);
    CHECK_EQ_U64(rig.sink.event_count, 2);
    CHECK_EQ_I64(rig_events[0].trade.trade_id, TD_BATCH_EVENTS_MAX);
}
