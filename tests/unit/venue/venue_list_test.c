#include "test.h"
#include "venue/venue.h"

TEST(every_venue_is_found_by_its_name_and_none_twice)
{
    unsigned count = 0;
    for (; venue_at(count); count++) {
        const struct venue *venue = venue_at(count);
        CHECK(venue_find(venue->name) == venue);
        CHECK(strlen(venue->name) < TD_EXCHANGE_NAME_MAX);
    }
    CHECK(count >= 3);
    CHECK(venue_find("template") == NULL);
    CHECK(venue_find("") == NULL);
}

/* What the core calls without asking must be there. */
TEST(descriptors_are_whole)
{
    for (unsigned i = 0; venue_at(i); i++) {
        const struct venue *venue = venue_at(i);
        CHECK(venue->title && venue->ws_url && venue->rest_url);
        CHECK(venue->spell && venue->unify && venue->subscribe && venue->parse);
        CHECK(venue->list_url == NULL || venue->parse_http != NULL);
        CHECK(venue->resync == VENUE_RESYNC_BASE ? venue->base_url != NULL
                                                 : venue->resubscribe != NULL);
        CHECK(venue->rule != SYNC_SUM || venue->checksum != VENUE_CHECKSUM_NONE);
        CHECK(venue->ping_text == NULL ||
              venue->ping_interval_ms > 0); /* no text: a WebSocket ping */
    }
}

TEST(a_slip_of_the_finger_finds_the_name)
{
    CHECK_EQ_STR(venue_nearest("conbase"), "coinbase");
    CHECK_EQ_STR(venue_nearest("binnace"), "binance");
    CHECK_EQ_STR(venue_nearest("karken"), "kraken");
    CHECK_EQ_STR(venue_nearest("weather"), NULL);
    CHECK_EQ_STR(venue_nearest(""), NULL);
}
