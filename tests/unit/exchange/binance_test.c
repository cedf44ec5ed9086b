#include "rig.h"

static void take_base(unsigned market)
{
    char target[128];
    snprintf(target, sizeof target, "/api/v3/depth?symbol=%s&limit=5000",
             rig.house.market[market].is.raw);
    CHECK_EQ_I64(rig_page(target), TD_BUCKET_OK);
}

TEST(base_and_deltas_give_the_true_book)
{
    rig_open(&feed_binance, "BTC-USDT,PEPE-USDT", 5);
    rig_subscribe();
    rig_run(50);
    house_tell_all(&rig.house);
    take_base(0);
    take_base(1);
    for (unsigned i = 0; i < 20; i++) {
        rig_run(100);
        rig_check_books();
    }
    CHECK(rig.seen[TD_EVENT_DELTA] > 1000);
    CHECK(rig.seen[TD_EVENT_TRADE] > 100);
    CHECK(rig.seen[TD_EVENT_TICKER] > 100);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_MALFORMED], 0);
    rig_close();
}

TEST(base_within_a_message_joins_it)
{
    rig_open(&feed_binance, "BTC-USDT", 6);
    rig_subscribe();
    unsigned inside = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct market *market = &rig.house.market[0];
        market_step(market); /* as far as it may: a message is being gathered */
        if (market->batch.count == 0)
            continue;
        inside++;
        take_base(0);
        CHECK(rig_events[0].seq_last > (int64_t)market->seq_told);
        rig_check_books(); /* tells the rest of it */
        CHECK_EQ_I64(rig.last_seq[0], (int64_t)market->seq_told);
    }
    CHECK(inside > 100);
    rig_close();
}

TEST(bare_limit_and_unknown_symbol)
{
    rig_open(&feed_binance, "BTC-USDT", 7);
    CHECK_EQ_I64(rig.house.feed->page(&rig.house, "/api/v3/depth?symbol=NOSUCH&limit=10"), 400);
    CHECK_EQ_I64(rig.house.feed->page(&rig.house, "/api/v3/nothing"), 404);
    CHECK_EQ_I64(rig_page("/api/v3/depth?symbol=BTCUSDT&limit=5"), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.book[0].count[BID], 5);
    CHECK_EQ_U64(rig.book[0].count[ASK], 5);
    rig_close();
}

TEST(unsubscribed_streams_are_silent)
{
    rig_open(&feed_binance, "BTC-USDT", 8);
    rig_hear("{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":1}");
    rig_run(300);
    CHECK_EQ_U64(rig.seen[TD_EVENT_DELTA], 0);
    CHECK(rig.seen[TD_EVENT_TRADE] > 0);
    uint64_t before = rig.seen[TD_EVENT_TRADE];
    rig_hear("{\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":2}");
    CHECK(strstr(rig.last_text, "\"id\":2") != NULL);
    rig_run(300);
    CHECK_EQ_U64(rig.seen[TD_EVENT_TRADE], before);
    rig_close();
}

TEST(symbol_list_is_read)
{
    rig_open(&feed_binance, "BTC-USDT,SHIB-USDT", 9);
    CHECK(rig_page("/api/v3/exchangeInfo") >= 0);
    CHECK_EQ_U64(rig.listings, 2);
    rig_close();
}
