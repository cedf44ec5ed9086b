/* Books inside the core: judge an event, apply it, prove it, write its rows. */
#include <string.h>

#include "app/core_parts.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/metrics.h"
#include "book/checksum.h"

/* Levels that left a book of fixed depth in this event; one event can push out at most what it brings. */
struct pruned {
    uint32_t count;
    struct td_level level[TD_BATCH_LEVELS_MAX];
};

static uint32_t depth_of(const struct core *core, const struct venue *venue)
{
    /* What a checksum covers must be kept. */
    static const uint8_t covered[] = {[VENUE_CHECKSUM_NONE] = 0,
                                      [VENUE_CHECKSUM_KRAKEN] = CHECKSUM_KRAKEN_DEPTH,
                                      [VENUE_CHECKSUM_OKX] = CHECKSUM_PAIRS_DEPTH,
                                      [VENUE_CHECKSUM_BITFINEX] = CHECKSUM_PAIRS_DEPTH};
    uint32_t user = core->params.max_depth, feed = venue->book_depth;
    if (user != 0 && user < covered[venue->checksum])
        user = covered[venue->checksum];
    if (user == 0 || (feed != 0 && feed < user))
        return feed;
    return user;
}

/* Levels into the book. False when the book's memory is full. */
static bool apply_levels(struct core_instrument *in, const struct core_change_set *set)
{
    int64_t was;
    bool snapshot = set->event->kind == TD_EVENT_SNAPSHOT;
    for (uint32_t i = 0; i < set->event->level_count; i++) {
        const struct td_level *level = &set->level[i];
        if (snapshot && level->size_steps <= 0)
            continue;
        int change =
            book_set_was(in->book, level->side, level->price_steps, level->size_steps, &was);
        if (change < 0)
            return false;
        if (!snapshot)
            core_features_level(in, level->side, level->price_steps, was, level->size_steps);
        if (change == BOOK_UNKNOWN_DELETE)
            td_metric_add(TD_M_book_unknown_deletes, 1);
    }
    in->changes += set->event->level_count;
    return true;
}

static void prune_side(struct core_instrument *in, uint8_t side, uint32_t depth,
                       struct pruned *pruned)
{
    struct td_level level = {.side = side};
    while (pruned->count < TD_BATCH_LEVELS_MAX &&
           book_beyond(in->book, side, depth, &level.price_steps, &level.size_steps)) {
        book_set(in->book, side, level.price_steps, 0);
        core_features_level(in, side, level.price_steps, level.size_steps, 0);
        level.size_steps = 0;
        pruned->level[pruned->count++] = level;
    }
}

void core_level_row(struct core *core, unsigned index, const struct td_level *level, uint8_t flags)
{
    struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_at(core->instruments, index);
    int stream = in->stream[ROW_BOOK];
    in->today.rows[TD_CHANNEL_BOOK]++;
    struct row_book *row = groups_append(core->groups, stream);
    row->price = td_steps_to_double(level->price_steps, instrument->price_scale);
    row->size = td_steps_to_double(level->size_steps, instrument->size_scale);
    row->side = level->side;
    row->flags = flags;
    row->state = in->sync.state;
    if (__builtin_expect(core_needs_text(level->price_steps) || core_needs_text(level->size_steps),
                         0)) {
        in->text_carried = true;
        row->price_text = core_big_text(core, stream, level->price_steps, instrument->price_scale);
        row->size_text = core_big_text(core, stream, level->size_steps, instrument->size_scale);
    }
    in->price_bits |= core_bits(level->price_steps);
    in->size_bits |= core_bits(level->size_steps);
    in->written_state = in->sync.state;
}

void core_marker_row(struct core *core, unsigned index, uint8_t flags)
{
    struct td_level none = {.side = TD_SIDE_BID};
    if (core_sheds(core, TD_SHED_BOOK))
        return;
    core_level_row(core, index, &none, flags | TD_ROW_MARKER | TD_ROW_LAST);
    td_metric_add(TD_M_rows_book, 1);
}

/* Rows of the wire's entries, and of the levels they pushed out. */
static void write_entries(struct core *core, unsigned index, const struct core_change_set *set,
                          const struct pruned *pruned)
{
    const struct td_event *event = set->event;
    bool snapshot = event->kind == TD_EVENT_SNAPSHOT;
    uint32_t wanted = 0, rows = 0;
    for (uint32_t i = 0; snapshot && i < event->level_count; i++)
        wanted += set->level[i].size_steps > 0;
    if (!snapshot)
        wanted = event->level_count;
    bool more = event->flags & TD_EVF_CONTINUES;
    uint32_t last = more ? UINT32_MAX : wanted + pruned->count;
    uint8_t clear = set->clear ? TD_ROW_CLEAR : 0;
    groups_head(core->groups, core->instrument[index].stream[ROW_BOOK], &set->head);
    for (uint32_t i = 0; i < event->level_count; i++) {
        if (snapshot && set->level[i].size_steps <= 0)
            continue;
        rows++;
        core_level_row(core, index, &set->level[i],
                       set->flags | clear | (rows == last ? TD_ROW_LAST : 0));
        clear = 0;
    }
    for (uint32_t i = 0; i < pruned->count; i++) {
        rows++;
        core_level_row(core, index, &pruned->level[i],
                       TD_ROW_IMPLIED | (set->flags & (TD_ROW_NO_EVENT_TIME | TD_ROW_TIME_BACK)) |
                           (rows == last ? TD_ROW_LAST : 0));
    }
    td_metric_add(TD_M_rows_book, rows);
    if (rows == 0 && clear != 0 && !more)
        core_marker_row(core, index, set->flags | clear);
    else if (rows == 0 && !more &&
             core->instrument[index].written_state != core->instrument[index].sync.state)
        core_marker_row(core, index, set->flags);
}

static void write_rows(struct core *core, unsigned index, const struct core_change_set *set,
                       const struct pruned *pruned)
{
    if (core_sheds(core, TD_SHED_BOOK))
        return;
    if (core_sheds(core, TD_SHED_DEPTH))
        core_best_rows(core, index, set);
    else
        write_entries(core, index, set, pruned);
}

/* An event whose sizes are all zero does not show how many decimals the venue prints: the most that were seen since the image do. */
static void keep_decimals(struct core_instrument *in, const struct td_event *event)
{
    bool anew = event->kind == TD_EVENT_SNAPSHOT && !(event->flags & TD_EVF_CONTINUED);
    if (anew || event->price_decimals > in->price_decimals)
        in->price_decimals = event->price_decimals;
    if (anew || event->size_decimals > in->size_decimals)
        in->size_decimals = event->size_decimals;
}

static uint32_t checksum_of(const struct core *core, unsigned index, const struct td_event *event)
{
    const struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    int price_scale = instrument->price_scale, size_scale = instrument->size_scale;
    switch (in->venue->checksum) {
    case VENUE_CHECKSUM_OKX:
        return book_checksum_okx(in->book, price_scale, size_scale, in->price_decimals,
                                 in->size_decimals);
    case VENUE_CHECKSUM_BITFINEX:
        return book_checksum_bitfinex(in->book, price_scale, size_scale);
    default:
        return book_checksum_kraken(in->book, price_scale, size_scale, event->price_decimals,
                                    event->size_decimals);
    }
}

/* Where a sum alone proves the book a change needs one; an image stands for itself. Elsewhere it is checked where it comes. */
static bool checksum_holds(struct core *core, unsigned index, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[index];
    if (in->venue->checksum == VENUE_CHECKSUM_NONE)
        return true;
    keep_decimals(in, event);
    if (event->flags & TD_EVF_CONTINUES)
        return true;
    if (!(event->flags & TD_EVF_HAS_CHECKSUM))
        return event->kind == TD_EVENT_SNAPSHOT || in->sync.rule != SYNC_SUM;
    return checksum_of(core, index, event) == event->checksum;
}

/* Why the book is not to be believed after this event, or TD_GAP_KINDS when it is. */
static enum td_gap_kind prove(struct core *core, unsigned index, const struct td_event *event,
                              bool full)
{
    struct core_instrument *in = &core->instrument[index];
    if (full) {
        sync_reset(&in->sync, TD_BOOK_BROKEN);
        return TD_GAP_OVERFLOW;
    }
    if (!checksum_holds(core, index, event))
        return sync_checksum_failed(&in->sync) ? TD_GAP_CHECKSUM : TD_GAP_KINDS;
    if (event->flags & TD_EVF_CONTINUES ||
        !core_source_of(core, index)->params.venue->crossed_is_error)
        return TD_GAP_KINDS;
    bool crossed = book_crossed(in->book);
    if (crossed)
        td_metric_add(TD_M_book_crossed, 1);
    /* An image is of one moment: nothing that follows can excuse it. An HTTP base is judged with the first change that joins it. */
    if (crossed && event->kind == TD_EVENT_SNAPSHOT && in->hold == NULL)
        in->sync.crossed_frames = 1;
    return sync_crossed(&in->sync, crossed) ? TD_GAP_CROSSED : TD_GAP_KINDS;
}

static void broke(struct core *core, unsigned index, const struct td_event *event,
                  enum td_gap_kind kind)
{
    struct core_instrument *in = &core->instrument[index];
    struct ledger_note note = {.kind = kind,
                               .action = TD_GAP_ACT_RESYNC,
                               .has_seq = kind == TD_GAP_SEQUENCE && event->flags & TD_EVF_HAS_SEQ,
                               .seq_from = in->sync.seq_broken,
                               .seq_to =
                                   in->sync.rule == SYNC_RANGE ? event->seq_first : event->seq_last,
                               .note = kind == TD_GAP_OVERFLOW ? "book memory is full" : NULL};
    core->bucket = TD_BUCKET_GAP;
    ledger_open(core, index, TD_CHANNEL_BOOK, &note);
    core_watch_lost(core, index);
    core_features_lost(core, index);
    if (kind != TD_GAP_OVERFLOW)
        core_watch_failed(core, index, kind);
    td_metric_add(TD_M_book_resyncs, 1);
    core_want_resync(core, index, 0);
}

static void apply(struct core *core, unsigned index, struct core_change_set *set)
{
    static struct pruned pruned; /* core thread only; too large for the stack */
    struct core_instrument *in = &core->instrument[index];
    const struct td_event *event = set->event;
    uint32_t depth = depth_of(core, core_source_of(core, index)->params.venue);
    if (core_sheds(core, TD_SHED_DEPTH))
        core_best_before(core, index);
    if (set->clear)
        book_clear(in->book);
    bool full = !apply_levels(in, set);
    if (event->kind == TD_EVENT_SNAPSHOT && !(event->flags & TD_EVF_CONTINUES))
        book_settle(in->book);
    pruned.count = 0;
    if (depth != 0) {
        prune_side(in, TD_SIDE_BID, depth, &pruned);
        prune_side(in, TD_SIDE_ASK, depth, &pruned);
    }
    enum td_gap_kind kind = prove(core, index, event, full);
    write_rows(core, index, set, &pruned);
    if (kind != TD_GAP_KINDS)
        broke(core, index, event, kind);
    core_features_applied(core, index, set);
    if (in->sync.state != TD_BOOK_PROVEN)
        return;
    struct ledger_note good = {.action = TD_GAP_ACT_RESYNC};
    ledger_close(core, index, TD_CHANNEL_BOOK, &good);
    if (in->proven_ns == 0)
        core_watch_proven(core, index);
    in->last_good_ns[TD_CHANNEL_BOOK] = core->frame->recv_ns;
}

static uint8_t time_flags(struct core_instrument *in, const struct td_event *event)
{
    if (event->flags & TD_EVF_NO_EVENT_TIME)
        return TD_ROW_NO_EVENT_TIME;
    if (event->event_ns < in->last_event_ns[TD_CHANNEL_BOOK]) {
        td_metric_add(TD_M_ts_regressions, 1);
        return TD_ROW_TIME_BACK;
    }
    in->last_event_ns[TD_CHANNEL_BOOK] = event->event_ns;
    return 0;
}

static void hold(struct core *core, unsigned index, const struct td_event *event,
                 const struct td_level *levels)
{
    struct core_instrument *in = &core->instrument[index];
    struct sync_held held = {.frame = core->frame->number,
                             .recv_ns = core->frame->recv_ns,
                             .event_ns = event->event_ns,
                             .seq_first = event->seq_first,
                             .seq_last = event->seq_last,
                             .seq_prev = event->seq_prev,
                             .conn = core->frame->conn,
                             .level_count = event->level_count,
                             .origin = core->frame->origin,
                             .flags = event->flags};
    TD_ASSERT(in->hold != NULL, "a book without a hold was told to hold");
    const struct sync_held *newest = sync_hold_newest(in->hold);
    if (newest != NULL && sync_merges(&in->sync) && held.seq_last < newest->seq_last)
        sync_hold_clear(in->hold); /* no base would ever reach a number that is not the venue's */
    sync_hold_push(in->hold, &held, levels);
}

static void hole(struct core *core, unsigned index, const struct td_event *event,
                 const struct td_level *levels)
{
    struct core_instrument *in = &core->instrument[index];
    broke(core, index, event, TD_GAP_SEQUENCE);
    if (in->hold != NULL) { /* the delta belongs behind the next base */
        sync_reset(&in->sync, TD_BOOK_BROKEN);
        hold(core, index, event, levels);
        core_head(core, in->stream[ROW_BOOK], event->event_ns, event->flags & TD_EVF_HAS_SEQ,
                  event->seq_last);
        if (in->written_state != in->sync.state)
            core_marker_row(core, index, 0);
    }
}

/* Deltas that waited for the base, in order, each under its own frame's head. */
static void drain_held(struct core *core, unsigned index)
{
    static struct td_level levels[TD_BATCH_LEVELS_MAX]; /* core thread only */
    struct core_instrument *in = &core->instrument[index];
    const struct sync_held *held;
    while (in->sync.have_base && (held = sync_hold_peek(in->hold)) != NULL) {
        struct td_event event = {.kind = TD_EVENT_DELTA,
                                 .flags = held->flags,
                                 .instrument = (uint16_t)index,
                                 .event_ns = held->event_ns,
                                 .seq_first = held->seq_first,
                                 .seq_last = held->seq_last,
                                 .seq_prev = held->seq_prev,
                                 .level_count = held->level_count};
        struct row_head head = {held->frame,
                                held->recv_ns,
                                held->event_ns,
                                held->seq_last,
                                held->conn,
                                held->origin,
                                held->flags & TD_EVF_HAS_SEQ ? 1 : 0};
        for (uint32_t i = 0; i < held->level_count; i++)
            levels[i] = sync_hold_level(in->hold, held, i);
        enum sync_verdict verdict = sync_judge(&in->sync, &event);
        if (verdict == SYNC_HOLE) { /* the base is older than what is held: a newer one is needed */
            broke(core, index, &event, TD_GAP_SEQUENCE);
            sync_reset(&in->sync, TD_BOOK_BROKEN);
            groups_head(core->groups, in->stream[ROW_BOOK], &head);
            core_marker_row(core, index, 0);
            return;
        }
        if (verdict == SYNC_APPLY) {
            struct core_change_set set = {
                .event = &event, .level = levels, .flags = time_flags(in, &event), .head = head};
            apply(core, index, &set);
        }
        sync_hold_pop(in->hold);
    }
}

void core_book_event(struct core *core, const struct td_event *event, const struct td_level *levels)
{
    unsigned index = event->instrument;
    struct core_instrument *in = &core->instrument[index];
    const struct td_frame *frame = core->frame;
    if (!core_conn_takes_book(core, event)) {
        core->bucket = TD_BUCKET_STALE;
        return;
    }
    in->today.frames[TD_CHANNEL_BOOK] += !(event->flags & TD_EVF_CONTINUED);
    core_watch_book(core, index);
    enum sync_verdict verdict = sync_judge(&in->sync, event);
    bool holds = in->hold != NULL;
    if (verdict == SYNC_DROP_OLD) {
        core->bucket = TD_BUCKET_STALE;
        if (!in->sync.have_base) /* a base too old to begin with */
            core_want_resync(core, index, core_pace_ns(core) + 10 * TD_NS_PER_S);
    }
    if (verdict == SYNC_HOLD) {
        core->bucket = TD_BUCKET_PARTIAL;
        hold(core, index, event, levels);
    }
    if (verdict == SYNC_HOLE)
        hole(core, index, event, levels);
    if (verdict != SYNC_APPLY && !(verdict == SYNC_HOLE && !holds))
        return;
    bool snapshot = event->kind == TD_EVENT_SNAPSHOT;
    struct core_change_set set = {
        .event = event,
        .level = levels,
        .clear = snapshot && !(event->flags & TD_EVF_CONTINUED),
        .flags = (uint8_t)((snapshot ? TD_ROW_SNAPSHOT : 0) | time_flags(in, event)),
        .head = {frame->number, frame->recv_ns, event->event_ns, event->seq_last, frame->conn,
                 frame->origin, event->flags & TD_EVF_HAS_SEQ ? 1 : 0}};
    apply(core, index, &set);
    if (snapshot && holds && in->sync.have_base && !(event->flags & TD_EVF_CONTINUES))
        drain_held(core, index);
    if (in->sync.state != in->counted_state)
        core_count_book_time(core, index);
}

/* The book can no longer be followed, for a reason outside its own stream. */
void core_book_lost(struct core *core, unsigned index, enum td_book_state state,
                    enum td_gap_kind kind, enum td_gap_action action, const char *text)
{
    struct core_instrument *in = &core->instrument[index];
    struct ledger_note note = {.kind = kind, .action = action, .note = text};
    if (kind == TD_GAP_PLANNED) /* what it held until now stands */
        ledger_open_now(core, index, TD_CHANNEL_BOOK, &note);
    else
        ledger_open(core, index, TD_CHANNEL_BOOK, &note);
    sync_reset(&in->sync, state);
    core_watch_lost(core, index);
    core_features_lost(core, index);
    if (action != TD_GAP_ACT_RESYNC)
        in->book_heard_ns = in->traded_ns = 0; /* a pause without a connection is no habit */
    if (in->hold != NULL)
        sync_hold_clear(in->hold);
    if (in->written_state != in->sync.state) {
        core_head(core, in->stream[ROW_BOOK], core->frame->recv_ns, false, 0);
        core_marker_row(core, index, TD_ROW_NO_EVENT_TIME);
    }
    td_metric_add(TD_M_book_resyncs, 1);
    if (action == TD_GAP_ACT_RESYNC) {
        in->sync.resyncs++;
        core_want_resync(core, index, 0);
    }
}

/* The receive hour changed: rows of held deltas would belong to a closed hour. Books that are syncing start over. */
void core_book_forget_held(struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++) {
        struct core_instrument *in = &core->instrument[i];
        if (in->hold == NULL || sync_hold_peek(in->hold) == NULL)
            continue;
        sync_hold_clear(in->hold);
        core_want_resync(core, i, 0);
    }
}
