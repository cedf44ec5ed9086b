#include "book/sync_conn.h"

#include <string.h>

#include "base/err.h"
#include "base/state.h"

/* No venue repeats what it said so long ago: its numbers began anew. The same after several repeats in a row, or all that it says from
   then on would be taken for old. */
enum { FAR_BACK = 1024, ANEW_BACK = 8, REPEATS_MAX = 3 };

void sync_conn_begin(struct sync_conn *conn)
{
    memset(conn, 0, sizeof *conn);
}

static int64_t one_more(int64_t number)
{
    return number < INT64_MAX ? number + 1 : number;
}

static void begin_at(struct sync_conn *conn, int64_t number)
{
    sync_conn_begin(conn);
    conn->begun = true;
    conn->first = number;
    conn->next = one_more(number);
}

/* False: it came already. */
static bool mark_ahead(struct sync_conn *conn, uint64_t distance)
{
    uint64_t bit = UINT64_C(1) << (distance - 1) % 64, *word = &conn->ahead[(distance - 1) / 64];
    bool came = *word & bit;
    *word |= bit;
    return !came;
}

/* `next` is one more; true when that one came already. */
static bool advance(struct sync_conn *conn)
{
    bool came = conn->ahead[0] & 1;
    conn->next = one_more(conn->next);
    for (unsigned i = 0; i < SYNC_CONN_AHEAD_WORDS; i++) {
        uint64_t above = i + 1 < SYNC_CONN_AHEAD_WORDS ? conn->ahead[i + 1] : 0;
        conn->ahead[i] = conn->ahead[i] >> 1 | above << 63;
    }
    return came;
}

static int64_t missing_below(const struct sync_conn *conn, int64_t number)
{
    uint64_t missed = (uint64_t)number - (uint64_t)conn->next;
    for (unsigned i = 0; i < SYNC_CONN_AHEAD_WORDS; i++)
        missed -= (uint64_t)__builtin_popcountll(conn->ahead[i]);
    return missed < INT64_MAX ? (int64_t)missed : INT64_MAX;
}

static enum sync_conn_verdict hole(struct sync_conn *conn, int64_t number, int64_t missed,
                                   struct sync_conn_hole *out)
{
    *out = (struct sync_conn_hole){.after = conn->next - 1, .at = number, .missed = missed};
    begin_at(conn, number);
    return SYNC_CONN_HOLE;
}

static enum sync_conn_verdict repeat(struct sync_conn *conn, int64_t number,
                                     struct sync_conn_hole *out)
{
    return ++conn->repeats > REPEATS_MAX ? hole(conn, number, -1, out) : SYNC_CONN_REPEAT;
}

/* A number below what must come next. */
static enum sync_conn_verdict judge_back(struct sync_conn *conn, int64_t number, unsigned slack,
                                         struct sync_conn_hole *out)
{
    uint64_t back = (uint64_t)conn->next - (uint64_t)number;
    bool before_first = number < conn->first;
    if (before_first && (uint64_t)conn->first - (uint64_t)number <= slack)
        return SYNC_CONN_NEW; /* a late one, of before we listened */
    if (back > FAR_BACK || (number <= 1 && back > slack + ANEW_BACK))
        return hole(conn, number, -1, out);
    return repeat(conn, number, out);
}

enum sync_conn_verdict sync_conn_judge(struct sync_conn *conn, int64_t number, unsigned slack,
                                       struct sync_conn_hole *out)
{
    TD_ASSERT(slack <= SYNC_CONN_SLACK_MAX, "the map holds what is ahead");
    if (!conn->begun) {
        begin_at(conn, number);
        return SYNC_CONN_NEW;
    }
    if (number < conn->next)
        return judge_back(conn, number, slack, out);
    uint64_t distance = (uint64_t)number - (uint64_t)conn->next;
    if (distance > slack)
        return hole(conn, number, missing_below(conn, number), out);
    if (distance > 0 && !mark_ahead(conn, distance))
        return repeat(conn, number, out);
    conn->repeats = 0;
    while (distance == 0 && advance(conn))
        ;
    return SYNC_CONN_NEW;
}

void sync_conn_state(struct sync_conn *conn, struct td_state *state)
{
    td_state_bool(state, &conn->begun);
    td_state_i64(state, &conn->first);
    td_state_i64(state, &conn->next);
    for (unsigned i = 0; i < SYNC_CONN_AHEAD_WORDS; i++)
        td_state_u64(state, &conn->ahead[i]);
    td_state_u32(state, &conn->repeats);
}
