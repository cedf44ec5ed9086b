/* Connections of a source: open, lost, silent. Each line is a connection of its own: what ends with it
   is its symbols' and its channels' alone. */
#include <string.h>

#include "app/core_parts.h"
#include "base/text.h"

enum { HEARTBEATS_MISSED = 5 /* so many of the venue's own beats may fail to come */ };

static bool brings(uint32_t channels, enum td_channel channel)
{
    return (channels & 1u << channel) != 0;
}

/* ---- one connection ------------------------------------------------------------------------------------------------ */

/* The subscription brings snapshots; a base is fetched once the first deltas are held. A symbol in quarantine stays there. */
static void begin_book(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    int64_t now_ns = core_pace_ns(core);
    sync_reset(&in->sync, TD_BOOK_SYNCING);
    core_features_lost(core, index);
    core_count_book_time(core, index);
    in->want_resync = false;
    in->book_heard_ns = in->traded_ns = 0;
    if (in->resync_after_ns < now_ns)
        in->resync_after_ns = now_ns;
    if (in->hold != NULL)
        core_want_resync(core, index, now_ns + TD_NS_PER_S);
}

static void begin_instrument(struct core *core, unsigned index, uint32_t channels)
{
    if (brings(channels, TD_CHANNEL_TRADES))
        core->instrument[index].heartbeat_trade_id = -1;
    if (brings(channels, TD_CHANNEL_BOOK))
        begin_book(core, index);
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

void core_conn_lose(struct core *core, unsigned index, uint32_t channels, const char *reason)
{
    struct ledger_note note = {
        .kind = TD_GAP_DISCONNECT, .action = TD_GAP_ACT_RECONNECT, .note = reason};
    if (brings(channels, TD_CHANNEL_BOOK)) {
        forgive(&core->instrument[index]);
        core_book_lost(core, index, TD_BOOK_SYNCING, note.kind, note.action, reason);
    }
    if (brings(channels, TD_CHANNEL_TRADES))
        ledger_open(core, index, TD_CHANNEL_TRADES, &note);
    if (brings(channels, TD_CHANNEL_TICKER))
        ledger_open(core, index, TD_CHANNEL_TICKER, &note);
}

static void lose_all(struct core *core, unsigned line, const char *reason)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        core_conn_lose(core, i, core_line_brings(core, core->frame->source, line, i), reason);
}

/* The first line of a source that comes up asks for the symbol list, and what waits for its turn waits no longer. */
static void begin_source(struct core *core, struct core_source *source)
{
    source->next_ask_ns = 0;
    source->list_after_ns = core_pace_ns(core); /* asked for at once, and daily */
}

static void begin_line(struct core *core, struct core_source *source, unsigned at)
{
    struct core_line *line = &source->line[at];
    uint16_t index = core->frame->source;
    if (!core_any_up(source))
        begin_source(core, source);
    line->up = true;
    line->silent = false;
    line->conn = core->frame->conn;
    line->heard_ns = core_pace_ns(core);
    sync_conn_begin(&line->count);
    source->last_frame_ns = core->frame->recv_ns;
    memset(core->parser[index][at][0], 0, VENUE_STATE_BYTES);
    for (unsigned i = 0; i < core->instrument_count; i++)
        begin_instrument(core, i, core_line_brings(core, index, at, i));
    core_ask_list_due(core, index);
}

void core_conn_open(struct core *core, struct core_source *source)
{
    unsigned at = core->frame->status >> TD_OPEN_LINE_SHIFT;
    if (at >= core_lines(source))
        return; /* of a configuration that is not the one in force */
    if (source->line[at].up && core->frame->status & TD_OPEN_OVERLAP) {
        core_overlap_open(core, source, at);
        return;
    }
    if (source->line[at].up)
        lose_all(core, at, "a new connection, and no word of the end of the old one");
    core_overlap_forget(core, source, at);
    begin_line(core, source, at);
}

/* An attempt that never came up has a number that nobody knows: nothing was followed there. */
static void close_line(struct core *core, struct core_source *source, unsigned at)
{
    char reason[TD_TEXT_MAX];
    struct core_line *line = &source->line[at];
    bool first = line->up && core->frame->conn == line->conn;
    bool shadow = line->up && line->shadow_up && core->frame->conn == line->shadow_conn;
    td_text_copy(reason, sizeof reason, core->frame->payload, core->frame->bytes);
    if (!first && !shadow)
        return;
    if (core->frame->status ==
        TD_CLOSE_BY_STOP) { /* one row `stop` of the whole device will say it */
        line->up = false;
        core_overlap_forget(core, source, at);
    } else if (shadow) {
        core_overlap_lost(core, source, at, reason);
    } else if (line->shadow_up) {
        core_overlap_promote(core, source, at, reason);
    } else {
        line->up = false;
        lose_all(core, at, reason);
    }
}

void core_conn_close(struct core *core, struct core_source *source)
{
    for (unsigned at = 0; at < core_lines(source); at++)
        close_line(core, source, at);
}

/* ---- a frame --------------------------------------------------------------------------------------------------------- */

/* Frames that belong to no connection we know of count for the first line. */
static __attribute__((noinline)) unsigned line_of_frame(const struct core_source *source,
                                                        uint32_t conn, bool *shadow)
{
    for (unsigned at = 0; at < core_lines(source); at++) {
        const struct core_line *line = &source->line[at];
        *shadow = line->shadow_up && line->shadow_conn == conn;
        if (*shadow || (line->up && line->conn == conn))
            return at;
    }
    return 0;
}

void *core_conn_data(struct core *core, struct core_source *source)
{
    struct core_line *line = &source->line[0];
    bool http = core->frame->kind == TD_FRAME_HTTP;
    core->numbered = CORE_UNNUMBERED;
    core->line = 0;
    core->from_shadow = false;
    if (!http && (line->conn != core->frame->conn || line->shadow_up)) {
        core->line = line_of_frame(source, core->frame->conn, &core->from_shadow);
        line = &source->line[core->line];
    }
    if (core->from_shadow) {
        line->shadow_heard_ns = core_pace_ns(core);
        line->shadow_spoke = true;
    } else if (!http) {
        line->heard_ns = core_pace_ns(core);
    }
    return core->parser[core->frame->source][core->line][core->from_shadow];
}

/* ---- once a second ---------------------------------------------------------------------------------------------------- */

/* A venue that promised to speak and does not: its books are stale now, and the connection is made anew. */
static void check_silence(struct core *core, uint16_t source_index, unsigned at)
{
    struct core_source *source = &core->source[source_index];
    struct core_line *line = &source->line[at];
    int64_t limit_ns =
        HEARTBEATS_MISSED * (int64_t)source->params.venue->heartbeat_ms * TD_NS_PER_MS;
    if (!line->up || limit_ns == 0 || core_pace_ns(core) - line->heard_ns <= limit_ns)
        return;
    line->heard_ns = core_pace_ns(core); /* should the request be lost, it is made again */
    for (unsigned i = 0; i < core->instrument_count && !line->silent; i++)
        if (brings(core_line_brings(core, source_index, at, i), TD_CHANNEL_BOOK) &&
            !(line->shadow_up && core->instrument[i].overlap[at % source->endpoints].moved))
            core_book_lost(core, i, TD_BOOK_STALE, TD_GAP_SILENT, TD_GAP_ACT_RECONNECT,
                           "no heartbeat from the venue");
    line->silent = true;
    core_ask_reconnect(core, source_index, line->conn);
}

void core_conn_tick(struct core *core, uint16_t source)
{
    for (unsigned line = 0; line < core_lines(&core->source[source]); line++) {
        check_silence(core, source, line);
        core_overlap_tick(core, source, line);
    }
}
