#include "rig.h"

TEST(client_follows_the_true_book)
{
    rig_open(&feed_coinbase, "BTC-USD,PEPE-USD,XRP-USD", 5);
    rig_subscribe();
    CHECK_EQ_U64(rig.seen[TD_EVENT_SNAPSHOT], 3);
    CHECK_EQ_U64(rig.listed, 3); /* last_match */
    rig_check_books();
    for (unsigned i = 0; i < 20; i++) {
        rig_run(100);
        rig_check_books();
    }
    CHECK(rig.seen[TD_EVENT_DELTA] > 1000);
    CHECK(rig.seen[TD_EVENT_TRADE] > 100);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_MALFORMED], 0);
    rig_close();
}

TEST(numbers_of_the_oracle_count_the_updates)
{
    rig_open(&feed_coinbase, "BTC-USD", 6);
    rig_subscribe();
    uint64_t before = rig.house.market[0].seq_told;
    rig.seen[TD_EVENT_DELTA] = 0;
    rig_run(500);
    house_tell_all(&rig.house);
    CHECK_EQ_U64(rig.house.market[0].seq_told - before, rig.seen[TD_EVENT_DELTA]);
    CHECK_EQ_U64(rig.house.count[0].messages[SAY_BOOK], rig.seen[TD_EVENT_DELTA]);
    rig_close();
}

TEST(subscribing_again_renews_the_snapshot)
{
    rig_open(&feed_coinbase, "BTC-USD", 7);
    rig_subscribe();
    rig_run(50);
    rig.book[0].count[0] = 0; /* the client lost its book */
    const struct instrument *instrument = instruments_peek(rig.ctx.instruments, 0);
    char text[512];
    for (unsigned n = 0; n < 2; n++)
        house_hear(&rig.listener, text, rig.venue->resubscribe(instrument, n, text, sizeof text));
    rig_run(50);
    rig_check_books();
    rig_close();
}

TEST(unknown_things_are_refused_by_name)
{
    rig_open(&feed_coinbase, "BTC-USD", 8);
    rig_hear("{\"type\":\"subscribe\",\"product_ids\":[\"NO-SUCH\"],\"channels\":[{\"name\":"
             "\"matches\"}]}");
    rig_run(10);
    CHECK_EQ_U64(rig.seen[TD_EVENT_TRADE], 0);
    rig_hear("{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level3\"]}");
    rig_hear("{\"type\":");
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 0);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_MALFORMED], 0);
    CHECK(rig.buckets[TD_BUCKET_IGNORED] > 0);
    rig_close();
}

TEST(heartbeat_names_the_last_trade)
{
    rig_open(&feed_coinbase, "BTC-USD", 9);
    rig_subscribe();
    house_beat(&rig.house, rig.house.now_us + 1000000);
    CHECK_EQ_U64(rig.seen[TD_EVENT_HEARTBEAT], 1);
    CHECK_EQ_U64((uint64_t)rig_events[0].last_trade_id, rig.house.market[0].trades);
    rig_close();
}

TEST(product_list_is_read)
{
    rig_open(&feed_coinbase, "BTC-USD,SHIB-USD", 10);
    CHECK(rig_page("/products") >= 0);
    CHECK_EQ_U64(rig.listings, 2);
    rig_close();
}
