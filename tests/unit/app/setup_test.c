/* Connections as the configuration lays them out, and that core and wire come to the same ones after every reload. */
#include "core_bench.h"

#include <fcntl.h>
#include <unistd.h>

#include "app/exits.h"
#include "app/setup_reload.h"
#include "base/log.h"
#include "fake_venue.h"
#include "net/wire.h"

static struct setup setup;

static int load(const char *text)
{
    memset(&setup, 0, sizeof setup);
    td_log_setup(2, TD_LOG_OFF, NULL);
    return setup_from_text(&setup, "test", text, strlen(text));
}

/* What it says on stderr is left out. */
static int load_quietly(const char *text)
{
    int keep = dup(2), null = open("/dev/null", O_WRONLY);
    dup2(null, 2);
    int got = load(text);
    dup2(keep, 2);
    close(keep);
    close(null);
    return got;
}

static const char *text_of(unsigned endpoint)
{
    static char text[16 << 10];
    const struct wire_endpoint *at = &setup.endpoint[endpoint];
    text[at->subscribe(at->subscribe_arg, 0, text, sizeof text - 1)] = '\0';
    return text;
}

TEST(one_connection_where_nothing_says_otherwise)
{
    fake_new(SYNC_NONE);
    CHECK_EQ_I64(load("[deck]\nid = t\n[fake]\nsymbols = A-USD, B-USD\n"), EXIT_FINE);
    CHECK_EQ_U64(setup.deck.endpoint_count, 1);
    CHECK_EQ_STR(setup.endpoint[0].url, "wss://fake.example");
    CHECK_EQ_I64(setup.endpoint[0].line, 0);
    CHECK_EQ_STR(text_of(0), "sub e0 s0 c7 \"A-USD\",\"B-USD\"");
    CHECK(fake_wall_ns > 1700000000 * TD_NS_PER_S); /* the clock's */
}

TEST(a_connection_for_each_endpoint_and_share)
{
    fake_new(SYNC_NONE);
    fake_split();
    fake.conn_channels_max = 4; /* trades and ticker of two symbols */
    CHECK_EQ_I64(load("[deck]\nid = t\n[fake]\nurl = wss://here:1\nsymbols = A-USD,B-USD,C-USD\n"),
                 EXIT_FINE);
    CHECK_EQ_U64(setup.deck.endpoint_count, 4);
    static const char *const urls[] = {"wss://here:1/book", "wss://here:1/rest"};
    for (unsigned e = 0; e < 4; e++) {
        CHECK_EQ_I64(setup.endpoint[e].line, e);
        CHECK_EQ_I64(setup.endpoint[e].source, 0);
        CHECK_EQ_STR(setup.endpoint[e].url, urls[e % 2]);
    }
    CHECK_EQ_STR(text_of(0), "sub e0 s0 c1 \"A-USD\",\"B-USD\"");
    CHECK_EQ_STR(text_of(1), "sub e1 s0 c6 \"A-USD\",\"B-USD\"");
    CHECK_EQ_STR(text_of(3), "sub e1 s1 c6 \"C-USD\"");
    CHECK_EQ_U64(setup_sources(&setup), 1);
}

TEST(what_is_not_recorded_needs_no_connection)
{
    fake_new(SYNC_NONE);
    fake_split();
    CHECK_EQ_I64(load("[deck]\nid = t\n[fake]\nsymbols = A-USD\nchannels = trades\n"), EXIT_FINE);
    CHECK_EQ_U64(setup.deck.endpoint_count, 1);
    CHECK_EQ_I64(setup.endpoint[0].line, 1);
    CHECK_EQ_STR(text_of(0), "sub e1 s0 c2 \"A-USD\"");
}

TEST(more_symbols_than_the_connections_hold_are_refused)
{
    fake_new(SYNC_NONE);
    fake_split();
    fake.conn_channels_max = 2; /* one symbol, four shards */
    CHECK_EQ_I64(load("[deck]\nid = t\n[fake]\nsymbols = A-USD,B-USD,C-USD,D-USD\n"), EXIT_FINE);
    CHECK_EQ_U64(setup.deck.endpoint_count, TD_LINES_MAX);
    CHECK_EQ_I64(load_quietly("[deck]\nid = t\n[fake]\nsymbols = A-USD,B-USD,C-USD,D-USD,E-USD\n"),
                 EXIT_CONFIG);
}

/* ---- core and wire ---------------------------------------------------------------------------------------------------- */

static const char *venue_name(unsigned index)
{
    return index == 0 ? fake.name : NULL;
}

static int configuration(char *out, size_t cap)
{
    struct td_str text = td_str_on(out, cap);
    td_str_add(&text, "[deck]\nid = t\nspare_symbols = 20\n[fake]\nsymbols = ");
    unsigned written = 0;
    int first = (int)(random() % 26);
    for (int name = 0; name < 26; name++)
        if (random() % 3 == 0)
            td_str_add_format(&text, "%s%c-USD", written++ ? "," : "",
                              'A' + (first + name * 7) % 26);
    td_str_add(&text, written ? "\n" : "Z-USD\n");
    return (int)text.bytes;
}

static void check_agree(const struct instruments *wire)
{
    const struct instruments *core = core_instruments(bench.core);
    unsigned recorded = 0;
    for (unsigned i = 0; i < instruments_count(core); i++)
        recorded += instruments_peek(core, i)->source == 0;
    CHECK_EQ_U64(recorded, instruments_count(wire));
    for (unsigned i = 0; i < instruments_count(wire); i++) {
        const struct instrument *theirs = instruments_peek(wire, i);
        int mine = instruments_find(core, 0, theirs->raw, strlen(theirs->raw));
        CHECK(mine >= 0);
        CHECK_EQ_I64(instruments_peek(core, (unsigned)mine)->shard, theirs->shard);
    }
}

static void begin_core(const char *symbol)
{
    struct core_params more = {.capacity = 60};
    start_with("fake", &symbol, 1, &more);
    step(TD_FRAME_START, "tapedeck\ncause=first\n", 0);
}

TEST(core_and_wire_agree_after_every_reload)
{
    static struct td_config next;
    static struct wire_note note;
    static char text[4096];
    unsigned taken = 0, refused = 0;
    srandom(11);
    fake_new(SYNC_NONE);
    fake.conn_channels_max = 12; /* four symbols a shard */
    for (unsigned round = 0; round < 12; round++) {
        configuration(text, sizeof text);
        CHECK_EQ_I64(load_quietly(text), EXIT_FINE);
        begin_core("A-USD");
        step(TD_FRAME_CONFIG, setup.core_text, 0);
        check_agree(setup.instruments);
        for (unsigned reload = 0; reload < 12; reload++) {
            int bytes = configuration(text, sizeof text);
            CHECK_EQ_I64(td_config_parse(&next, "test", text, (size_t)bytes, venue_name, NULL), 0);
            if (!setup_take(&setup, &next, &note)) {
                refused++;
                continue;
            }
            note.text[note.bytes] = '\0';
            step(TD_FRAME_CONFIG, note.text, 0);
            check_agree(setup.reloaded[(setup.reloads - 1) % 2].table);
            taken++;
        }
    }
    CHECK(taken > 20 && refused > 5);
}
