#include "rig.h"

#include "exchange/spell.h"

static void arm(enum fault_kind kind, unsigned count)
{
    struct fault fault = {.kind = kind, .market = FAULT_ANY, .channel = SAY_BOOK, .count = count};
    CHECK(faults_arm(&rig.house.faults, fault));
}

static uint64_t injected(enum fault_kind kind)
{
    return rig.house.faults.injected[kind];
}

TEST(dropped_messages_leave_a_hole_that_is_counted)
{
    rig_open(&feed_coinbase, "BTC-USD", 1);
    rig_subscribe();
    arm(FAULT_DROP, 3);
    rig_run(300);
    house_tell_all(&rig.house);
    CHECK_EQ_U64(injected(FAULT_DROP), 3);
    CHECK_EQ_U64(rig.house.market[0].seq_told, rig.seen[TD_EVENT_DELTA] + 3);
    CHECK_EQ_U64(rig.house.count[0].messages[SAY_BOOK], rig.seen[TD_EVENT_DELTA]);
    rig_close();
}

TEST(duplicates_are_told_twice)
{
    rig_open(&feed_coinbase, "BTC-USD", 2);
    rig_hear("{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"matches\"]}");
    uint64_t first = rig.house.market[0].trades;
    struct fault fault = {.kind = FAULT_DUPLICATE, .market = 0, .channel = SAY_TICKER, .count = 1};
    faults_arm(&rig.house.faults, fault);
    rig_hear("{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"ticker\"]}");
    rig_run(200);
    CHECK_EQ_U64(injected(FAULT_DUPLICATE), 1);
    /* one at the start, one a trade, one twice */
    CHECK_EQ_U64(rig.seen[TD_EVENT_TICKER], rig.house.market[0].trades - first + 2);
    rig_close();
}

/* The rig compares checksums itself, so this listener only looks at the text. */
static struct {
    uint64_t texts, wrong, overflow, broken;
} ear;

static bool listen_only(struct listener *listener, const char *text, size_t bytes,
                        enum fault_kind how)
{
    (void)listener;
    ear.texts++;
    ear.broken += json_parse(rig.ctx.json, text, bytes) < 0;
    ear.wrong += how == FAULT_WRONG_CHECKSUM;
    ear.overflow += memmem(text, bytes, "99999999999999999999", 20) != NULL;
    td_text_copy(rig.last_text, sizeof rig.last_text, text, bytes);
    return true;
}

TEST(wrong_checksum_and_bad_level_change_only_the_text)
{
    rig_open(&feed_kraken, "BTC-USD", 4);
    memset(&ear, 0, sizeof ear);
    rig.listener.say = listen_only;
    rig_hear("{\"method\":\"subscribe\",\"params\":{\"channel\":\"book\",\"depth\":10,\"symbol\":["
             "\"BTC/USD\"]}}");
    arm(FAULT_WRONG_CHECKSUM, 2);
    arm(FAULT_BAD_LEVEL, 2);
    rig_run(400);
    CHECK_EQ_U64(injected(FAULT_WRONG_CHECKSUM), 2);
    CHECK_EQ_U64(ear.wrong, 2);
    CHECK_EQ_U64(injected(FAULT_BAD_LEVEL), 2);
    CHECK_EQ_U64(ear.overflow, 2);
    rig_close();
}

TEST(garbage_breaks_only_what_was_armed)
{
    rig_open(&feed_coinbase, "BTC-USD", 3);
    memset(&ear, 0, sizeof ear);
    rig_hear(
        "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level2_batch\"]}");
    rig.listener.say = listen_only;
    rig_run(50);
    CHECK_EQ_U64(ear.broken, 0);
    arm(FAULT_GARBAGE, 20);
    rig_run(200);
    CHECK_EQ_U64(injected(FAULT_GARBAGE), 20);
    CHECK(ear.broken >= 5 && ear.broken <= 20); /* cut ones are, some with turned bits too */
    rig_close();
}

/* Runs until the venue has told its n-th update. */
static int64_t run_to(uint64_t seq)
{
    struct market *market = &rig.house.market[0];
    while (market->seq_told < seq)
        house_step(&rig.house, rig.house.now_us + 1000);
    return history_at(&rig.history, market->last_change)->time_us;
}

TEST(reordered_message_comes_behind_the_next)
{
    char stamp[32];
    struct td_str out = td_str_on(stamp, sizeof stamp);
    rig_open(&feed_coinbase, "BTC-USD", 5);
    memset(&ear, 0, sizeof ear);
    rig_hear(
        "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level2_batch\"]}");
    rig.listener.say = listen_only;
    arm(FAULT_REORDER, 1);
    uint64_t first = rig.house.market[0].seq_told + 1;
    spell_utc(&out, run_to(first));
    CHECK_EQ_U64(ear.texts, 0);
    run_to(first + 1);
    CHECK_EQ_U64(ear.texts, 2);
    CHECK(strstr(rig.last_text, stamp) != NULL); /* what came last is the earlier one */
    run_to(first + 2);
    CHECK(strstr(rig.last_text, stamp) == NULL);
    CHECK_EQ_U64(ear.texts, 3);
    rig_close();
}

TEST(jumbo_renews_a_book_of_five_megabytes)
{
    rig_open(&feed_coinbase, "BTC-USD", 6);
    memset(&ear, 0, sizeof ear);
    rig_hear(
        "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level2_batch\"]}");
    rig.listener.say = listen_only;
    struct fault fault = {.kind = FAULT_JUMBO, .market = 0, .count = 1};
    CHECK(house_act(&rig.house, &fault));
    CHECK(rig.house.text.bytes > 4u << 20);
    CHECK_EQ_U64(injected(FAULT_JUMBO), 1);
    CHECK(levels_nth(&rig.house.market[0].side[ASK], 90000) != NULL);
    rig_close();
}

TEST(big_size_is_part_of_the_true_book)
{
    rig_open(&feed_coinbase, "BTC-USD", 7);
    rig_subscribe();
    struct fault fault = {.kind = FAULT_BIG_SIZE, .market = 0, .count = 1};
    CHECK(house_act(&rig.house, &fault));
    rig_check_books();
    CHECK_EQ_I64(levels_nth(&rig.house.market[0].side[ASK], 5)->size_steps, TD_STEPS_EXACT_MAX + 1);
    rig_close();
}

TEST(faults_of_connections_reach_the_listener)
{
    rig_open(&feed_binance, "BTC-USDT", 8);
    rig_subscribe();
    struct fault fault = {.kind = FAULT_CLOSE, .market = FAULT_ANY, .count = 1, .amount = 1012};
    CHECK(house_act(&rig.house, &fault));
    CHECK_EQ_I64(rig.acted.kind, FAULT_CLOSE);
    CHECK_EQ_I64(rig.acted.amount, 1012);
    arm(FAULT_EOF, 1);
    rig_run(30);
    CHECK_EQ_I64(rig.acted.kind, FAULT_EOF);
    rig_close();
}

TEST(nobody_asked_nothing_lives)
{
    rig_open(&feed_kraken, "BTC-USD", 9);
    CHECK_EQ_U64(house_step(&rig.house, rig.house.now_us + 1), 0);
    CHECK(!house_is_followed(&rig.house));
    rig_subscribe();
    CHECK(house_is_followed(&rig.house));
    CHECK(house_step(&rig.house, rig.house.now_us + 1) > 0);
    house_leave(&rig.listener);
    CHECK(!house_is_followed(&rig.house));
    rig_close();
}

/* ---- farewells -------------------------------------------------------------------------------------------------------- */

static unsigned closes;

static void count_closes(struct listener *listener, const struct fault *fault)
{
    (void)listener;
    closes += fault->kind == FAULT_CLOSE;
}

static void check_farewell(const struct feed *feed)
{
    struct fault fault = {.kind = FAULT_NOTICE, .count = 1, .amount = 5000};
    rig_open(feed, "BTC-USD", 1);
    rig.listener.act = count_closes;
    closes = 0;
    int64_t now_us = rig.house.now_us;
    rig.sink.leaving = false;
    CHECK(house_act(&rig.house, &fault));
    CHECK(rig.sink.leaving); /* as the recorder understands it */
    house_beat(&rig.house, now_us + 4000000);
    CHECK(house_act(&rig.house, &fault)); /* said again: the time stays */
    CHECK_EQ_U64(closes, 0);
    house_beat(&rig.house, now_us + 5000000);
    house_beat(&rig.house, now_us + 6000000);
    CHECK_EQ_U64(closes, 1);
    CHECK_EQ_U64(injected(FAULT_NOTICE), 2);
    rig_close();
}

TEST(a_notice_is_said_and_kept)
{
    check_farewell(&feed_okx);
    check_farewell(&feed_bitstamp);
    check_farewell(&feed_binance);
    check_farewell(&feed_bitfinex);
}

TEST(a_venue_without_a_word_for_it_says_none)
{
    struct fault fault = {.kind = FAULT_NOTICE, .count = 1, .amount = 5000};
    rig_open(&feed_coinbase, "BTC-USD", 1);
    CHECK(!house_act(&rig.house, &fault));
    CHECK_EQ_I64(rig.listener.leave_us, 0);
    rig_close();
}
