/* One broken symbol of a hundred: whatever its frames do, the rows of the ninety-nine others are the same, bit for bit. */
#include "core_rows.h"

enum { SYMBOLS = 100, BAD = 37, FRAMES = 6000 };

static char symbol_text[SYMBOLS][TD_SYMBOL_MAX];
static uint64_t digest[SYMBOLS], row_count[SYMBOLS];

static void mix(uint64_t *sum, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++)
        *sum = (*sum ^ at[i]) * UINT64_C(1099511628211);
}

static void digest_rows(void)
{
    told_count = 0;
    take_cuts();
    for (unsigned i = 0; i < told_count; i++)
        for (unsigned s = 0; s < SYMBOLS; s++)
            if (strcmp(told[i].symbol, symbol_text[s]) == 0) {
                mix(&digest[s], &told[i].head, offsetof(struct row_head, has_seq) + 1);
                mix(&digest[s], told[i].bytes, schema_table(told[i].table)->row_bytes);
                mix(&digest[s], told[i].note, strlen(told[i].note));
                row_count[s]++;
            }
}

static void image(unsigned s, const char *bid)
{
    char out[TD_TEXT_MAX + 4096];
    snprintf(
        out, sizeof out,
        "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[[\"101.00\",\"2\"]],\"bids\":[["
        "\"%s\",\"1\"]]}",
        symbol_text[s], bid);
    text(out);
}

static void change(unsigned s, unsigned i)
{
    char out[300];
    snprintf(
        out, sizeof out,
        "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"%u.50\",\"%u\"]],"
        "\"time\":\"2023-11-14T22:13:20.000001Z\"}",
        symbol_text[s], 60 + i % 40, i % 5);
    text(out);
}

static void trade(unsigned s, unsigned i)
{
    char out[400];
    snprintf(
        out, sizeof out,
        "{\"type\":\"match\",\"trade_id\":%u,\"maker_order_id\":\"a\",\"taker_order_id\":\"b\","
        "\"side\":\"sell\",\"size\":\"0.5\",\"price\":\"100.5\",\"product_id\":\"%s\","
        "\"sequence\":7,\"time\":\"2023-11-14T22:13:20.000000Z\"}",
        100 + i / SYMBOLS + i / 1000, symbol_text[s]);
    text(out);
}

/* Torn, absurd, crossed, beyond int64, a count that jumps: one after the other. */
static void bad_frame(unsigned i)
{
    char out[400];
    static const char *const frames[] = {
        "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"1",
        "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"100\",\"1\"]],"
        "\"time\":"
        "\"1970-01-01T00:00:00Z\"}",
        "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"105\",\"1\"]],"
        "\"time\":"
        "\"2023-11-14T22:13:20.1Z\"}",
        "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\","
        "\"99999999999999999999999\",\"1\"]],\"time\":\"2023-11-14T22:13:20.1Z\"}"};
    snprintf(out, sizeof out, frames[i % 4], symbol_text[BAD]);
    if (i % 9 == 4)
        image(BAD, "102.00");
    else if (i % 9 == 7)
        trade(BAD, i * 31);
    else
        text(out);
}

static void run(bool bad)
{
    const char *symbols[SYMBOLS];
    memset(digest, 0, sizeof digest);
    memset(row_count, 0, sizeof row_count);
    for (unsigned s = 0; s < SYMBOLS; s++) {
        snprintf(symbol_text[s], sizeof symbol_text[s], "AB%u-USD", 100 + s);
        symbols[s] = symbol_text[s];
    }
    start_with("coinbase", symbols, SYMBOLS, NULL);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    for (unsigned s = 0; s < SYMBOLS; s++)
        image(s, "100.00");
    for (unsigned i = 0; i < FRAMES; i++) {
        unsigned s = i % SYMBOLS;
        if (s == BAD && bad && i > 500)
            bad_frame(i / SYMBOLS);
        else if (i % 7 == 0)
            trade(s, i);
        else
            change(s, i);
        bench.now_ns += 10 * TD_NS_PER_MS;
        if (i % 100 == 99)
            step(TD_FRAME_TICK, "", 0);
        if (i % 500 == 499) {
            step(TD_FRAME_SEAL, "test", 0);
            digest_rows();
        }
    }
    step(TD_FRAME_STOP, "", 0);
    digest_rows();
}

TEST(one_broken_symbol_of_a_hundred_changes_no_row_of_the_others)
{
    static uint64_t clean[SYMBOLS], clean_rows[SYMBOLS];
    run(false);
    memcpy(clean, digest, sizeof clean);
    memcpy(clean_rows, row_count, sizeof clean_rows);
    run(true);
    CHECK(book().state == TD_BOOK_PROVEN);
    CHECK(core_book_status(bench.core, BAD).resyncs > 5);
    CHECK(core_gaps_by_kind(bench.core, TD_GAP_TRADE_ID) > 0);
    for (unsigned s = 0; s < SYMBOLS; s++) {
        CHECK(row_count[s] > 50);
        CHECK_EQ_I64(clean[s] == digest[s] && clean_rows[s] == row_count[s], s != BAD);
    }
}
