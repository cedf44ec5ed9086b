/* Make before break: a connection that grows old, or that the venue says it will close, has its successor beside it before it goes: the
   wire opens a second connection (the shadow) beside the first of a line. Venues that number the changes of a book
   feed both into the same book: what comes twice is old, and what the shadow brings ahead of the first is left to the first. Elsewhere a
   book follows the first connection until its snapshot (or, where changes bear a time, one that the book has) comes by the shadow, and the
   shadow alone from that frame on. Trades are told apart
   by their ids, like numbered changes. When the shadow has everything, the core asks for the first one to be dropped; its end is one row
   `planned`, and no book ever leaves the state proven. */
#include <string.h>

#include "app/core_parts.h"
#include "base/log.h"

/* A symbol without trades tells nothing of its subscription: the shadow's messages are sent by then. */
#define SETTLED_NS (10 * TD_NS_PER_S)
/* After this the first connection goes, whatever has not moved. */
#define OVERLAP_MAX_NS (300 * TD_NS_PER_S)
#define DROP_AGAIN_NS (10 * TD_NS_PER_S)
#define NOTICE_GAP_NS (60 * TD_NS_PER_S)

enum { BOOK = 1u << TD_CHANNEL_BOOK, TRADES = 1u << TD_CHANNEL_TRADES };

static struct core_overlap *overlap_on(struct core *core, const struct core_source *source,
                                       unsigned line, unsigned index)
{
    return &core->instrument[index].overlap[line % source->endpoints];
}

static struct core_overlap *overlap_of_frame(struct core *core, unsigned index)
{
    return overlap_on(core, &core->source[core->frame->source], core->line, index);
}

/* ---- begin and end ----------------------------------------------------------------------------------------------------- */

void core_overlap_forget(struct core *core, struct core_source *source, unsigned at)
{
    struct core_line *line = &source->line[at];
    uint16_t index = (uint16_t)(source - core->source);
    line->shadow_up = line->shadow_spoke = false;
    line->drop_asked_ns = 0;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        uint32_t channels = core_line_brings(core, index, at, i);
        if (channels == 0)
            continue;
        *overlap_on(core, source, at, i) = (struct core_overlap){0};
        if (channels & BOOK)
            core->instrument[i].sync.twin = false;
    }
}

void core_overlap_open(struct core *core, struct core_source *source, unsigned at)
{
    struct core_line *line = &source->line[at];
    uint16_t index = core->frame->source;
    core_overlap_forget(core, source, at);
    line->shadow_up = true;
    line->shadow_conn = core->frame->conn;
    line->shadow_since_ns = line->shadow_heard_ns = core_pace_ns(core);
    sync_conn_begin(&line->shadow_count);
    memset(core->parser[index][at][1], 0, VENUE_STATE_BYTES);
    for (unsigned i = 0; i < core->instrument_count; i++)
        core->instrument[i].sync.twin |= (core_line_brings(core, index, at, i) & BOOK) != 0;
}

static void say_planned(struct core *core, const struct core_source *source, const char *reason)
{
    struct ledger_note note = {.kind = TD_GAP_PLANNED, .has_missed = true, .note = reason};
    ledger_span(core, LEDGER_SOURCE + (unsigned)(source - core->source), TD_CHANNEL_ALL,
                core->frame->recv_ns, core->frame->recv_ns, &note);
}

/* What did not move is lost as by any disconnect. The subscription may still bring its snapshot: asked for later only. `channels`: what
   the line brings of it. */
static void leave_behind(struct core *core, unsigned index, const struct core_overlap *overlap,
                         uint32_t channels, const char *reason)
{
    struct core_instrument *in = &core->instrument[index];
    bool planned = core->frame->status == TD_CLOSE_PLANNED;
    bool behind = overlap->trades_ahead && !overlap->trades_moved;
    bool trades = planned ? behind : !overlap->trades_moved && !overlap->moved;
    uint32_t lost = channels & ~(uint32_t)TRADES;
    bool stays = overlap->moved || (planned && !(channels & BOOK));
    if (stays)
        lost = 0;
    else if (planned)
        lost &= BOOK; /* what has no number and no image goes on with the next message */
    core_conn_lose(core, index, lost | (trades ? channels & TRADES : 0), reason);
    if (lost & BOOK)
        core_want_resync(core, index,
                         core_pace_ns(core) + (in->hold != NULL ? TD_NS_PER_S : SETTLED_NS));
}

void core_overlap_promote(struct core *core, struct core_source *source, unsigned at,
                          const char *reason)
{
    struct core_line *line = &source->line[at];
    uint16_t index = core->frame->source;
    unsigned char(*parser)[VENUE_STATE_BYTES] = core->parser[index][at];
    line->conn = line->shadow_conn;
    line->heard_ns = line->shadow_heard_ns;
    line->count = line->shadow_count;
    line->silent = line->shadow_up = false;
    memcpy(parser[0], parser[1], sizeof parser[0]);
    for (unsigned i = 0; i < core->instrument_count; i++) {
        uint32_t channels = core_line_brings(core, index, at, i);
        if (channels != 0)
            leave_behind(core, i, overlap_on(core, source, at, i), channels, reason);
    }
    if (core->frame->status == TD_CLOSE_PLANNED)
        say_planned(core, source, reason);
    core_overlap_forget(core, source, at);
}

/* The first connection goes on. Books that followed the shadow alone have missed what the first brought since. */
void core_overlap_lost(struct core *core, struct core_source *source, unsigned at,
                       const char *reason)
{
    for (unsigned i = 0; i < core->instrument_count; i++) {
        uint32_t channels = core_line_brings(core, core->frame->source, at, i);
        struct core_overlap *overlap = overlap_on(core, source, at, i);
        bool followed = overlap->moved && overlap->alone;
        if (channels == 0)
            continue;
        overlap->moved = false;
        if (followed && channels & BOOK)
            core_book_lost(core, i, TD_BOOK_SYNCING, TD_GAP_DISCONNECT, TD_GAP_ACT_RESYNC, reason);
    }
    core_overlap_forget(core, source, at);
}

/* Of two connections the old one goes anyway. */
void core_overlap_notice(struct core *core)
{
    char shown[CORE_SHOWN_MAX];
    uint16_t index = core->frame->source;
    struct core_line *line = &core->source[index].line[core->line];
    struct ledger_note note = {.kind = TD_GAP_VENUE_NOTICE, .has_missed = true};
    int64_t now_ns = core_pace_ns(core), recv_ns = core->frame->recv_ns;
    if (core->frame->kind == TD_FRAME_HTTP || !line->up || line->shadow_up ||
        core->frame->conn != line->conn || now_ns < line->notice_after_ns)
        return;
    line->notice_after_ns = now_ns + NOTICE_GAP_NS;
    note.note = core_shown(core->frame, shown);
    TD_INFO("core", "source=%s event=venue_notice conn=%u text=\"%s\"",
            core->source[index].params.venue->name, line->conn, shown);
    ledger_span(core, LEDGER_SOURCE + index, TD_CHANNEL_ALL, recv_ns, recv_ns, &note);
    core_ask_overlap(core, index, line->conn);
}

/* ---- who is heard -------------------------------------------------------------------------------------------------------- */

/* The rule numbers the changes of each book, alike on every connection, and this one has its number. */
static bool is_numbered(const struct core_instrument *in, const struct td_event *event)
{
    return in->sync.rule == SYNC_RANGE ||
           ((in->sync.rule == SYNC_PREV || in->sync.rule == SYNC_BOOK1) &&
            event->flags & TD_EVF_HAS_SEQ);
}

/* What the shadow brings ahead of the first connection the first will bring too. Once the shadow's numbers join the book's they go on
   joining: each connection leaves nothing out. An image by the shadow must not set the book back: what lies between the two the first
   has brought, and the shadow repeats it. */
static bool takes_numbered(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    struct core_overlap *overlap = overlap_of_frame(core, event->instrument);
    bool image = event->kind == TD_EVENT_SNAPSHOT;
    if (!core->from_shadow)
        return true;
    if (image && in->sync.have_base && event->seq_last < in->sync.seq_last)
        return false;
    if (!image && (!in->sync.have_base || sync_ahead(&in->sync, event)))
        return false;
    overlap->moved = true;
    return true;
}

bool core_conn_takes_book(struct core *core, const struct td_event *event)
{
    const struct core_instrument *in = &core->instrument[event->instrument];
    struct core_overlap *overlap = overlap_of_frame(core, event->instrument);
    if (is_numbered(in, event))
        return takes_numbered(core, event);
    if (core->from_shadow && !overlap->moved)
        overlap->moved = overlap->alone =
            (event->kind == TD_EVENT_SNAPSHOT && !(event->flags & TD_EVF_CONTINUED)) ||
            sync_passed(&in->sync, event);
    return overlap->moved == core->from_shadow || core->frame->kind == TD_FRAME_HTTP;
}

/* Trades that have an id are taken from both: what comes twice is a repeat. Where ids count by one, what the second connection brings
   ahead of the first would look like a hole. */
bool core_conn_takes_trade(struct core *core, const struct td_event *event)
{
    const struct core_instrument *in = &core->instrument[event->instrument];
    const struct td_trade *trade = &event->trade;
    struct core_overlap *overlap = overlap_of_frame(core, event->instrument);
    bool integer = trade->uid.at == NULL && trade->trade_id >= 0;
    bool takes = core_conn_takes(core, event->instrument);
    if (!integer && trade->uid.bytes == 0)
        return takes;
    if (!integer || !core_source_of(core, event->instrument)->params.venue->trade_id_plus1)
        return true;
    if (!core->from_shadow || overlap->trades_moved)
        return true;
    overlap->trades_ahead = in->have_trade_id && event->trade.trade_id - 1 > in->last_trade_id;
    overlap->trades_moved = !overlap->trades_ahead;
    return overlap->trades_moved;
}

/* Where the line brings no book, the first message by the shadow moves the instrument. */
bool core_conn_takes(struct core *core, unsigned index)
{
    struct core_overlap *overlap = overlap_of_frame(core, index);
    if (core->from_shadow && !(core_frame_brings(core, index) & BOOK))
        overlap->moved = true;
    return overlap->moved == core->from_shadow || core->frame->kind == TD_FRAME_HTTP;
}

uint32_t core_conn_of(const struct core *core, unsigned index)
{
    const struct core_source *source =
        &core->source[instruments_peek(core->instruments, index)->source];
    unsigned at = core_line_of(core, index, TD_CHANNEL_BOOK);
    bool there =
        source->line[at].shadow_up && core->instrument[index].overlap[at % source->endpoints].moved;
    return there ? source->line[at].shadow_conn : source->line[at].conn;
}

/* ---- once a second ------------------------------------------------------------------------------------------------------- */

/* No image comes by the shadow that was not asked for, and nothing joined the two: such a book starts over when the first ends. */
static bool cannot_move(const struct core_instrument *in)
{
    return in->hold != NULL && (in->sync.rule == SYNC_NONE || in->sync.rule == SYNC_CONN1);
}

/* A book that has no base on the first connection loses nothing by its end. */
static bool has_moved(const struct core_instrument *in, const struct core_overlap *overlap,
                      uint32_t channels, bool settled)
{
    if (channels & BOOK && in->sync.have_base && !overlap->moved && !(settled && cannot_move(in)))
        return false;
    if (!(channels & TRADES) || overlap->trades_moved)
        return true;
    return settled && !overlap->trades_ahead;
}

static bool all_moved(struct core *core, const struct core_source *source, unsigned at,
                      bool settled)
{
    uint16_t index = (uint16_t)(source - core->source);
    for (unsigned i = 0; i < core->instrument_count; i++) {
        uint32_t channels = core_line_brings(core, index, at, i);
        if (channels != 0 &&
            !has_moved(&core->instrument[i], overlap_on(core, source, at, i), channels, settled))
            return false;
    }
    return true;
}

void core_overlap_tick(struct core *core, uint16_t source_index, unsigned at)
{
    struct core_source *source = &core->source[source_index];
    struct core_line *line = &source->line[at];
    int64_t now_ns = core_pace_ns(core), age_ns = now_ns - line->shadow_since_ns;
    bool late = age_ns > OVERLAP_MAX_NS;
    if (!line->shadow_up ||
        (line->drop_asked_ns != 0 && now_ns - line->drop_asked_ns < DROP_AGAIN_NS))
        return;
    if (!late && !(line->shadow_spoke && all_moved(core, source, at, age_ns > SETTLED_NS)))
        return;
    if (late && line->drop_asked_ns == 0)
        TD_WARN("core", "source=%s event=overlap_late next=\"the old connection goes anyway\"",
                source->params.venue->name);
    line->drop_asked_ns = now_ns;
    core_ask_drop(core, source_index, line->conn);
}
