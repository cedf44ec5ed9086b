#include "rig.h"

/* Every feed whose venue the recorder knows, by the same measure. */
static void follow(const struct feed *feed)
{
    char symbols[128];
    snprintf(symbols, sizeof symbols, "BTC-%s,PEPE-%s", feed->quote, feed->quote);
    rig_open(feed, symbols, 17);
    printf("    %s\n", feed->name);
    rig.loud = true;
    rig.depth = feed->shown;
    rig_subscribe();
    rig_run(50);
    house_tell_all(&rig.house);
    rig_take_bases();
    for (unsigned i = 0; i < 20; i++) {
        rig_run(60);
        rig_check_books();
        house_beat(&rig.house, rig.house.now_us + 1000000);
    }
    CHECK(rig.seen[TD_EVENT_SNAPSHOT] >= 2);
    CHECK(rig.seen[TD_EVENT_TRADE] > 50);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_MALFORMED], 0);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_ABSURD], 0);
    if (rig.venue->list_url) { /* not every venue has one that a GET brings */
        rig_list();
        CHECK(rig.listings >= 2);
    }
    CHECK_EQ_U64(rig.house.violations.channels + rig.house.violations.unanswered, 0);
    rig_close();
}

TEST(every_feed_is_understood)
{
    const struct feed *feed;
    unsigned known = 0;
    for (unsigned i = 0; (feed = feed_at(i)); i++)
        if (venue_find(feed->name)) {
            follow(feed);
            known++;
        }
    CHECK(known >= 3);
}
