#include "rig.h"

static void follow(unsigned depth, uint64_t seed)
{
    char text[256];
    rig_open(&feed_kraken, "BTC-USD,PEPE-USD", seed);
    rig.depth = depth;
    snprintf(text, sizeof text,
             "{\"method\":\"subscribe\",\"params\":{\"channel\":\"book\",\"depth\":%u,"
             "\"symbol\":[\"BTC/USD\",\"PEPE/USD\"]}}",
             depth);
    rig_hear(text);
    for (unsigned i = 0; i < 20; i++) {
        rig_run(100);
        rig_check_books();
    }
    CHECK_EQ_U64(rig.seen[TD_EVENT_SNAPSHOT], 2);
    CHECK(rig.checked > 1000);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_MALFORMED], 0);
    rig_close();
}

/* Checksums are compared at every message by the rig. */
TEST(pruned_book_and_checksum_hold_at_10)
{
    follow(10, 5);
}

TEST(pruned_book_and_checksum_hold_at_100)
{
    follow(100, 6);
}

TEST(pruned_book_and_checksum_hold_at_1000)
{
    follow(1000, 7);
}

TEST(recorder_subscribes_to_all)
{
    rig_open(&feed_kraken, "BTC-USD,DOGE-USD", 8);
    rig.depth = 1000;
    rig_subscribe();
    CHECK_EQ_U64(rig.listed, 100); /* 50 old trades each */
    rig_run(500);
    rig_check_books();
    CHECK(rig.seen[TD_EVENT_TICKER] > 10);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_MALFORMED], 0);
    rig_close();
}

TEST(renewed_book_goes_on)
{
    rig_open(&feed_kraken, "BTC-USD", 9);
    rig.depth = 1000;
    rig_subscribe();
    rig_run(50);
    memset(rig.book, 0, sizeof rig.book);
    const struct instrument *instrument = instruments_peek(rig.ctx.instruments, 0);
    char text[512];
    for (unsigned n = 0; n < 2; n++)
        house_hear(&rig.listener, text, rig.venue->resubscribe(instrument, n, text, sizeof text));
    rig_run(50);
    rig_check_books();
    rig_close();
}

TEST(answers_to_ping_and_to_nonsense)
{
    rig_open(&feed_kraken, "BTC-USD", 10);
    rig_hear("{\"method\":\"ping\",\"req_id\":77}");
    CHECK(strstr(rig.last_text, "\"method\":\"pong\",\"req_id\":77") != NULL);
    rig_hear("{\"method\":\"subscribe\",\"params\":{\"channel\":\"book\",\"depth\":11,\"symbol\":["
             "\"BTC/USD\"]}}");
    CHECK(strstr(rig.last_text, "\"success\":false") != NULL);
    rig_hear(
        "{\"method\":\"subscribe\",\"params\":{\"channel\":\"book\",\"symbol\":[\"NO/SUCH\"]}}");
    CHECK(strstr(rig.last_text, "NO/SUCH") != NULL);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 0);
    rig_close();
}

TEST(pair_list_is_read)
{
    rig_open(&feed_kraken, "BTC-USD,DOGE-USD", 11);
    CHECK(rig_page("/0/public/AssetPairs") >= 0);
    CHECK_EQ_U64(rig.listings, 2);
    rig_close();
}
