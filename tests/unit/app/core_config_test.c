/* CONFIG frames: the set of symbols follows them. */
#include "app/core_parts.h"

#include "../../segment_rig.h"
#include "base/log.h"
#include "base/state.h"
#include "test.h"

enum { ASKED_MAX = 64 };

static struct {
    struct rig rig;
    void *core_mem, *names_mem;
    struct core *core;
    struct core_source_params source[2];
    struct wire_request asked[ASKED_MAX];
    unsigned asked_count;
    uint64_t next_frame;
    int64_t now_ns;
} bench;

static void on_request(void *arg, const struct wire_request *request)
{
    (void)arg;
    if (bench.asked_count < ASKED_MAX)
        bench.asked[bench.asked_count++] = *request;
}

static void step(enum td_frame_kind kind, int source, const char *text)
{
    struct td_frame frame = {.number = bench.next_frame++,
                             .recv_ns = bench.now_ns,
                             .mono_ns = bench.now_ns,
                             .payload = text,
                             .bytes = (uint32_t)strlen(text),
                             .conn = source < 0 ? 0 : 5,
                             .source = source < 0 ? TD_SOURCE_NONE : (uint16_t)source,
                             .kind = (uint8_t)kind};
    bench.now_ns += TD_NS_PER_MS;
    core_step(bench.core, &frame);
}

/* Coinbase BTC-USD and Binance BTC-USDT, and room for `spare` more. */
static void start(unsigned spare)
{
    memset(&bench, 0, sizeof bench);
    td_log_setup(2, TD_LOG_OFF, NULL);
    bench.next_frame = 1;
    bench.now_ns = RIG_START_NS;
    bench.names_mem = malloc(instruments_footprint(8));
    struct instruments *names = instruments_init(bench.names_mem, 8);
    static const char *const venues[2] = {"coinbase", "binance"};
    for (int s = 0; s < 2; s++) {
        const struct venue *venue = venue_find(venues[s]);
        bench.source[s] =
            (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    }
    CHECK_EQ_I64(instruments_add(names, 0, "BTC-USD", "BTC-USD"), 0);
    CHECK_EQ_I64(instruments_add(names, 1, "BTC-USDT", "BTCUSDT"), 1);
    struct core_params params = {.instruments = names,
                                 .sources = bench.source,
                                 .source_count = 2,
                                 .pool_levels = 4096,
                                 .request = on_request,
                                 .capacity = 2 + spare};
    struct rig_options options = {.dir = test_tmpdir(),
                                  .streams_max = core_streams_needed(&params),
                                  .rows_max = 1000,
                                  .pool_bytes = 4 << 20};
    CHECK_EQ_I64(rig_open(&bench.rig, options), 0);
    params.groups = bench.rig.groups;
    bench.core_mem = rig_memory(core_footprint(&params));
    bench.core = core_init(bench.core_mem, &params);
    step(TD_FRAME_START, -1, "x\ncause=first\n");
}

static void done(void)
{
    CHECK_EQ_I64(rig_stop(&bench.rig), 0);
    rig_close(&bench.rig);
    free(bench.core_mem);
    free(bench.names_mem);
}

static void config(const char *text)
{
    step(TD_FRAME_CONFIG, -1, text);
}

static const char both[] = "[coinbase]\nsymbols = BTC-USD\n[binance]\nsymbols = BTC-USDT\n";

static void open_both(void)
{
    config(both);
    step(TD_FRAME_CONN_OPEN, 0, "wss://x");
    step(TD_FRAME_CONN_OPEN, 1, "wss://y");
    bench.asked_count = 0;
}

/* Slot of a name that is recorded, -1. */
static int slot(uint16_t source, const char *raw)
{
    return instruments_find(core_instruments(bench.core), source, raw, strlen(raw));
}

static void snapshot(const char *product)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[[\"101.00\",\"2\"]],"
             "\"bids\":[[\"100.00\",\"1\"]]}",
             product);
    step(TD_FRAME_WS_TEXT, 0, text);
}

static bool asked(enum wire_request_kind kind, const char *part)
{
    for (unsigned i = 0; i < bench.asked_count; i++)
        if (bench.asked[i].kind == kind &&
            memmem(bench.asked[i].text, bench.asked[i].bytes, part, strlen(part)) != NULL)
            return true;
    return false;
}

static uint64_t gaps(void)
{
    return groups_rows(bench.rig.groups, ROW_GAPS);
}

TEST(the_first_text_confirms_the_set)
{
    start(2);
    uint64_t before = gaps();
    config(both);
    CHECK_EQ_U64(core_book_count(bench.core), 2);
    CHECK_EQ_U64(gaps(), before + 2 * CORE_CHANNELS); /* the start's holes, and none of the set */
    CHECK_EQ_U64(core_gaps_by_kind(bench.core, TD_GAP_DISCONNECT), 2 * CORE_CHANNELS);
    CHECK_EQ_U64(bench.asked_count, 0);
    done();
}

TEST(a_text_without_venues_says_nothing)
{
    start(0);
    config("; replay of recorded traffic\n");
    config("[nonsense\n");
    config("[book]\nmax_depth = 3\n");
    CHECK(slot(0, "BTC-USD") == 0 && slot(1, "BTCUSDT") == 1);
    done();
}

TEST(a_symbol_is_added_while_recording)
{
    start(2);
    open_both();
    config("[coinbase]\nsymbols = BTC-USD, ETH-USD\n[binance]\nsymbols = BTC-USDT\n");
    CHECK_EQ_I64(slot(0, "ETH-USD"), 2);
    CHECK(asked(WIRE_REQUEST_SEND, "\"subscribe\",\"product_ids\":[\"ETH-USD\"]"));
    CHECK(!asked(WIRE_REQUEST_SEND, "BTC-USD"));
    CHECK_EQ_U64(bench.asked[0].conn, 5);
    snapshot("ETH-USD");
    CHECK_EQ_I64(core_book_status(bench.core, 2).state, TD_BOOK_PROVEN);
    CHECK_EQ_STR(core_book_status(bench.core, 2).exchange, "coinbase");
    done();
}

TEST(an_added_book_of_a_base_venue_gets_its_base)
{
    start(1);
    open_both();
    config("[coinbase]\nsymbols = BTC-USD\n[binance]\nsymbols = BTC-USDT, ETH-USDT\n");
    CHECK(asked(WIRE_REQUEST_SEND, "SUBSCRIBE"));
    CHECK(asked(WIRE_REQUEST_SEND, "ethusdt@depth"));
    bench.asked_count = 0;
    bench.now_ns += 2 * TD_NS_PER_S;
    step(TD_FRAME_TICK, -1, "");
    CHECK(asked(WIRE_REQUEST_FETCH, "symbol=ETHUSDT"));
    done();
}

TEST(a_symbol_is_removed_and_comes_back)
{
    start(2);
    open_both();
    snapshot("BTC-USD");
    CHECK_EQ_I64(core_book_status(bench.core, 0).state, TD_BOOK_PROVEN);
    uint64_t before = gaps(), planned = core_gaps_by_kind(bench.core, TD_GAP_PLANNED);
    config("[coinbase]\nsymbols = ETH-USD\n[binance]\nsymbols = BTC-USDT\n");
    CHECK_EQ_I64(slot(0, "BTC-USD"), -1);
    CHECK(asked(WIRE_REQUEST_SEND, "\"unsubscribe\",\"product_ids\":[\"BTC-USD\"]"));
    CHECK(gaps() > before);
    CHECK(core_gaps_by_kind(bench.core, TD_GAP_PLANNED) > planned);
    CHECK_EQ_U64(core_book_status(bench.core, 0).bid_levels, 0);
    before = groups_rows(bench.rig.groups, ROW_BOOK);
    uint64_t ignored = core_source_status(bench.core, 0).bucket[TD_BUCKET_IGNORED];
    snapshot("BTC-USD");
    CHECK_EQ_U64(groups_rows(bench.rig.groups, ROW_BOOK), before);
    CHECK_EQ_U64(core_source_status(bench.core, 0).bucket[TD_BUCKET_IGNORED], ignored + 1);
    bench.asked_count = 0;
    config(both);
    CHECK_EQ_I64(slot(0, "BTC-USD"), 0);
    CHECK(asked(WIRE_REQUEST_SEND, "\"subscribe\",\"product_ids\":[\"BTC-USD\"]"));
    snapshot("BTC-USD");
    CHECK_EQ_I64(core_book_status(bench.core, 0).state, TD_BOOK_PROVEN);
    CHECK(!bench.core->instrument[0].hole[TD_CHANNEL_BOOK].open);
    done();
}

TEST(beyond_the_room_nothing_changes)
{
    start(1);
    open_both();
    config("[coinbase]\nsymbols = BTC-USD, ETH-USD, SOL-USD\n[binance]\nsymbols = BTC-USDT\n");
    CHECK_EQ_I64(slot(0, "ETH-USD"), 2);
    CHECK_EQ_I64(slot(0, "SOL-USD"), -1);
    CHECK_EQ_U64(core_book_count(bench.core), 3);
    CHECK_EQ_I64(slot(0, "BTC-USD"), 0);
    done();
}

/* A place whose name went is taken when no other is left. */
TEST(a_retired_place_is_used_again)
{
    start(0);
    open_both();
    config("[coinbase]\nsymbols = ETH-USD\n[binance]\nsymbols = BTC-USDT\n");
    CHECK_EQ_I64(slot(0, "ETH-USD"), 0);
    snapshot("ETH-USD");
    CHECK_EQ_I64(core_book_status(bench.core, 0).state, TD_BOOK_PROVEN);
    for (int round = 0; round < 20; round++)
        config(round % 2 ? "[coinbase]\nsymbols = ETH-USD\n[binance]\nsymbols = BTC-USDT\n" : both);
    CHECK_EQ_I64(slot(0, "ETH-USD"), 0);
    done();
}

TEST(a_reload_with_other_venues_is_ignored)
{
    start(2);
    open_both();
    config("[binance]\nsymbols = BTC-USDT\n[coinbase]\nsymbols = BTC-USD\n");
    config("[coinbase]\nsymbols = ETH-USD\n");
    CHECK(slot(0, "BTC-USD") == 0 && slot(1, "BTCUSDT") == 1);
    CHECK_EQ_U64(core_source_count(bench.core), 2);
    done();
}

TEST(a_start_renumbers_the_sources_and_keeps_their_state)
{
    start(2);
    open_both();
    snapshot("BTC-USD");
    uint64_t frames = core_source_status(bench.core, 0).frames;
    step(TD_FRAME_STOP, -1, "");
    step(TD_FRAME_START, -1, "x\ncause=stop\n");
    config("[kraken]\nsymbols = BTC-USD\n[coinbase]\nsymbols = BTC-USD\nchannels = book\n");
    CHECK_EQ_U64(core_source_count(bench.core), 2);
    CHECK_EQ_STR(core_source_status(bench.core, 0).name, "kraken");
    CHECK_EQ_STR(core_source_status(bench.core, 1).name, "coinbase");
    CHECK_EQ_U64(core_source_status(bench.core, 1).frames, frames);
    CHECK_EQ_U64(bench.core->source[1].params.channels, 1);
    CHECK_EQ_I64(slot(1, "BTC-USD"), 0);
    CHECK_EQ_I64(slot(0, "BTC/USD"), 2);
    CHECK_EQ_I64(slot(1, "BTCUSDT"), -1);
    CHECK(bench.core->instrument[1].hold == NULL); /* Binance's is free again */
    done();
}

/* Retired places, added ones and reused ones outlive a save. */
TEST(a_changed_set_is_saved_and_loaded)
{
    static unsigned char bytes[1 << 20], again[1 << 20];
    start(1);
    open_both();
    config("[coinbase]\nsymbols = ETH-USD, SOL-USD\n[binance]\nsymbols = BTC-USDT\n");
    step(TD_FRAME_STOP, -1, "");
    rig_drain(&bench.rig);
    struct td_state save = td_state_save(bytes, sizeof bytes);
    core_state(bench.core, &save);
    CHECK(!save.failed);
    CHECK_EQ_U64(core_state_head(bytes, save.used).slots, core_book_count(bench.core));
    CHECK_EQ_U64(core_state_head(bytes, 3).slots, 0);
    int eth = slot(0, "ETH-USD"), sol = slot(0, "SOL-USD");
    done();
    start(1);
    rig_drain(&bench.rig);
    groups_seal_all(bench.rig.groups, GROUPS_SEAL_HOUR, 1);
    rig_drain(&bench.rig);
    struct td_state load = td_state_load(bytes, save.used);
    core_state(bench.core, &load);
    CHECK(!load.failed && load.used == save.used);
    CHECK(slot(0, "ETH-USD") == eth && slot(0, "SOL-USD") == sol);
    CHECK_EQ_I64(slot(0, "BTC-USD"), -1);
    struct td_state second = td_state_save(again, sizeof again);
    core_state(bench.core, &second);
    CHECK_EQ_U64(second.used, save.used);
    CHECK_EQ_MEM(again, bytes, save.used);
    done();
}

TEST(fewer_places_than_the_state_has_fail_the_load)
{
    static unsigned char bytes[1 << 20];
    start(2);
    open_both();
    config("[coinbase]\nsymbols = BTC-USD, ETH-USD, SOL-USD\n[binance]\nsymbols = BTC-USDT\n");
    step(TD_FRAME_STOP, -1, "");
    rig_drain(&bench.rig);
    struct td_state save = td_state_save(bytes, sizeof bytes);
    core_state(bench.core, &save);
    CHECK_EQ_U64(core_state_head(bytes, save.used).slots, 4);
    done();
    start(1);
    groups_seal_all(bench.rig.groups, GROUPS_SEAL_HOUR, 1);
    rig_drain(&bench.rig);
    struct td_state load = td_state_load(bytes, save.used);
    core_state(bench.core, &load);
    CHECK(load.failed);
    done();
}

/* ---- holes of what comes and goes --------------------------------------------------------------- */

static const struct core_hole *hole(unsigned channel)
{
    return &bench.core->instrument[0].hole[channel];
}

static const char without_btc[] = "[coinbase]\nsymbols = ETH-USD\n[binance]\nsymbols = BTC-USDT\n";

/* A hole of another kind would be time that is missing for ever. */
TEST(a_removed_symbol_has_no_hole_but_the_planned_one)
{
    start(2);
    open_both();
    snapshot("BTC-USD");
    step(TD_FRAME_CONN_CLOSE, 0, "peer closed");
    int64_t lost_ns = hole(TD_CHANNEL_BOOK)->from_ns;
    config(without_btc);
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++) {
        CHECK(hole(channel)->open && hole(channel)->kind == TD_GAP_PLANNED);
        CHECK_EQ_I64(hole(channel)->from_ns, bench.now_ns - TD_NS_PER_MS);
    }
    CHECK(hole(TD_CHANNEL_BOOK)->from_ns > lost_ns);
    CHECK(!core_book_status(bench.core, 0).recorded);
    CHECK(!core_book_status(bench.core, 0).hole_open);
    uint64_t covered[2];
    for (unsigned i = 0; i < 2; i++) {
        struct core_book_status status = core_book_status(bench.core, 0);
        covered[i] = 0;
        for (unsigned worth = 0; worth < CORE_TIMES; worth++)
            covered[i] += status.state_ms_today[worth];
        bench.now_ns += 60 * TD_NS_PER_S;
        step(TD_FRAME_TICK, -1, "");
    }
    CHECK_EQ_U64(covered[0], covered[1]);
    config(both);
    CHECK(hole(TD_CHANNEL_BOOK)->open && hole(TD_CHANNEL_BOOK)->kind == TD_GAP_START);
    CHECK_EQ_I64(hole(TD_CHANNEL_BOOK)->from_ns, bench.now_ns - TD_NS_PER_MS);
    step(TD_FRAME_CONN_OPEN, 0, "wss://x");
    snapshot("BTC-USD");
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++)
        CHECK(!hole(channel)->open);
    done();
}

static void trade(const char *type, int id)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"type\":\"%s\",\"trade_id\":%d,\"maker_order_id\":\"a\",\"taker_order_id\":\"b\","
             "\"side\":\"sell\",\"size\":\"0.5\",\"price\":\"100.5\",\"product_id\":\"BTC-USD\","
             "\"sequence\":7,\"time\":\"2023-11-14T22:13:20.000000Z\"}",
             type, id);
    step(TD_FRAME_WS_TEXT, 0, text);
}

TEST(a_symbol_that_comes_back_has_no_trade_twice_and_misses_none_of_the_time_between)
{
    start(2);
    open_both();
    snapshot("BTC-USD");
    trade("match", 10);
    trade("match", 11);
    config(without_btc);
    config(both);
    snapshot("BTC-USD");
    trade("last_match", 11);
    CHECK_EQ_U64(groups_rows(bench.rig.groups, ROW_TRADES), 2);
    trade("match", 5000);
    trade("match", 5003);
    struct core_book_status status = core_book_status(bench.core, 0);
    CHECK_EQ_U64(status.trades, 4);
    CHECK_EQ_U64(status.trades_missed, 2);
    done();
}

TEST(rows_that_are_not_stored_have_their_holes_as_symbols_come_and_go)
{
    start(2);
    open_both();
    step(TD_FRAME_SHED, -1, "level=7 free_mb=3 why=test");
    CHECK(bench.core->instrument[0].shed[TD_CHANNEL_BOOK].open);
    config(without_btc);
    int eth = slot(0, "ETH-USD");
    CHECK(!bench.core->instrument[0].shed[TD_CHANNEL_BOOK].open);
    CHECK(bench.core->instrument[eth].shed[TD_CHANNEL_BOOK].open);
    CHECK(bench.core->instrument[eth].shed[TD_CHANNEL_TICKER].open);
    CHECK(!bench.core->instrument[eth].shed[TD_CHANNEL_TRADES].open);
    step(TD_FRAME_SHED, -1, "level=0 free_mb=300 why=test");
    CHECK(!bench.core->instrument[eth].shed[TD_CHANNEL_BOOK].open);
    done();
}

TEST(a_channel_that_a_start_drops_leaves_no_hole_open)
{
    start(2);
    open_both();
    snapshot("BTC-USD");
    step(TD_FRAME_START, -1, "x\ncause=crash\n");
    config("[coinbase]\nsymbols = BTC-USD\nchannels = book\n[binance]\nsymbols = BTC-USDT\n");
    CHECK_EQ_I64(hole(TD_CHANNEL_TRADES)->kind, TD_GAP_PLANNED);
    CHECK_EQ_I64(hole(TD_CHANNEL_BOOK)->kind, TD_GAP_DISCONNECT);
    step(TD_FRAME_CONN_OPEN, 0, "wss://x");
    snapshot("BTC-USD");
    CHECK(!hole(TD_CHANNEL_BOOK)->open);
    CHECK(!core_book_status(bench.core, 0).hole_open);
    step(TD_FRAME_START, -1, "x\ncause=crash\n");
    config(both);
    CHECK_EQ_I64(hole(TD_CHANNEL_TRADES)->kind, TD_GAP_DISCONNECT);
    CHECK_EQ_I64(hole(TD_CHANNEL_TRADES)->from_ns, bench.now_ns - TD_NS_PER_MS);
    done();
}

/* A journal without a checkpoint is read back by a core that was laid out for the symbols of today. */
TEST(a_start_is_told_of_the_symbols_that_its_own_text_names)
{
    start(2);
    config("[coinbase]\nsymbols = ETH-USD\n");
    int eth = slot(0, "ETH-USD");
    CHECK_EQ_U64(core_gaps_by_kind(bench.core, TD_GAP_DISCONNECT), CORE_CHANNELS);
    CHECK_EQ_U64(core_gaps_by_kind(bench.core, TD_GAP_PLANNED), 0);
    CHECK_EQ_U64(core_gaps_by_kind(bench.core, TD_GAP_START), 1); /* the device's */
    CHECK(eth > 0 && !hole(TD_CHANNEL_BOOK)->open);
    CHECK(bench.core->instrument[eth].hole[TD_CHANNEL_BOOK].open);
    done();
}
