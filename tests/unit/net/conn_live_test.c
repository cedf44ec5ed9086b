#include "net/conn_live.h"

#include "net/lying.h"
#include "test.h"

#define S TD_NS_PER_S

static int64_t waited_s(const struct lying *world, unsigned connect)
{
    return (world->connect_ns[connect] - world->connect_ns[connect - 1] + S / 2) / S;
}

/* ---- every end is followed by a new session ---- */

static const char *const stage_words[LYING_STAGES] = {"nothing", "name", "socket", "connect",
                                                      "upgrade", "open", "data",   "goodbye"};
static const char *const fault_words[LYING_FAULTS] = {"eof", "rst", "silence", "answer"};

static void one_fault(enum lying_stage stage, enum lying_fault fault)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].ping_interval_ms = 4000;
    world->plan[0] =
        (struct lying_plan){stage, fault, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"};
    lying_begin(world);
    lying_run_for(world, 5 * S);
    if (stage == AT_GOODBYE)
        lying_request(world, WIRE_REQUEST_RECONNECT, 0, 0, "");
    lying_run_for(world, 40 * S);
    bool was_up = stage >= AT_OPEN;
    const struct wire_health *health = wire_health(world->wire, 0);
    const struct lying_seen *open = lying_nth(world, TD_FRAME_CONN_OPEN, was_up ? 1 : 0);
    if (open == NULL || atomic_load(&health->state) != WIRE_SUBSCRIBED || world->connects != 2)
        FAIL("%s at %s: no new session, %u connects", fault_words[fault], stage_words[stage],
             world->connects);
    CHECK_EQ_I64(open->conn, was_up ? 2 : 1);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), was_up ? 1 : 0);
    CHECK(world->mono_ns - atomic_load(&health->last_message_mono_ns) <= S);
    CHECK(world->connect_ns[1] - world->connect_ns[0] >= S);
    lying_end(world);
}

TEST(each_fault_in_each_state_leads_to_a_new_session)
{
    for (int stage = AT_NAME; stage < LYING_STAGES; stage++)
        for (int fault = 0; fault < LYING_FAULTS; fault++)
            if (fault != IS_ANSWER || stage == AT_UPGRADE)
                one_fault((enum lying_stage)stage, (enum lying_fault)fault);
}

TEST(data_that_stops_is_noticed_within_its_limit)
{
    struct lying *world = lying_open(1);
    lying_begin(world);
    lying_run_for(world, 20 * S);
    world->quiet = true;
    int64_t quiet_ns = world->mono_ns;
    lying_run_for(world, 16 * S);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_CONN_CLOSE, 0)->text,
                 "TD_E_NET_TIMEOUT: no data for 15000 ms");
    world->quiet = false;
    lying_run_for(world, 4 * S); /* and the new session stands within 5 s */
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_OPEN), 2);
    CHECK(lying_must(world, TD_FRAME_CONN_OPEN, 1)->mono_ns - quiet_ns <= 20 * S);
    lying_end(world);
}

TEST(four_missing_pongs_give_up_a_quiet_link)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].silence_ms = 0;
    world->endpoint[0].ping_interval_ms = 30000;
    world->quiet = world->no_pongs = true;
    lying_begin(world);
    lying_run_for(world, 149 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 0); /* pings at 30, 60, 90, 120 s */
    lying_run_for(world, 2 * S);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_CONN_CLOSE, 0)->text,
                 "TD_E_NET_TIMEOUT: 4 pings without an answer");
    world->no_pongs = false;
    lying_run_for(world, 3600 * S); /* with answers an empty stream lives on */
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 1);
    lying_end(world);
}

/* ---- how long it waits ---- */

/* 1, 2, 4, 8, 16, 30 s for five minutes, then on to 300 s, a fifth more or less. */
TEST(dead_venue_is_asked_by_the_table)
{
    static const enum lying_stage stages[] = {AT_NAME, AT_SOCKET, AT_CONNECT, AT_UPGRADE};
    for (size_t k = 0; k < sizeof stages / sizeof *stages; k++) {
        struct lying *world = lying_open(1);
        world->then = (struct lying_plan){stages[k], IS_RST, NULL};
        for (int i = 0; i < LYING_PLANS; i++)
            world->plan[i] = world->then;
        lying_begin(world);
        lying_run_for(world, 2 * 3600 * S);
        for (unsigned n = 1; n < world->connects; n++) {
            int64_t since_s = (world->connect_ns[n - 1] - world->connect_ns[0]) / S;
            int64_t plain_s = n <= 5 ? INT64_C(1) << (n - 1) : since_s < 300 ? 30 : 300;
            if (since_s >= 300 && since_s < 900) /* doubling on: 64, 128, 256 */
                CHECK(waited_s(world, n) >= 24 && waited_s(world, n) <= 360);
            else
                CHECK(waited_s(world, n) * 10 >= plain_s * 8 - 5 &&
                      waited_s(world, n) * 10 <= plain_s * 12 + 5);
            CHECK(world->connect_ns[n] - world->connect_ns[n - 1] >= S);
        }
        CHECK(world->connects > 30 && world->connects < 60);
        CHECK_EQ_I64(atomic_load(&wire_health(world->wire, 0)->errors), world->connects);
        lying_end(world);
    }
}

TEST(minute_of_data_starts_the_table_anew)
{
    struct lying *world = lying_open(1);
    for (int i = 0; i < 6; i++)
        world->plan[i] = (struct lying_plan){AT_CONNECT, IS_RST, NULL};
    lying_begin(world);
    lying_run_for(world, 100 * S); /* the seventh stands */
    CHECK_EQ_I64(world->connects, 7);
    lying_run_for(world, 70 * S);
    world->peer[0].reset = world->peer[0].news = true;
    lying_run_for(world, 3 * S);
    CHECK_EQ_I64(world->connects, 8);
    world->peer[0].reset = world->peer[0].news = true; /* at once: the second delay */
    int64_t before_ns = world->mono_ns;
    lying_run_for(world, 4 * S);
    CHECK_EQ_I64(world->connects, 9);
    CHECK(world->connect_ns[8] - before_ns >= 1600 * TD_NS_PER_MS);
    lying_end(world);
}

static void refused_with(const char *answer, int64_t least_s, int64_t most_s)
{
    struct lying *world = lying_open(1);
    world->plan[0] = (struct lying_plan){AT_UPGRADE, IS_ANSWER, answer};
    lying_begin(world);
    lying_run_for(world, 200 * S);
    CHECK_EQ_I64(world->connects, 2);
    CHECK(waited_s(world, 1) >= least_s && waited_s(world, 1) <= most_s);
    lying_end(world);
}

TEST(bans_and_limits_at_the_upgrade_are_obeyed)
{
    refused_with("HTTP/1.1 429 Slow\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n", 90, 91);
    refused_with("HTTP/1.1 418 Banned\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", 120, 121);
    refused_with("HTTP/1.1 418 Banned\r\nContent-Length: 0\r\n\r\n", 60, 61);
    refused_with("HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", 60, 61);
    refused_with("HTTP/1.1 503 Later\r\nRetry-After: Sun, 28 Jun 2026 12:01:40 GMT\r\n"
                 "Content-Length: 0\r\n\r\n",
                 99, 101);
    refused_with("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", 1, 2);
}

/* The limit is the source's: its other endpoint waits too. */
TEST(ban_holds_all_endpoints_of_the_source)
{
    struct lying *world = lying_open(2);
    world->endpoint[1].source = 0;
    world->plan[0] = (struct lying_plan){
        AT_UPGRADE, IS_ANSWER, "HTTP/1.1 418 No\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n"};
    lying_begin(world);
    lying_run_for(world, 99 * S);
    CHECK_EQ_I64(world->connects, 1);
    lying_run_for(world, 4 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_OPEN), 2);
    lying_end(world);
}

/* ---- nothing is used up ---- */

TEST(five_hundred_reconnects_keep_no_descriptor)
{
    struct lying *world = lying_open(1);
    unsigned faults = 0;
    for (int i = 0; i < LYING_PLANS; i++)
        world->plan[i] =
            (struct lying_plan){(enum lying_stage)(AT_NAME + i % (AT_DATA - AT_NAME + 1)),
                                (enum lying_fault)(i % 2), NULL};
    world->then = (struct lying_plan){AT_DATA, IS_RST, NULL};
    lying_begin(world);
    for (; world->connects < 500; faults++) {
        CHECK(faults < 100000);
        lying_run_for(world, 10 * S);
        CHECK(world->open <= 1);
    }
    CHECK_EQ_I64(world->open_most, 1);
    CHECK(world->closes >= 400 && world->closes <= world->connects);
    lying_end(world);
}

/* Not one descriptor for minutes, then there are some: recording goes on by itself. */
TEST(no_descriptors_is_survived)
{
    struct lying *world = lying_open(1);
    for (int i = 0; i < 8; i++)
        world->plan[i] = (struct lying_plan){AT_SOCKET, IS_EOF, NULL};
    lying_begin(world);
    lying_run_for(world, 200 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_OPEN), 1);
    CHECK_EQ_I64(world->closes, 0);
    lying_end(world);
}

/* ---- what goes out ---- */

static size_t subscribe_once(void *arg, unsigned n, char *out, size_t cap)
{
    (void)arg;
    return n == 0 ? (size_t)snprintf(out, cap, "subscribe") : 0;
}

TEST(the_first_subscribe_waits_as_long_as_the_venue_wants)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].subscribe = subscribe_once;
    world->endpoint[0].subscribe_delay_ms = 2500;
    lying_begin(world);
    lying_run_for(world, 10 * S);
    world->peer[0].reset = world->peer[0].news = true;
    lying_run_for(world, 20 * S);
    for (unsigned n = 0; n < 2; n++)
        CHECK_EQ_I64(lying_must(world, TD_FRAME_SENT, n)->mono_ns -
                         lying_must(world, TD_FRAME_CONN_OPEN, n)->mono_ns,
                     2500 * TD_NS_PER_MS);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_SENT), 2);
    lying_end(world);
}

static size_t answer_all(void *arg, bool binary, struct td_text message, char *out, size_t cap)
{
    CHECK(!binary);
    (*(unsigned *)arg)++;
    return (size_t)snprintf(out, cap, "answer to %.*s", (int)message.bytes, message.at);
}

TEST(each_message_that_asks_is_answered_once)
{
    unsigned asked = 0;
    struct lying *world = lying_open(1);
    world->endpoint[0].answer = answer_all;
    world->endpoint[0].answer_arg = &asked;
    lying_begin(world);
    lying_run_for(world, 30 * S);
    CHECK(asked >= 25);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_SENT), asked);
    CHECK(strncmp(lying_must(world, TD_FRAME_SENT, 0)->text, "answer to message ", 18) == 0);
    lying_end(world);
}
