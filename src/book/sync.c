#include "book/sync.h"

#include "base/state.h"

/* ---- the state of one book --------------------------------------------------------------- */

void sync_init(struct sync *sync, enum sync_rule rule, bool holds)
{
    *sync = (struct sync){.rule = (uint8_t)rule, .state = TD_BOOK_SYNCING, .holds = holds};
}

void sync_reset(struct sync *sync, enum td_book_state state)
{
    sync->state = (uint8_t)state;
    sync->have_base = sync->joined = false;
    sync->seq_last = sync->seq_floor = 0;
    sync->crossed_frames = 0;
    sync->old_run = 0;
}

/* The base no longer stands for anything: only a new one mends it. Deltas until then are no fresh
 * breaks. */
static void sync_break(struct sync *sync)
{
    sync->seq_broken = sync->seq_last;
    sync_reset(sync, TD_BOOK_BROKEN);
    sync->resyncs++;
}

static void base_taken(struct sync *sync, const struct td_event *event, enum td_book_state state)
{
    sync->have_base = true;
    sync->joined = false;
    sync->seq_last = event->seq_last;
    sync->crossed_frames = 0;
    sync->old_run = 0;
    /* A large snapshot comes in pieces of one frame that was read to its last byte before: all its rows bear the state after
       the frame. Only a checksum is still to be asked at its end. */
    bool to_be_asked = event->flags & TD_EVF_CONTINUES && sync->rule == SYNC_SUM;
    sync->state = (uint8_t)(to_be_asked ? TD_BOOK_SYNCING : state);
}

/* The rule knows whether one event of a book follows another. */
static bool links(const struct sync *sync)
{
    return sync->rule == SYNC_RANGE || sync->rule == SYNC_PREV || sync->rule == SYNC_BOOK1;
}

bool sync_merges(const struct sync *sync)
{
    return sync->holds && links(sync);
}

/* A base that was asked for may have been overtaken by the deltas already applied: it would set the book back. One of the stream
   itself is never old. */
static bool is_overtaken(const struct sync *sync, const struct td_event *event)
{
    bool numbered = sync->rule == SYNC_RANGE || event->flags & TD_EVF_HAS_SEQ;
    if (!sync->holds || !numbered)
        return false;
    if (!sync->have_base)
        return !links(sync) && sync->seq_floor != 0 && event->seq_last < sync->seq_floor;
    return sync->joined ? event->seq_last <= sync->seq_last : event->seq_last < sync->seq_last;
}

static enum sync_verdict judge_snapshot(struct sync *sync, const struct td_event *event)
{
    if (is_overtaken(sync, event))
        return SYNC_DROP_OLD;
    base_taken(sync, event, sync_merges(sync) ? TD_BOOK_SYNCING : TD_BOOK_PROVEN);
    return SYNC_APPLY;
}

/* The event follows: numbers go on from its last one, and a joined base is proven. */
static enum sync_verdict follow(struct sync *sync, const struct td_event *event)
{
    sync->joined = true;
    sync->seq_last = event->seq_last;
    sync->old_run = 0;
    if (sync->state == TD_BOOK_SYNCING)
        sync->state = TD_BOOK_PROVEN;
    return SYNC_APPLY;
}

static enum sync_verdict hole(struct sync *sync)
{
    sync_break(sync);
    return SYNC_HOLE;
}

enum { OLD_RUN_MAX = 3, OLD_FAR = 1 << 20 };

/* Before the join, held deltas and slow bases make old ones by nature. */
static enum sync_verdict old(struct sync *sync, const struct td_event *event)
{
    if (!sync->joined || sync->twin)
        return SYNC_DROP_OLD;
    int64_t back;
    bool far = __builtin_sub_overflow(sync->seq_last, event->seq_last, &back) || back > OLD_FAR ||
               event->seq_last <= 0;
    return far || ++sync->old_run > OLD_RUN_MAX ? hole(sync) : SYNC_DROP_OLD;
}

/* U..u covers the next number. The same test joins a base (U <= L + 1 <= u) and links two deltas;
   one that reaches back over what is applied already loses nothing, since sizes are absolute. */
static enum sync_verdict judge_range(struct sync *sync, const struct td_event *event)
{
    if (event->seq_last <= sync->seq_last)
        return old(sync, event);
    if (event->seq_first > sync->seq_last && event->seq_first - 1 > sync->seq_last)
        return hole(sync);
    return follow(sync, event);
}

/* The first delta after a base may also reach over it: bases that were asked for stand somewhere between two deltas, and between one's
   predecessor and its own end nothing else happened. Sizes are absolute, so what is applied twice does no harm. */
static bool reaches_over(const struct sync *sync, const struct td_event *event)
{
    int64_t from = sync->holds ? event->seq_prev : event->seq_first;
    bool may = !sync->joined || (sync->twin && sync->holds && event->seq_last > sync->seq_last);
    return may && from > 0 && from <= sync->seq_last && sync->seq_last <= event->seq_last;
}

static enum sync_verdict judge_prev(struct sync *sync, const struct td_event *event)
{
    if (event->seq_prev == sync->seq_last || reaches_over(sync, event))
        return follow(sync, event);
    return event->seq_last <= sync->seq_last ? old(sync, event) : hole(sync);
}

static enum sync_verdict judge_next(struct sync *sync, const struct td_event *event)
{
    if (event->seq_last <= sync->seq_last)
        return old(sync, event);
    return event->seq_last - 1 == sync->seq_last ? follow(sync, event) : hole(sync);
}

/* Times or other numbers that rise but prove no hole: what is not newer than the base is in it. Two changes may bear the same one, and
   only where a repeat is to be expected is the second taken for that. */
static enum sync_verdict judge_rising(struct sync *sync, const struct td_event *event)
{
    bool repeats = !sync->joined || sync->twin;
    if (event->seq_last < sync->seq_last || (repeats && event->seq_last == sync->seq_last))
        return old(sync, event);
    return follow(sync, event);
}

/* Does the rule read numbers, and has this event one? A base without a number is joined by the
 * first delta that has one. */
static bool is_numbered(const struct sync *sync, const struct td_event *event)
{
    if (!links(sync) && !(sync->holds && sync->rule == SYNC_NONE))
        return false;
    return sync->rule == SYNC_RANGE || event->flags & TD_EVF_HAS_SEQ;
}

bool sync_passed(const struct sync *sync, const struct td_event *event)
{
    return sync->have_base && is_numbered(sync, event) && event->seq_last <= sync->seq_last;
}

static enum sync_verdict judge_delta(struct sync *sync, const struct td_event *event)
{
    if (!sync->have_base)
        return sync->holds ? SYNC_HOLD : SYNC_APPLY;
    if (!is_numbered(sync, event)) {
        sync->state =
            TD_BOOK_PROVEN; /* the snapshot is whole: its last part may have come unjudged */
        return SYNC_APPLY;
    }
    switch (sync->rule) {
    case SYNC_RANGE:
        return judge_range(sync, event);
    case SYNC_PREV:
        return judge_prev(sync, event);
    case SYNC_BOOK1:
        return judge_next(sync, event);
    default:
        return judge_rising(sync, event);
    }
}

/* The rest of an event whose first part was judged already: it goes where that went. */
static enum sync_verdict judge_rest(struct sync *sync, const struct td_event *event)
{
    bool snapshot = event->kind == TD_EVENT_SNAPSHOT;

    if (!sync->have_base)
        return sync->holds ? SYNC_HOLD : SYNC_APPLY;
    if (is_numbered(sync, event) && (event->seq_last != sync->seq_last || sync->joined == snapshot))
        return SYNC_DROP_OLD;
    if (snapshot && !sync_merges(sync) && !(event->flags & TD_EVF_CONTINUES))
        sync->state = TD_BOOK_PROVEN;
    return SYNC_APPLY;
}

enum sync_verdict sync_judge(struct sync *sync, const struct td_event *event)
{
    if (event->flags & TD_EVF_CONTINUED)
        return judge_rest(sync, event);
    return event->kind == TD_EVENT_SNAPSHOT ? judge_snapshot(sync, event)
                                            : judge_delta(sync, event);
}

bool sync_ahead(const struct sync *sync, const struct td_event *event)
{
    struct sync trial = *sync;
    trial.twin = true;
    return sync_judge(&trial, event) == SYNC_HOLE;
}

bool sync_checksum_failed(struct sync *sync)
{
    if (!sync->have_base)
        return false;
    sync_break(sync);
    return true;
}

/* One frame may leave a book crossed: venues send the two sides of a move one after the other. */
bool sync_crossed(struct sync *sync, bool crossed)
{
    sync->crossed_frames = crossed ? sync->crossed_frames + 1 : 0;
    if (sync->crossed_frames < 2 || !sync->have_base)
        return false;
    sync_break(sync);
    return true;
}

void sync_state(struct sync *sync, struct td_state *state)
{
    td_state_u8(state, &sync->state);
    if (sync->state > TD_BOOK_BROKEN)
        state->failed = true;
    td_state_bool(state, &sync->have_base);
    td_state_bool(state, &sync->joined);
    td_state_i64(state, &sync->seq_last);
    td_state_i64(state, &sync->seq_broken);
    td_state_i64(state, &sync->seq_floor);
    td_state_u32(state, &sync->crossed_frames);
    td_state_u64(state, &sync->resyncs);
    td_state_u32(state, &sync->old_run);
    td_state_bool(state, &sync->twin);
}
