/* What a run says of itself: the figures are those of the frames that were fed. */
#include "app/report.h"

#include <stdio.h>

#include "rig.h"
#include "venue/json.h"

enum { TOKENS = 512 };

static struct deck deck;

static void step(enum td_frame_kind kind, const char *payload)
{
    struct td_frame frame = {.recv_ns = 1700000000 * TD_NS_PER_S,
                             .payload = payload,
                             .bytes = (uint32_t)strlen(payload),
                             .conn = 1,
                             .kind = (uint8_t)kind};
    deck_feed(&deck, &frame);
}

/* 6 frames of data: 3 ok, 1 ignored, 1 malformed, 1 stale; the malformed one names ETH-USD. */
static void run(struct deck_params *params)
{
    static const char trade[] =
        "{\"type\":\"match\",\"trade_id\":5,\"maker_order_id\":\"a\",\"taker_order_id\":\"b\","
        "\"side\":\"sell\",\"size\":\"0.5\",\"price\":\"100.5\",\"product_id\":\"BTC-USD\","
        "\"sequence\":7,\"time\":\"2023-11-14T22:13:20.000000Z\"}";
    CHECK_EQ_I64(deck_open(&deck, params), 0);
    deck_start(&deck, 1700000000 * TD_NS_PER_S, TD_ORIGIN_SIM);
    step(TD_FRAME_CONN_OPEN, "wss://x");
    step(TD_FRAME_WS_TEXT,
         "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"101.00\","
         "\"2\"],[\"102\",\"1\"]],\"bids\":[[\"100.00\",\"1\"]]}");
    step(TD_FRAME_WS_TEXT,
         "{\"type\":\"snapshot\",\"product_id\":\"ETH-USD\",\"asks\":[[\"101.00\","
         "\"2\"]],\"bids\":[[\"100.00\",\"1\"]]}");
    step(TD_FRAME_WS_TEXT, trade);
    step(TD_FRAME_WS_TEXT, trade);
    step(TD_FRAME_WS_TEXT, "{\"type\":\"subscriptions\",\"channels\":[]}");
    step(TD_FRAME_WS_TEXT, "{\"type\":\"l2update\",\"product_id\":\"ETH-USD\",\"changes\":7}");
    CHECK_EQ_I64(deck_stop(&deck, 1700000001 * TD_NS_PER_S), 0);
}

/* The report of the run; the caller frees it. */
static char *report(bool journal, bool as_json)
{
    static const char *const symbols[] = {"BTC-USD", "ETH-USD"};
    struct deck_params params = rig_params(test_tmpdir(), journal, symbols, 2);
    char *text = NULL;
    size_t bytes = 0;
    run(&params);
    struct report report = {.deck = &deck, .seconds = 0.5};
    FILE *out = open_memstream(&text, &bytes);
    report_print(&report, out, as_json);
    fclose(out);
    deck_close(&deck);
    free(params.instruments);
    return text;
}

static int64_t number(const struct json *json, int object, const char *key)
{
    int64_t value = -1;
    if (!json_integer(json, object, key, &value))
        FAIL("no number %s", key);
    return value;
}

TEST(json_has_the_figures_of_the_run)
{
    char *text = report(true, true);
    void *mem = malloc(json_footprint(TOKENS));
    struct json *json = json_init(mem, TOKENS);
    CHECK(json_parse(json, text, strlen(text)) >= 0);
    CHECK_EQ_I64(number(json, 0, "frames"), 6);
    int buckets = json_member(json, 0, "buckets"), rows = json_member(json, 0, "rows");
    int64_t sum = 0;
    for (unsigned bucket = 0; bucket < TD_BUCKETS; bucket++)
        sum += number(json, buckets, report_bucket_word((enum td_bucket)bucket));
    CHECK_EQ_I64(sum, 6);
    CHECK_EQ_I64(number(json, buckets, "ok"), 3);
    CHECK_EQ_I64(number(json, buckets, "stale"), 1);
    CHECK_EQ_I64(number(json, buckets, "ignored"), 1);
    CHECK_EQ_I64(number(json, buckets, "malformed"), 1);
    CHECK_EQ_I64(number(json, rows, "trades"), 1);
    CHECK(number(json, rows, "book") >= 5);
    CHECK_EQ_I64(number(json, json_member(json, 0, "gaps"), "parse"), 1);
    CHECK_EQ_I64(number(json, 0, "messages_per_second"), 12);
    CHECK_EQ_I64(number(json, 0, "allocations_after_seal"), 0);
    CHECK(number(json, 0, "journal_bytes") > 0 && number(json, 0, "segments") >= 5);
    int first = json_item(json, json_member(json, 0, "books"), 0);
    CHECK(json_equals(json, json_member(json, first, "symbol"), "BTC-USD"));
    CHECK(json_equals(json, json_member(json, first, "state"), "proven"));
    CHECK_EQ_I64(number(json, first, "ask_levels"), 2);
    CHECK_EQ_I64(number(json, first, "trades"), 1);
    free(mem);
    free(text);
}

TEST(text_says_the_same_in_words)
{
    char *text = report(false, false);
    static const char *const said[] = {
        "ok 3",     "ignored 1", "malformed 1",   "stale 1",
        "trades 1", "proven 1",  "12 messages/s", "0 allocations after the seal"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (strstr(text, said[i]) == NULL)
            FAIL("no \"%s\" in:\n%s", said[i], text);
    CHECK(strstr(text, "journal") == NULL); /* this deck had none */
    CHECK(strstr(text, "absurd") == NULL);  /* a bucket that stayed empty */
    free(text);
}

static void check_words(const char *(*word)(int), int count)
{
    for (int i = 0; i < count; i++) {
        CHECK(word(i) != NULL && word(i)[0] != '\0');
        for (int j = 0; j < i; j++)
            CHECK(strcmp(word(i), word(j)) != 0);
    }
}

static const char *bucket_word(int i)
{
    return report_bucket_word((enum td_bucket)i);
}

static const char *gap_word(int i)
{
    return report_gap_word((enum td_gap_kind)i);
}

static const char *state_word(int i)
{
    return report_state_word((enum td_book_state)i);
}

TEST(every_value_has_a_word_of_its_own)
{
    check_words(bucket_word, TD_BUCKETS);
    check_words(gap_word, TD_GAP_KINDS);
    check_words(state_word, TD_BOOK_BROKEN + 1);
    CHECK_EQ_STR(gap_word(TD_GAP_PLANNED), "planned");
    CHECK_EQ_STR(state_word(TD_BOOK_BROKEN), "broken");
    CHECK_EQ_STR(bucket_word(TD_BUCKET_ABSURD), "absurd");
}
