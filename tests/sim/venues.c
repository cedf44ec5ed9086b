#include "sim/venues.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "venue/venue.h"

const char venues_usual[] = "coinbase,binance,kraken";

#define LONG_NUMBER "123456789012345678901234567890123456789012345678901234567890"

static const struct sim_venue known[] = {
    {
        .feed = &feed_coinbase,
        .path = "",
        .trade_at = "\"trade_id\":",
        .crossing = "[\"buy\",\"99000000\",\"1\"]",
        .unknown = "{\"type\":\"auction\",\"product_id\":\"BTC-USD\",\"state\":\"collection\","
                   "\"price\":\"1\"}",
        .error = "{\"type\":\"error\",\"message\":\"Something went wrong\",\"reason\":\"try "
                 "later\"}",
        .foreign = "{\"type\":\"l2update\",\"product_id\":\"NOBODY-USD\",\"changes\":[[\"buy\","
                   "\"1\",\"1\"]],\"time\":\"2026-01-01T00:00:00.000000Z\"}",
        .nan = "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"NaN\",\"1\"]],"
               "\"time\":\"2026-01-01T00:00:00.000000Z\"}",
        .long_number = "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"sell\","
                       "\"" LONG_NUMBER "\",\"1\"]],\"time\":\"2026-01-01T00:00:00.000000Z\"}",
        .empty_snapshot = "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[],\"bids\":[],"
                          "\"time\":\"2026-01-01T00:00:00.000000Z\"}",
    },
    {
        .feed = &feed_binance,
        .path = "stream",
        .trade_at = "\"t\":",
        .seq_at = {"\"U\":", "\"u\":"},
        .stamp_at = "\"E\":",
        .crossing = "[\"99000000.00000000\",\"1.00000000\"]",
        .unknown = "{\"stream\":\"btcusdt@auction\",\"data\":{\"e\":\"auctionUpdate\",\"s\":"
                   "\"BTCUSDT\",\"E\":1}}",
        .error = "{\"error\":{\"code\":-1001,\"msg\":\"internal error\"},\"id\":null}",
        .foreign = "{\"stream\":\"nobodyusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":"
                   "1767225600000,\"s\":\"NOBODYUSDT\",\"U\":1,\"u\":1,\"b\":[],\"a\":[]}}",
        .nan = "{\"stream\":\"x@depth\",\"data\":{\"e\":\"depthUpdate\",\"E\":NaN,\"s\":\"%s\","
               "\"U\":NaN}}",
        .long_number = "{\"stream\":\"x@trade\",\"data\":{\"e\":\"trade\",\"E\":1767225600000,\"s\""
                       ":\"%s\",\"t\":" LONG_NUMBER ",\"p\":\"1\",\"q\":\"1\"}}",
    },
    {
        .feed = &feed_kraken,
        .path = "v2",
        .trade_at = "\"trade_id\":",
        .begins_with_ticker = true,
        .crossing = "{\"price\":99000000.0,\"qty\":1.0}",
        .unknown = "{\"channel\":\"auction\",\"type\":\"update\",\"data\":[{\"symbol\":"
                   "\"BTC/USD\"}]}",
        .error = "{\"error\":\"EGeneral:Internal error\",\"method\":\"subscribe\",\"success\":"
                 "false}",
        .foreign = "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"NOBODY/USD\","
                   "\"bids\":[],\"asks\":[],\"checksum\":1,\"timestamp\":"
                   "\"2026-01-01T00:00:00.000000Z\"}]}",
        .nan = "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"%s\",\"bids\":[{"
               "\"price\":NaN,\"qty\":1.0}],\"asks\":[],\"checksum\":1}]}",
        .long_number = "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"%s\","
                       "\"side\":\"buy\",\"price\":" LONG_NUMBER ",\"qty\":1.0}]}",
        .empty_snapshot = "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":"
                          "\"%s\",\"bids\":[],\"asks\":[],\"checksum\":1}]}",
    },
    {
        .feed = &feed_okx,
        .path = "ws/v5/public",
        .trade_at = "\"tradeId\":\"",
        .begins_with_ticker = true,
        .seq_at = {"\"prevSeqId\":", "\"seqId\":"},
        .stamp_at = "\"ts\":\"",
        .crossing = "[\"99000000\",\"1\",\"0\",\"1\"]",
        .unknown = "{\"arg\":{\"channel\":\"auction\",\"instId\":\"BTC-USDT\"},\"data\":[{\"px\":"
                   "\"1\"}]}",
        .error = "{\"event\":\"error\",\"code\":\"50001\",\"msg\":\"Service temporarily "
                 "unavailable\",\"connId\":\"a4d3ae55\"}",
        .foreign = "{\"arg\":{\"channel\":\"books\",\"instId\":\"NOBODY-USDT\"},\"action\":"
                   "\"update\",\"data\":[{\"asks\":[],\"bids\":[[\"1\",\"1\",\"0\",\"1\"]],\"ts\":"
                   "\"1767225600000\",\"checksum\":0,\"prevSeqId\":1,\"seqId\":2}]}",
        .nan =
            "{\"arg\":{\"channel\":\"books\",\"instId\":\"%s\"},\"action\":\"update\",\"data\":[{"
            "\"asks\":[],\"bids\":[[\"NaN\",\"1\",\"0\",\"1\"]],\"ts\":\"1767225600000\","
            "\"checksum\":0,\"prevSeqId\":1,\"seqId\":2}]}",
        .long_number = "{\"arg\":{\"channel\":\"trades\",\"instId\":\"%s\"},\"data\":[{\"tradeId\":"
                       "\"1\",\"px\":\"" LONG_NUMBER "\",\"sz\":\"1\",\"side\":\"buy\",\"ts\":"
                       "\"1767225600000\",\"count\":\"1\"}]}",
        .empty_snapshot = "{\"arg\":{\"channel\":\"books\",\"instId\":\"%s\"},\"action\":"
                          "\"snapshot\",\"data\":[{\"asks\":[],\"bids\":[],\"ts\":"
                          "\"1767225600000\",\"checksum\":0,\"prevSeqId\":-1,\"seqId\":1}]}",
    },
    {
        .feed = &feed_hitbtc,
        .path = "api/3/ws/public",
        .trade_at = "\"i\":",
        .seq_at = {"\"s\":", NULL},
        .stamp_at = "\"t\":",
        .crossing = "[\"1\",\"1\"]",
        .unknown = "{\"ch\":\"auction\",\"update\":{\"BTCUSDT\":{\"t\":1767225600000}}}",
        .error = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":500,\"message\":\"Internal Server "
                 "Error\"},\"id\":null}",
        .foreign = "{\"ch\":\"orderbook/full\",\"update\":{\"NOBODYUSDT\":{\"t\":1767225600000,"
                   "\"s\":1,\"a\":[],\"b\":[[\"1\",\"1\"]]}}}",
        .nan = "{\"ch\":\"orderbook/full\",\"update\":{\"%s\":{\"t\":1767225600000,\"s\":NaN,\"a\":"
               "[],\"b\":[[\"NaN\",\"1\"]]}}}",
        .long_number = "{\"ch\":\"trades\",\"update\":{\"%s\":[{\"t\":1767225600000,\"i\":1,\"p\":"
                       "\"" LONG_NUMBER "\",\"q\":\"1\",\"s\":\"buy\"}]}}",
        .empty_snapshot = "{\"ch\":\"orderbook/full\",\"snapshot\":{\"%s\":{\"t\":1767225600000,"
                          "\"s\":1,\"a\":[],\"b\":[]}}}",
    },
    {
        .feed = &feed_bitfinex,
        .path = "ws/2",
        .trade_at = "\",[",
        .begins_with_ticker = true,
        .by_channel = true,
        .unknown = "{\"event\":\"auction\",\"pair\":\"BTCUSD\"}",
        .error = "{\"event\":\"error\",\"msg\":\"internal error\",\"code\":10001}",
        .foreign = "[99999,[100,1,1]]",
    },
};
enum { KNOWN = sizeof known / sizeof *known };

const struct sim_venue *venues_find(const char *name)
{
    for (unsigned i = 0; i < KNOWN; i++)
        if (strcmp(known[i].feed->name, name) == 0)
            return &known[i];
    return NULL;
}

const struct sim_venue *venues_of(const struct feed *feed)
{
    const struct sim_venue *venue = venues_find(feed->name);
    TD_ASSERT(venue != NULL, "a house of the simulated world is in the table");
    return venue;
}

static bool holds(const struct sim_venue *const list[], unsigned count,
                  const struct sim_venue *venue)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i] == venue)
            return true;
    return false;
}

unsigned venues_read(const char *names, const struct sim_venue *list[VENUES_MAX])
{
    unsigned count = 0;
    while (*names) {
        char name[32];
        size_t bytes = strcspn(names, ",");
        const struct sim_venue *venue =
            td_text_copy(name, sizeof name, names, bytes) ? venues_find(name) : NULL;
        if (venue == NULL || count == VENUES_MAX || holds(list, count, venue))
            return 0;
        list[count++] = venue;
        names += bytes + (names[bytes] == ',');
    }
    return count;
}

static const struct venue *recorders(const struct feed *feed)
{
    const struct venue *venue = venue_find(feed->name);
    TD_ASSERT(venue != NULL, "the recorder knows the simulated venues");
    return venue;
}

bool venues_sees_holes(const struct feed *feed)
{
    uint8_t rule = recorders(feed)->rule;
    return rule != SYNC_NONE && rule != SYNC_SUM;
}

bool venues_sums(const struct feed *feed)
{
    return recorders(feed)->rule == SYNC_SUM;
}

bool venues_counts_trades(const struct feed *feed)
{
    return recorders(feed)->trade_id_plus1;
}
