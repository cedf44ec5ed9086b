/* Histories: what happens to a child, second by second, and what supervision must do about it. */
#include "init/supervise.h"

#include "test.h"

#define S INT64_C(1000000000)

static const struct supervise_rules rules = {.pause_first_ns = 1 * S,
                                             .pause_ns = 30 * S,
                                             .pause_slow_ns = 600 * S,
                                             .restarts_max = 5,
                                             .window_ns = 3600 * S,
                                             .beats = true,
                                             .grace_ns = 60 * S,
                                             .hang_ns = 20 * S,
                                             .hangs_max = 3,
                                             .reap_ns = 10 * S,
                                             .stop_ns = 60 * S};

enum what { WANT, STOP, RENEW, STARTED, FAILED, BEAT, ENDED, TURN, NEXT, END };
struct step {
    int64_t at_s;
    enum what what;
    int64_t value; /* BEAT: what stands there; TURN: the action; NEXT: when, -1 never */
};

static void play(struct supervise *supervise, const struct step *steps)
{
    for (int i = 0; steps[i].what != END; i++) {
        const struct step *step = &steps[i];
        int64_t now = step->at_s * S, next;
        switch (step->what) {
        case WANT:
            supervise_want(supervise, now);
            break;
        case STOP:
            supervise_stop(supervise, now);
            break;
        case RENEW:
            supervise_renew(supervise, now);
            break;
        case STARTED:
            supervise_started(supervise, now);
            break;
        case FAILED:
        case ENDED:
            supervise_ended(supervise, now);
            break;
        case BEAT:
            supervise_beat(supervise, now, step->value);
            break;
        case TURN:
            if ((int64_t)supervise_turn(supervise, now) != step->value)
                FAIL("step %d at %lld s: not the action %lld", i, (long long)step->at_s,
                     (long long)step->value);
            break;
        case NEXT:
            next = supervise_next_ns(supervise);
            if (next != (step->value < 0 ? INT64_MAX : step->value * S))
                FAIL("step %d: next at %lld ns", i, (long long)next);
            break;
        case END:
            break;
        }
    }
}

#define HISTORY(...)                                                                               \
    struct supervise supervise;                                                                    \
    supervise_init(&supervise, &rules);                                                            \
    static const struct step steps[] = {__VA_ARGS__, {0, END, 0}};                                 \
    play(&supervise, steps)

#define NOTHING SUPERVISE_NOTHING
#define START SUPERVISE_START
#define ASK SUPERVISE_ASK
#define KILL SUPERVISE_KILL

TEST(nothing_is_started_unasked)
{
    HISTORY({0, TURN, NOTHING}, {0, NEXT, -1}, {5, WANT, 0}, {5, NEXT, 5}, {5, TURN, START},
            {5, TURN, NOTHING}, {5, STARTED, 0}, {6, TURN, NOTHING});
    CHECK(supervise.lost == NULL);
}

TEST(the_first_restart_comes_at_once_and_the_next_with_a_pause)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {100, ENDED, 0}, {100, TURN, NOTHING},
            {100, NEXT, 101}, {101, TURN, START}, {101, STARTED, 0}, {110, ENDED, 0},
            {139, TURN, NOTHING}, {140, TURN, START}, {140, STARTED, 0});
    CHECK_EQ_I64(supervise_restarts(&supervise, 140 * S), 2);
}

TEST(from_the_sixth_within_the_hour_slowly_and_never_giving_up)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, ENDED, 0},      /* 1 */
            {2, TURN, START}, {2, STARTED, 0}, {3, ENDED, 0}, {33, TURN, START}, /* 2 */
            {33, STARTED, 0}, {34, ENDED, 0}, {64, TURN, START},                 /* 3 */
            {64, STARTED, 0}, {65, ENDED, 0}, {95, TURN, START},                 /* 4 */
            {95, STARTED, 0}, {96, ENDED, 0}, {126, TURN, START},                /* 5 */
            {126, STARTED, 0}, {127, ENDED, 0}, {157, TURN, NOTHING},            /* 6 */
            {726, TURN, NOTHING}, {727, TURN, START}, {727, STARTED, 0}, {728, ENDED, 0},
            {1327, TURN, NOTHING}, {1328, TURN, START});
    int64_t now = 1328;
    for (int i = 0; i < 200; i++) { /* more than a day of them */
        supervise_started(&supervise, now * S);
        supervise_ended(&supervise, ++now * S);
        CHECK_EQ_I64(supervise_next_ns(&supervise), (now + 600) * S);
        now += 600;
        CHECK_EQ_I64(supervise_turn(&supervise, now * S), START);
    }
    CHECK(supervise.lost == NULL);
}

TEST(a_quiet_hour_forgets)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, ENDED, 0}, {2, TURN, START},
            {2, STARTED, 0}, {3, ENDED, 0}, {33, TURN, START}, {33, STARTED, 0}, {33, BEAT, 1},
            {3603, BEAT, 2}, {3604, ENDED, 0}, {3605, TURN, START});
    CHECK_EQ_I64(supervise_restarts(&supervise, 3605 * S), 1);
}

TEST(a_start_that_fails_counts_as_an_end)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, FAILED, 0}, {0, TURN, NOTHING}, {1, TURN, START},
            {1, FAILED, 0}, {30, TURN, NOTHING}, {31, TURN, START});
    CHECK_EQ_I64(supervise_restarts(&supervise, 31 * S), 2);
}

TEST(a_heartbeat_that_stands_still_is_a_hang)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, BEAT, 7}, {2, BEAT, 8},
            {10, BEAT, 8}, {21, TURN, NOTHING}, {21, NEXT, 22}, {22, TURN, KILL},
            {22, TURN, NOTHING});
    CHECK(supervise.hung);
    CHECK(supervise.lost == NULL);
    supervise_ended(&supervise, 23 * S);
    CHECK_EQ_I64(supervise_next_ns(&supervise), 24 * S);
}

TEST(a_start_has_its_grace_until_the_first_beat)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {59, TURN, NOTHING}, {59, NEXT, 60},
            {60, TURN, KILL}, {61, ENDED, 0}, {62, TURN, START}, {62, STARTED, 0}, {100, BEAT, 9},
            {119, TURN, NOTHING}, {120, TURN, KILL});
}

/* What the last process left on its page is no beat of the next: the first change counts, whatever stood there. */
TEST(a_beat_of_old_after_a_restart_is_one_beat_only)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, BEAT, 5}, {2, ENDED, 0},
            {3, TURN, START}, {3, STARTED, 0}, {4, BEAT, 5}, {20, BEAT, 5}, {23, TURN, NOTHING},
            {24, TURN, KILL});
}

TEST(three_hangs_within_the_hour_are_beyond_help)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, BEAT, 1}, {21, TURN, KILL},
            {22, ENDED, 0}, {23, TURN, START}, {23, STARTED, 0}, {24, BEAT, 2}, {44, TURN, KILL},
            {45, ENDED, 0}, {75, TURN, START}, {75, STARTED, 0}, {76, BEAT, 3});
    CHECK(supervise.lost == NULL);
    CHECK_EQ_I64(supervise_turn(&supervise, 96 * S), KILL);
    CHECK(supervise.lost != NULL);
}

TEST(hangs_an_hour_apart_are_not)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, BEAT, 1}, {21, TURN, KILL},
            {22, ENDED, 0}, {23, TURN, START}, {23, STARTED, 0}, {24, BEAT, 2}, {44, TURN, KILL},
            {45, ENDED, 0}, {75, TURN, START}, {75, STARTED, 0}, {3625, BEAT, 3},
            {3645, TURN, KILL});
    CHECK(supervise.lost == NULL);
}

TEST(a_kill_that_is_not_reaped_is_beyond_help)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, BEAT, 1}, {21, TURN, KILL},
            {30, TURN, NOTHING}, {30, NEXT, 31});
    CHECK(supervise.lost == NULL);
    CHECK_EQ_I64(supervise_turn(&supervise, 31 * S), NOTHING);
    CHECK(supervise.lost != NULL);
    CHECK_EQ_I64(supervise_next_ns(&supervise), INT64_MAX);
}

TEST(ends_alone_never_make_it_lost)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0});
    for (int64_t i = 1; i < 100; i++) {
        supervise_ended(&supervise, i * 1000 * S);
        CHECK_EQ_I64(supervise_turn(&supervise, (i * 1000 + 600) * S), START);
        supervise_started(&supervise, (i * 1000 + 600) * S);
    }
    CHECK(supervise.lost == NULL);
}

TEST(a_stop_asks_once_waits_and_then_kills)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, BEAT, 1}, {5, STOP, 0},
            {5, TURN, ASK}, {5, TURN, NOTHING}, {64, TURN, NOTHING}, {65, TURN, KILL},
            {66, ENDED, 0}, {1000, TURN, NOTHING}, {1000, NEXT, -1});
    CHECK(!supervise.hung);
    CHECK_EQ_I64(supervise.state, SUPERVISE_IDLE);
}

/* While it drains it publishes no beat: that is no hang. */
TEST(an_asked_one_does_not_hang)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, BEAT, 1}, {2, STOP, 0},
            {2, TURN, ASK}, {50, TURN, NOTHING}, {51, ENDED, 0}, {51, TURN, NOTHING});
    CHECK_EQ_I64(supervise.hangs, 0);
}

TEST(a_stop_between_two_starts_needs_no_asking)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, ENDED, 0}, {1, STOP, 0},
            {100, TURN, NOTHING}, {100, NEXT, -1});
}

TEST(a_stop_while_it_is_being_started_asks_afterwards)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STOP, 0}, {0, STARTED, 0}, {0, TURN, ASK},
            {1, ENDED, 0}, {50, TURN, NOTHING});
}

TEST(a_renewal_starts_again_at_once_and_is_not_counted)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {5, RENEW, 0}, {5, TURN, ASK},
            {6, ENDED, 0}, {6, TURN, START}, {6, STARTED, 0});
    CHECK_EQ_I64(supervise_restarts(&supervise, 6 * S), 0);
}

TEST(a_renewal_of_one_that_waits_shortens_its_wait)
{
    HISTORY({0, WANT, 0}, {0, TURN, START}, {0, STARTED, 0}, {1, ENDED, 0}, {2, TURN, START},
            {2, STARTED, 0}, {3, ENDED, 0}, {4, TURN, NOTHING}, {5, RENEW, 0}, {5, TURN, START});
}

TEST(a_renewal_of_what_is_not_wanted_does_nothing)
{
    HISTORY({0, RENEW, 0}, {0, TURN, NOTHING}, {0, NEXT, -1});
}

TEST(without_a_heartbeat_nothing_hangs)
{
    struct supervise_rules silent = rules;
    struct supervise supervise;
    silent.beats = false;
    supervise_init(&supervise, &silent);
    supervise_want(&supervise, 0);
    CHECK_EQ_I64(supervise_turn(&supervise, 0), START);
    supervise_started(&supervise, 0);
    CHECK_EQ_I64(supervise_turn(&supervise, 100000 * S), NOTHING);
    CHECK_EQ_I64(supervise_next_ns(&supervise), INT64_MAX);
}
