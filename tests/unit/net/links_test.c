#include "net/links.h"

#include "base/metrics.h"
#include "net/lying.h"
#include "test.h"

#define S TD_NS_PER_S

/* As the core does: what took over for so long lets the old one go. */
static void take_over(struct lying *world, uint16_t source, uint32_t old)
{
    lying_request(world, WIRE_REQUEST_DROP, source, old, "");
}

static uint32_t conn_of(const struct lying *world, unsigned endpoint)
{
    return atomic_load(&wire_health(world->wire, endpoint)->conn);
}

TEST(planned_replacement_loses_no_message)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].life_s = 100;
    world->endpoint[0].line = 3;
    lying_begin(world);
    lying_run_for(world, 94 * S);
    CHECK_EQ_I64(world->connects, 1);
    lying_run_for(world, 8 * S);
    CHECK_EQ_I64(world->connects, 2);
    const struct lying_seen *open = lying_must(world, TD_FRAME_CONN_OPEN, 1);
    CHECK_EQ_I64(open->status, TD_OPEN_OVERLAP | 3 << TD_OPEN_LINE_SHIFT);
    CHECK_EQ_I64(open->conn, 2);
    CHECK_EQ_I64(lying_must(world, TD_FRAME_CONN_OPEN, 0)->status, 3 << TD_OPEN_LINE_SHIFT);
    int64_t age_ns = open->mono_ns - lying_must(world, TD_FRAME_CONN_OPEN, 0)->mono_ns;
    CHECK(age_ns >= 95 * S && age_ns <= 101 * S);
    CHECK_EQ_I64(conn_of(world, 0), 1); /* until the core decides */
    lying_run_for(world, 20 * S);
    take_over(world, 0, 1);
    lying_run_for(world, 5 * S);
    const struct lying_seen *close = lying_must(world, TD_FRAME_CONN_CLOSE, 0);
    CHECK_EQ_I64(close->conn, 1);
    CHECK_EQ_I64(close->status, TD_CLOSE_PLANNED);
    CHECK_EQ_STR(close->text, "another connection took over");
    CHECK_EQ_I64(conn_of(world, 0), 2);
    CHECK_EQ_I64(world->open, 1);
    lying_run_for(world,
                  300 * S); /* the third comes by the second's age; nobody drops, so both stay */
    CHECK_EQ_I64(world->connects, 3);
    lying_stop(world);
    unsigned twice = 0;
    for (unsigned n = 1; n < world->message; n++) {
        CHECK(world->carried[n] >= 1); /* 0 was before the first connection stood */
        twice += world->carried[n] == 2;
    }
    CHECK(twice > 200);
    lying_free(world);
}

TEST(second_that_fails_is_tried_again_and_harms_nobody)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].life_s = 100;
    world->plan[1] = (struct lying_plan){AT_CONNECT, IS_RST, NULL};
    world->plan[2] = (struct lying_plan){AT_UPGRADE, IS_EOF, NULL};
    world->plan[3] = (struct lying_plan){AT_NAME, IS_EOF, NULL};
    world->plan[4] = (struct lying_plan){AT_OPEN, IS_RST, NULL};
    lying_begin(world);
    lying_run_for(world, 150 * S);
    CHECK_EQ_I64(world->connects, 6);
    for (unsigned n = 3; n < 6; n++) /* each wait longer than the one before */
        CHECK(world->connect_ns[n] - world->connect_ns[n - 1] >
              world->connect_ns[n - 1] - world->connect_ns[n - 2]);
    const struct lying_seen *close = lying_must(world, TD_FRAME_CONN_CLOSE, 0);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 1);
    CHECK_EQ_I64(close->conn, 2); /* stood for a moment: an ordinary end */
    CHECK_EQ_I64(close->status, 0);
    CHECK_EQ_I64(conn_of(world, 0), 1);
    CHECK_EQ_I64(atomic_load(&wire_health(world->wire, 0)->state), WIRE_SUBSCRIBED);
    for (unsigned n = 1; n < world->message; n++)
        CHECK(world->carried[n] >= 1);
    take_over(world, 0, 1);
    lying_run_for(world, 3 * S);
    CHECK_EQ_I64(conn_of(world, 0), 3);
    lying_end(world);
}

/* The first dies while the second is in any state: that goes on alone, with no wait and no third one. */
TEST(first_that_dies_leaves_the_second_in_its_place)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].life_s = 100;
    lying_begin(world);
    lying_run_for(world, 110 * S);
    CHECK_EQ_I64(world->open, 2);
    world->peer[0].reset = world->peer[0].news = true;
    lying_run_for(world, 2 * S);
    const struct lying_seen *close = lying_must(world, TD_FRAME_CONN_CLOSE, 0);
    CHECK_EQ_I64(close->conn, 1);
    CHECK_EQ_I64(close->status, 0);
    CHECK_EQ_I64(conn_of(world, 0), 2);
    CHECK_EQ_I64(atomic_load(&wire_health(world->wire, 0)->state), WIRE_SUBSCRIBED);
    take_over(world, 0, 1); /* comes late: void */
    take_over(world, 0, 2); /* and this would leave nothing: refused */
    lying_run_for(world, 60 * S);
    CHECK_EQ_I64(world->connects, 2);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 1);
    for (unsigned n = 1; n < world->message; n++)
        CHECK(world->carried[n] >= 1);
    lying_end(world);
}

/* The core may hear late that the second one is gone: what it asks then must not leave nothing. */
TEST(drop_is_refused_while_the_second_is_not_up)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].life_s = 100;
    world->plan[1] = (struct lying_plan){AT_UPGRADE, IS_SILENT, NULL};
    lying_begin(world);
    while (world->connects < 2)
        lying_run_for(world, S);
    take_over(world, 0, 1);
    lying_run_for(world, 3 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 0);
    CHECK_EQ_I64(conn_of(world, 0), 1);
    lying_run_for(world, 20 * S); /* the upgrade is given up, the next try stands */
    take_over(world, 0, 1);
    lying_run_for(world, 3 * S);
    CHECK_EQ_I64(lying_must(world, TD_FRAME_CONN_CLOSE, 0)->status, TD_CLOSE_PLANNED);
    CHECK_EQ_I64(conn_of(world, 0), 2);
    lying_end(world);
}

TEST(first_that_dies_while_the_second_still_dials)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].life_s = 100;
    world->plan[1] = (struct lying_plan){AT_UPGRADE, IS_SILENT, NULL};
    lying_begin(world);
    while (world->connects < 2)
        lying_run_for(world, S);
    world->peer[0].reset = world->peer[0].news = true;
    lying_run_for(world, 30 * S); /* the second's upgrade times out, then a good one */
    CHECK_EQ_I64(world->connects, 3);
    const struct lying_seen *open = lying_must(world, TD_FRAME_CONN_OPEN, 1);
    CHECK_EQ_I64(open->conn, 2);
    CHECK_EQ_I64(open->status, 0); /* nothing else is up */
    CHECK_EQ_I64(conn_of(world, 0), 2);
    lying_end(world);
}

TEST(endpoints_take_turns)
{
    struct lying *world = lying_open(3);
    for (int i = 0; i < 3; i++)
        world->endpoint[i].life_s = 200;
    lying_begin(world);
    bool renewed[3] = {false};
    unsigned handled = 3;
    for (int s = 0; s < 400 && !(renewed[0] && renewed[1] && renewed[2]); s++) {
        lying_run_for(world, S);
        CHECK(world->open <= 4);
        const struct lying_seen *open = lying_nth(world, TD_FRAME_CONN_OPEN, handled);
        if (open == NULL || world->mono_ns - open->mono_ns < 10 * S)
            continue;
        CHECK_EQ_I64(open->status, TD_OPEN_OVERLAP);
        renewed[open->source] = true;
        handled++;
        take_over(world, open->source, conn_of(world, open->source));
    }
    CHECK(renewed[0] && renewed[1] && renewed[2]);
    lying_run_for(world, 2 * S);
    CHECK_EQ_I64(world->open_most, 4);
    for (unsigned i = 0; i < 3; i++)
        CHECK(conn_of(world, i) > 3);
    lying_end(world);
}

/* A second one that the core never finds good enough must not keep the others from their turn for ever. */
TEST(overlap_that_nobody_takes_up_makes_room)
{
    struct lying *world = lying_open(2);
    world->endpoint[0].life_s = 100;
    world->endpoint[1].life_s = 150;
    lying_begin(world);
    lying_run_for(world, 690 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_OPEN), 3);
    lying_run_for(world, 30 * S);
    const struct lying_seen *close = lying_must(world, TD_FRAME_CONN_CLOSE, 0);
    CHECK_EQ_I64(close->conn, 3);
    CHECK_EQ_I64(close->status, TD_CLOSE_PLANNED);
    const struct lying_seen *open = lying_must(world, TD_FRAME_CONN_OPEN, 3);
    CHECK_EQ_I64(open->source, 1);
    CHECK_EQ_I64(conn_of(world, 0), 1); /* never touched */
    lying_end(world);
}

TEST(one_connect_a_second_and_source)
{
    struct lying *world = lying_open(3);
    for (int i = 0; i < 3; i++)
        world->endpoint[i].source = 0, world->endpoint[i].life_s = 30;
    lying_begin(world);
    for (int s = 0; s < 300; s++) {
        lying_run_for(world, S);
        for (unsigned i = 0; i < LYING_PEERS; i++)
            if (s % 7 == 0 && world->peer[i].open)
                world->peer[i].reset = world->peer[i].news = true;
    }
    CHECK(world->connects > 30);
    for (unsigned n = 1; n < world->connects; n++)
        CHECK(world->connect_ns[n] - world->connect_ns[n - 1] >= S);
    lying_end(world);
}

TEST(stop_during_an_overlap_says_goodbye_to_both)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].life_s = 100;
    lying_begin(world);
    lying_run_for(world, 110 * S);
    CHECK_EQ_I64(world->open, 2);
    lying_stop(world);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 2);
    for (unsigned n = 0; n < 2; n++)
        CHECK_EQ_I64(lying_must(world, TD_FRAME_CONN_CLOSE, n)->status, TD_CLOSE_BY_STOP);
    lying_free(world);
}

/* ---- which connection is meant ---- */

TEST(requests_go_to_the_connection_they_name)
{
    struct lying *world = lying_open(1);
    world->endpoint[0].life_s = 100;
    world->params.first_conn = 41;
    lying_begin(world);
    lying_run_for(world, 110 * S);
    lying_request(world, WIRE_REQUEST_SEND, 0, 42, "to the second");
    lying_request(world, WIRE_REQUEST_SEND, 0, 0, "to the oldest");
    lying_request(world, WIRE_REQUEST_SEND, 0, 7, "to one that is gone");
    lying_request(world, WIRE_REQUEST_SEND, 1, 0, "to a source that is not there");
    lying_run_for(world, S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_SENT), 2);
    CHECK_EQ_I64(lying_must(world, TD_FRAME_SENT, 0)->conn, 42);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_SENT, 0)->text, "to the second");
    CHECK_EQ_I64(lying_must(world, TD_FRAME_SENT, 1)->conn, 41);
    lying_request(world, WIRE_REQUEST_RECONNECT, 0, 42, "");
    lying_run_for(world, 5 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 1);
    CHECK_EQ_I64(lying_must(world, TD_FRAME_CONN_CLOSE, 0)->conn, 42);
    CHECK_EQ_I64(lying_must(world, TD_FRAME_CONN_OPEN, 2)->status, TD_OPEN_OVERLAP);
    CHECK_EQ_I64(conn_of(world, 0), 41);
    lying_end(world);
}

/* ---- notes ---- */

static size_t one_text(void *arg, unsigned n, char *out, size_t cap)
{
    return n == 0 ? (size_t)snprintf(out, cap, "subscribe %s", (const char *)arg) : 0;
}

static bool note(struct lying *world, uint8_t kind, const char *text, void *const *args)
{
    struct wire_note *slot = td_ring_claim(wire_notes(world->wire));
    if (slot == NULL)
        return false;
    slot->kind = kind, slot->subscribe_args = args;
    slot->bytes = (uint32_t)strlen(text);
    memcpy(slot->text, text, slot->bytes);
    td_ring_publish(wire_notes(world->wire));
    return true;
}

TEST(notes_become_frames_and_a_later_connect_uses_the_new_list)
{
    struct lying *world = lying_open(1);
    char before[] = "old list", after[] = "new list";
    void *args[] = {after};
    world->endpoint[0].subscribe = one_text, world->endpoint[0].subscribe_arg = before;
    lying_begin(world);
    lying_run_for(world, 2 * S);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_SENT, 0)->text, "subscribe old list");
    CHECK(note(world, TD_FRAME_CONFIG, "symbols", args));
    CHECK(note(world, TD_FRAME_SEAL, "reload", NULL));
    CHECK(note(world, TD_FRAME_CONFIG, "no new list", NULL));
    lying_run_for(world, S);
    const struct lying_seen *config = lying_must(world, TD_FRAME_CONFIG, 0);
    CHECK_EQ_STR(config->text, "symbols");
    CHECK_EQ_I64(config->source, TD_SOURCE_NONE);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_SEAL, 0)->text, "reload");
    CHECK(lying_must(world, TD_FRAME_SEAL, 0) > config);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_SENT), 1); /* what is up is not subscribed again */
    world->peer[0].reset = world->peer[0].news = true;
    lying_run_for(world, 5 * S);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_SENT, 1)->text, "subscribe new list");
    lying_end(world);
}

TEST(notes_wait_for_room_in_their_order)
{
    struct lying *world = lying_open(1);
    char text[16];
    unsigned sent = 0;
    lying_begin(world);
    world->log_stays_full = true;
    uint64_t stalls = td_metric_get(TD_M_log_stalls);
    for (int s = 0; s < 20000 && td_metric_get(TD_M_log_stalls) == stalls; s++)
        lying_run_for(world, S); /* nobody reads the log */
    CHECK(td_metric_get(TD_M_log_stalls) > stalls);
    while (snprintf(text, sizeof text, "note %u", sent), note(world, TD_FRAME_NOTE, text, NULL))
        sent++;
    unsigned told = lying_count(world, TD_FRAME_CLOCK);
    world->wall_ns += 3600 * S; /* a step that nobody can be told of now */
    lying_run_for(world, 3 * S);
    CHECK_EQ_I64(sent, WIRE_NOTE_DEPTH);
    CHECK_EQ_I64(td_ring_used(wire_notes(world->wire)), WIRE_NOTE_DEPTH);
    world->log_stays_full = false;
    lying_run_for(world, 3 * S);
    for (unsigned n = 0; n < sent; n++) {
        snprintf(text, sizeof text, "note %u", n);
        CHECK_EQ_STR(lying_must(world, TD_FRAME_NOTE, n)->text, text);
    }
    while (strstr(lying_must(world, TD_FRAME_CLOCK, told)->text, "step_ns=3600000000000") == NULL)
        told++;
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 0); /* our pause is no silence */
    lying_end(world);
}

TEST(clock_is_told_before_the_tick_that_sees_its_step)
{
    struct lying *world = lying_open(1);
    lying_begin(world);
    lying_run_for(world, 10 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CLOCK), 1);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_CLOCK, 0)->text, "state=unsynced method=none");
    world->wall_ns += 3600 * S;
    lying_run_for(world, 10 * S);
    CHECK_EQ_STR(lying_must(world, TD_FRAME_CLOCK, 1)->text,
                 "state=stepped method=none step_ns=3600000000000");
    CHECK_EQ_STR(lying_must(world, TD_FRAME_CLOCK, 2)->text, "state=unsynced method=none");
    lying_run_for(world, 120 * S);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CLOCK), 5);
    CHECK_EQ_I64(lying_count(world, TD_FRAME_CONN_CLOSE), 0); /* no limit follows the wall clock */
    lying_end(world);
}

/* ---- asked for -------------------------------------------------------------------------------------------------------- */

/* Neither has a life of its own; both are to be replaced, and there is one place. */
TEST(replacements_that_are_asked_for_take_turns)
{
    struct lying *world = lying_open(2);
    lying_begin(world);
    lying_run_for(world, 30 * S);
    uint32_t first = conn_of(world, 0), second = conn_of(world, 1);
    for (int twice = 0; twice < 2; twice++) {
        lying_request(world, WIRE_REQUEST_OVERLAP, 0, first, "");
        lying_request(world, WIRE_REQUEST_OVERLAP, 1, second, "");
    }
    lying_run_for(world, 30 * S);
    CHECK_EQ_I64(world->connects, 3);
    const struct lying_seen *open = lying_must(world, TD_FRAME_CONN_OPEN, 2);
    CHECK_EQ_I64(open->status, TD_OPEN_OVERLAP);
    CHECK_EQ_I64(open->source, 0);
    lying_request(world, WIRE_REQUEST_OVERLAP, 0, open->conn, ""); /* second already: void */
    take_over(world, 0, first);
    lying_run_for(world, 30 * S);
    CHECK_EQ_I64(world->connects, 4);
    const struct lying_seen *other = lying_must(world, TD_FRAME_CONN_OPEN, 3);
    CHECK_EQ_I64(other->status, TD_OPEN_OVERLAP);
    CHECK_EQ_I64(other->source, 1);
    take_over(world, 1, second);
    lying_run_for(world, 900 * S);
    CHECK_EQ_I64(world->connects, 4);
    CHECK_EQ_I64(world->open, 2);
    for (unsigned n = 1; n < world->message; n++)
        CHECK(world->carried[n] >= 1);
    lying_end(world);
}

/* One that nobody took up gave its place away; who asks anew need not wait out its patience. */
TEST(a_replacement_that_nobody_took_up_is_asked_for_anew)
{
    struct lying *world = lying_open(2);
    lying_begin(world);
    lying_run_for(world, 10 * S);
    uint32_t first = conn_of(world, 0), second = conn_of(world, 1);
    lying_request(world, WIRE_REQUEST_OVERLAP, 0, first, "");
    lying_run_for(world, 10 * S);
    lying_request(world, WIRE_REQUEST_OVERLAP, 1, second, "");
    lying_run_for(world, 610 * S);
    CHECK_EQ_I64(world->connects, 4);
    take_over(world, 1, second);
    lying_run_for(world, 10 * S);
    CHECK_EQ_I64(world->connects, 4);
    lying_request(world, WIRE_REQUEST_OVERLAP, 0, first, "");
    lying_run_for(world, 10 * S);
    CHECK_EQ_I64(world->connects, 5);
    lying_end(world);
}
