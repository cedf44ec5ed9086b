/* Hand-made pages of Kraken's history. */
#include "venue/kraken_trades.h"

#include "venue/rig.h"

extern const struct venue venue_kraken;

#define URL "https://api.kraken.com/0/public/Trades?pair=XBTUSD&count=1000\t"
#define PAGE                                                                                       \
    URL "{\"error\":[],\"result\":{\"last\":\"1696613755440295000\",\"XXBTZUSD\":["                \
        "[\"45283.50000\",\"0.10000000\",1696613755.440295,\"b\",\"m\",\"\",7],"                   \
        "[\"45283.4\",\"2\",1696613756.5,\"s\",\"l\",\"\",8]]}}"

static void open_btc(void)
{
    rig_open(&venue_kraken, false);
    rig_add("ETH-USD", "ETH/USD", 2, 8);
    rig_add("BTC-USD", "BTC/USD", 1, 8);
}

static int parse(const char *page)
{
    return rig_parse_http(page, strlen(page));
}

TEST(a_page_gives_its_trades)
{
    open_btc();
    CHECK_EQ_I64(parse(PAGE), TD_BUCKET_OK);
    CHECK_EQ_I64(rig.sink.event_count, 2);
    const struct td_event *event = &rig.sink.event[0];
    CHECK_EQ_I64(event->kind, TD_EVENT_TRADE);
    CHECK_EQ_I64(event->flags, TD_EVF_BACKFILL);
    CHECK_EQ_I64(event->instrument, 1);
    CHECK_EQ_I64(event->event_ns, INT64_C(1696613755440295000));
    CHECK_EQ_I64(event->trade.trade_id, 7);
    CHECK_EQ_I64(event->trade.price_steps, 452835);
    CHECK_EQ_I64(event->trade.size_steps, 10000000);
    CHECK_EQ_I64(event->trade.taker, TD_TAKER_BUY);
    CHECK_EQ_I64(event[1].trade.trade_id, 8);
    CHECK_EQ_I64(event[1].trade.taker, TD_TAKER_SELL);
}

TEST(what_is_no_page_of_trades)
{
    open_btc();
    CHECK_EQ_I64(parse(URL "{\"error\":[\"EGeneral:Too many requests\"]}"), TD_BUCKET_IGNORED);
    CHECK_EQ_I64(parse(URL "{\"error\":[],\"result\":{\"XXBTZUSD\":[],\"last\":\"0\"}}"),
                 TD_BUCKET_OK);
    CHECK_EQ_I64(rig.sink.event_count, 0);
    CHECK_EQ_I64(parse(URL "{\"error\":[],\"result\":{\"last\":\"0\"}}"), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(parse(URL "{\"error\":[],\"result\":[]}"), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(parse(URL "{\"error\":[],\"result\":{\"X\":[[\"1\",\"1\",1,\"b\"]]}}"),
                 TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(parse(URL "not json"), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(parse("https://x/0/public/Trades?pair=XDGUSD\t{\"error\":[],\"result\":{}}"),
                 TD_BUCKET_IGNORED);
}

TEST(a_truncated_page_gives_nothing)
{
    open_btc();
    for (size_t bytes = sizeof URL - 1; bytes < sizeof PAGE - 1; bytes++)
        CHECK(rig_parse_http(PAGE, bytes) != TD_BUCKET_OK);
}

TEST(the_request_speaks_the_old_names)
{
    char url[200];
    rig_open(&venue_kraken, false);
    rig_add("DOGE-BTC", "DOGE/BTC", 8, 8);
    size_t bytes = venue_kraken.trades_url(
        "https://api.kraken.com", instruments_peek(rig.ctx.instruments, 0), 5, 9, url, sizeof url);
    CHECK_EQ_STR(url, "https://api.kraken.com/0/public/Trades?pair=XDGXBT&count=1000");
    CHECK_EQ_I64(bytes, strlen(url));
    CHECK_EQ_I64(
        kraken_trades_url("https://x", instruments_peek(rig.ctx.instruments, 0), 5, 9, url, 20), 0);
    CHECK_EQ_I64(parse("https://x/0/public/Trades?pair=XDGXBT&count=1000\t{\"error\":[],\"result\":"
                       "{\"XDGXBT\":[[\"0.1\",\"1\",1696613755.4,\"b\",\"m\",\"\",7]]}}"),
                 TD_BUCKET_OK);
    CHECK_EQ_I64(rig.sink.event_count, 1);
}
