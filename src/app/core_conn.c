/* Connections of a source: open, lost, silent, and two at a time.

   Make before break: the wire opens a second connection (the shadow) beside the first. Venues that number their changes and whose bases
   are asked for feed both into the same book: what comes twice is old, and what the shadow brings ahead of the first is left to the
   first. Elsewhere a book follows the first connection until its snapshot (or, where there is none, a change it has) comes by the
   shadow, and the shadow from that frame on. Trades are told apart by
   their ids, like numbered changes. When the shadow has everything, the core asks for the first one to be dropped; its end is one row
   `planned`, and no book ever leaves the state proven. */
#include <string.h>

#include "app/core_parts.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"

enum { HEARTBEATS_MISSED = 5 /* so many of the venue's own beats may fail to come */ };

/* A symbol without trades tells nothing of its subscription: the shadow's messages are sent by then. */
#define SETTLED_NS (10 * TD_NS_PER_S)
/* After this the first connection goes, whatever has not moved. */
#define OVERLAP_MAX_NS (300 * TD_NS_PER_S)
#define DROP_AGAIN_NS (10 * TD_NS_PER_S)

static bool belongs(const struct core *core, unsigned index)
{
    return instruments_peek(core->instruments, index)->source == core->frame->source;
}

/* ---- one connection ------------------------------------------------------------------------------------------------ */

static void forget_overlap(struct core *core, struct core_source *source)
{
    source->shadow_up = source->shadow_spoke = false;
    source->drop_asked_ns = 0;
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (belongs(core, i))
            core->instrument[i].moved = core->instrument[i].trades_ahead =
                core->instrument[i].trades_moved = core->instrument[i].sync.twin = false;
}

/* The subscription brings snapshots; a base is fetched once the first deltas are held. A symbol in quarantine stays there. */
static void begin_instrument(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    int64_t now_ns = core_pace_ns(core);
    sync_reset(&in->sync, TD_BOOK_SYNCING);
    core_features_lost(core, index);
    core_count_book_time(core, index);
    in->heartbeat_trade_id = -1;
    in->want_resync = false;
    in->book_heard_ns = in->traded_ns = 0;
    if (in->resync_after_ns < now_ns)
        in->resync_after_ns = now_ns;
    if (in->hold != NULL)
        core_want_resync(core, index, now_ns + TD_NS_PER_S);
}

/* A connection that goes is no failure of the book: one that was proven may ask at once when the next one is up, and what was asked for in
   vain does not count; it keeps its pace, or a connection that comes and goes each second would ask each second. Only a book that failed
   before stays in quarantine. */
static void forgive(struct core_instrument *in)
{
    if (in->proven_ns != 0)
        in->fails = 0, in->resync_after_ns = 0;
    else if (in->fails > 0)
        in->fails--;
}

/* The channels of one instrument are lost with their connection. */
static void lose_instrument(struct core *core, unsigned index, bool trades, bool ticker,
                            const char *reason)
{
    struct ledger_note note = {
        .kind = TD_GAP_DISCONNECT, .action = TD_GAP_ACT_RECONNECT, .note = reason};
    forgive(&core->instrument[index]);
    if (core_has_channel(core, index, TD_CHANNEL_BOOK))
        core_book_lost(core, index, TD_BOOK_SYNCING, note.kind, note.action, reason);
    if (trades && core_has_channel(core, index, TD_CHANNEL_TRADES))
        ledger_open(core, index, TD_CHANNEL_TRADES, &note);
    if (ticker && core_has_channel(core, index, TD_CHANNEL_TICKER))
        ledger_open(core, index, TD_CHANNEL_TICKER, &note);
}

static void lose_all(struct core *core, const char *reason)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (belongs(core, i))
            lose_instrument(core, i, true, true, reason);
}

static void open_shadow(struct core *core, struct core_source *source)
{
    forget_overlap(core, source);
    source->shadow_up = true;
    source->shadow_conn = core->frame->conn;
    source->shadow_since_ns = source->shadow_heard_ns = core_pace_ns(core);
    memset(source->shadow_state, 0, sizeof source->shadow_state);
    for (unsigned i = 0; i < core->instrument_count; i++)
        core->instrument[i].sync.twin |= belongs(core, i);
}

void core_conn_open(struct core *core, struct core_source *source)
{
    if (source->up && core->frame->status == TD_OPEN_OVERLAP) {
        open_shadow(core, source);
        return;
    }
    if (source->up)
        lose_all(core, "a new connection, and no word of the end of the old one");
    forget_overlap(core, source);
    source->up = true;
    source->silent = false;
    source->conn = core->frame->conn;
    source->last_frame_ns = core->frame->recv_ns;
    source->heard_ns = core_pace_ns(core);
    source->next_ask_ns = 0;
    memset(source->state, 0, sizeof source->state);
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (belongs(core, i))
            begin_instrument(core, i);
    source->list_after_ns = core_pace_ns(core); /* asked for at once, and daily */
    core_ask_list_due(core, core->frame->source);
}

/* ---- two connections: who is heard ------------------------------------------------------------------------------------ */

void *core_conn_data(struct core *core, struct core_source *source)
{
    bool http = core->frame->kind == TD_FRAME_HTTP;
    core->from_shadow = source->shadow_up && !http && core->frame->conn == source->shadow_conn;
    if (core->from_shadow) {
        source->shadow_spoke = true;
        source->shadow_heard_ns = core_pace_ns(core);
        return source->shadow_state;
    }
    if (!http)
        source->heard_ns = core_pace_ns(core);
    return source->state;
}

/* What the shadow brings ahead of the first connection the first will bring too. Once the shadow's numbers join the book's they go on
   joining: each connection leaves nothing out. */
static bool takes_numbered(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    if (!core->from_shadow || event->kind == TD_EVENT_SNAPSHOT)
        return true;
    if (!in->sync.have_base || sync_ahead(&in->sync, event))
        return false;
    in->moved = true;
    return true;
}

bool core_conn_takes_book(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    if (sync_merges(&in->sync))
        return takes_numbered(core, event);
    if (core->from_shadow && !in->moved)
        in->moved = (event->kind == TD_EVENT_SNAPSHOT && !(event->flags & TD_EVF_CONTINUED)) ||
                    sync_passed(&in->sync, event);
    return in->moved == core->from_shadow || core->frame->kind == TD_FRAME_HTTP;
}

bool core_conn_takes_trade(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    bool numbered = event->trade.uid.at == NULL && event->trade.trade_id >= 0 &&
                    core_source_of(core, event->instrument)->params.venue->trade_id_plus1;
    if (!numbered)
        return core_conn_takes(core, event->instrument);
    if (!core->from_shadow || in->trades_moved)
        return true;
    in->trades_ahead = in->have_trade_id && event->trade.trade_id - 1 > in->last_trade_id;
    in->trades_moved = !in->trades_ahead;
    return in->trades_moved;
}

/* Where no book is recorded, the first message by the shadow moves the instrument. */
bool core_conn_takes(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    if (core->from_shadow && !core_has_channel(core, index, TD_CHANNEL_BOOK))
        in->moved = true;
    return in->moved == core->from_shadow;
}

uint32_t core_conn_of(const struct core *core, unsigned index)
{
    const struct core_source *source =
        &core->source[instruments_peek(core->instruments, index)->source];
    bool there = source->shadow_up && core->instrument[index].moved;
    return there ? source->shadow_conn : 0;
}

/* ---- the end of a connection ------------------------------------------------------------------------------------------ */

static void say_planned(struct core *core, const struct core_source *source, const char *reason)
{
    struct ledger_note note = {.kind = TD_GAP_PLANNED, .has_missed = true, .note = reason};
    ledger_span(core, LEDGER_SOURCE + (unsigned)(source - core->source), TD_CHANNEL_ALL,
                core->frame->recv_ns, core->frame->recv_ns, &note);
}

/* What did not move is lost as by any disconnect. The subscription may still bring its snapshot: asked for later only. */
static void leave_behind(struct core *core, unsigned index, bool planned, const char *reason)
{
    struct core_instrument *in = &core->instrument[index];
    bool behind = in->trades_ahead && !in->trades_moved;
    bool trades = planned ? behind : !in->trades_moved && !in->moved;
    struct ledger_note note = {
        .kind = TD_GAP_DISCONNECT, .action = TD_GAP_ACT_RECONNECT, .note = reason};
    if (!in->moved && (!planned || core_has_channel(core, index, TD_CHANNEL_BOOK))) {
        lose_instrument(core, index, trades, !planned, reason);
        core_want_resync(core, index,
                         core_pace_ns(core) + (in->hold != NULL ? TD_NS_PER_S : SETTLED_NS));
    } else if (trades && core_has_channel(core, index, TD_CHANNEL_TRADES)) {
        ledger_open(core, index, TD_CHANNEL_TRADES, &note);
    }
}

static void promote(struct core *core, struct core_source *source, const char *reason)
{
    bool planned = core->frame->status == TD_CLOSE_PLANNED;
    source->conn = source->shadow_conn;
    source->heard_ns = source->shadow_heard_ns;
    source->silent = false;
    memcpy(source->state, source->shadow_state, sizeof source->state);
    source->shadow_up = false;
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (belongs(core, i))
            leave_behind(core, i, planned, reason);
    if (planned)
        say_planned(core, source, reason);
    forget_overlap(core, source);
}

/* The first connection goes on. Books that followed the shadow have missed what the first brought since. */
static void lose_shadow(struct core *core, struct core_source *source, const char *reason)
{
    for (unsigned i = 0; i < core->instrument_count; i++) {
        struct core_instrument *in = &core->instrument[i];
        bool followed = belongs(core, i) && in->moved && !sync_merges(&in->sync);
        in->moved = belongs(core, i) ? false : in->moved;
        if (followed && core_has_channel(core, i, TD_CHANNEL_BOOK))
            core_book_lost(core, i, TD_BOOK_SYNCING, TD_GAP_DISCONNECT, TD_GAP_ACT_RESYNC, reason);
    }
    forget_overlap(core, source);
}

/* An attempt that never came up has a number that nobody knows: nothing was followed there. */
void core_conn_close(struct core *core, struct core_source *source)
{
    char reason[TD_TEXT_MAX];
    bool first = source->up && core->frame->conn == source->conn;
    bool shadow = source->up && source->shadow_up && core->frame->conn == source->shadow_conn;
    td_text_copy(reason, sizeof reason, core->frame->payload, core->frame->bytes);
    if (!first && !shadow)
        return;
    if (core->frame->status ==
        TD_CLOSE_BY_STOP) { /* one row `stop` of the whole device will say it */
        source->up = false;
        forget_overlap(core, source);
    } else if (shadow) {
        lose_shadow(core, source, reason);
    } else if (source->shadow_up) {
        promote(core, source, reason);
    } else {
        source->up = false;
        lose_all(core, reason);
    }
}

/* ---- once a second ---------------------------------------------------------------------------------------------------- */

/* A venue that promised to speak and does not: its books are stale now, and the connection is made anew. */
static void check_silence(struct core *core, uint16_t index)
{
    struct core_source *source = &core->source[index];
    int64_t limit_ns =
        HEARTBEATS_MISSED * (int64_t)source->params.venue->heartbeat_ms * TD_NS_PER_MS;
    if (!source->up || limit_ns == 0 || core_pace_ns(core) - source->heard_ns <= limit_ns)
        return;
    source->heard_ns = core_pace_ns(core); /* should the request be lost, it is made again */
    for (unsigned i = 0; i < core->instrument_count && !source->silent; i++)
        if (instruments_peek(core->instruments, i)->source == index &&
            !(source->shadow_up && core->instrument[i].moved))
            core_book_lost(core, i, TD_BOOK_STALE, TD_GAP_SILENT, TD_GAP_ACT_RECONNECT,
                           "no heartbeat from the venue");
    source->silent = true;
    core_ask_reconnect(core, index);
}

/* A book that has no base on the first connection loses nothing by its end. */
static bool has_moved(const struct core *core, unsigned index, bool settled)
{
    const struct core_instrument *in = &core->instrument[index];
    if (core_has_channel(core, index, TD_CHANNEL_BOOK) && in->sync.have_base && !in->moved)
        return false;
    if (!core_has_channel(core, index, TD_CHANNEL_TRADES) || in->trades_moved)
        return true;
    return settled && !in->trades_ahead;
}

static bool all_moved(const struct core *core, uint16_t index, bool settled)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source == index && !has_moved(core, i, settled))
            return false;
    return true;
}

static void check_overlap(struct core *core, uint16_t index)
{
    struct core_source *source = &core->source[index];
    int64_t now_ns = core_pace_ns(core), age_ns = now_ns - source->shadow_since_ns;
    bool late = age_ns > OVERLAP_MAX_NS;
    if (!source->shadow_up ||
        (source->drop_asked_ns != 0 && now_ns - source->drop_asked_ns < DROP_AGAIN_NS))
        return;
    if (!late && !(source->shadow_spoke && all_moved(core, index, age_ns > SETTLED_NS)))
        return;
    if (late && source->drop_asked_ns == 0)
        TD_WARN("core", "source=%s event=overlap_late next=\"the old connection goes anyway\"",
                source->params.venue->name);
    source->drop_asked_ns = now_ns;
    core_ask_drop(core, index, source->conn);
}

void core_conn_tick(struct core *core, uint16_t source)
{
    check_silence(core, source);
    check_overlap(core, source);
}
