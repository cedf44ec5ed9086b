/* The numbers that a venue gives all frames of a connection (SYNC_CONN1). A hole loses what the connection brings, and the connection is
   made anew; a repeat is not used. */
#include "app/core_parts.h"

/* A hole in its numbers, or a book that nothing else mends, makes a connection anew at most so often, twice as seldom each time: a venue that leaves numbers out by habit
   would never be heard else. */
#define REMAKE_GAP_NS (10 * TD_NS_PER_S)
#define REMAKE_FORGET_NS (600 * TD_NS_PER_S)

bool core_may_remake(struct core_line *line, int64_t now_ns)
{
    if (now_ns < line->remake_after_ns)
        return false;
    if (now_ns - line->remake_after_ns > REMAKE_FORGET_NS)
        line->remakes = 0;
    line->remake_after_ns = now_ns + (REMAKE_GAP_NS << line->remakes);
    line->remakes += line->remakes < CORE_REMAKES_MAX;
    return true;
}

/* While two connections bring the line, those symbols that are heard by the other one have lost nothing. */
static void numbers_missing(struct core *core, unsigned index, uint32_t channels,
                            const struct ledger_note *note)
{
    const struct core_source *source = &core->source[core->frame->source];
    const struct core_overlap *overlap =
        &core->instrument[index].overlap[core->line % source->endpoints];
    if (channels == 0 || overlap->moved != core->from_shadow)
        return;
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++)
        if (channels & 1u << channel)
            ledger_open(core, index, (enum td_channel)channel, note);
    if (!(channels & 1u << TD_CHANNEL_BOOK))
        return;
    core_book_lost(core, index, TD_BOOK_BROKEN, note->kind, note->action, note->note);
    core_watch_failed(core, index, note->kind);
}

/* What was missed may have been of any of its symbols: only a new connection, which begins with images, mends that. */
static void numbers_broke(struct core *core, struct core_line *line,
                          const struct sync_conn_hole *hole)
{
    bool remakes = core_may_remake(line, core_pace_ns(core));
    struct ledger_note note = {.kind = TD_GAP_SEQUENCE,
                               .action = remakes ? TD_GAP_ACT_RECONNECT : TD_GAP_ACT_RESYNC,
                               .has_seq = true,
                               .seq_from = hole->after,
                               .seq_to = hole->at,
                               .has_missed = hole->missed >= 0,
                               .missed = hole->missed >= 0 ? hole->missed : 0,
                               .note = hole->missed >= 0 ? "messages of the connection are missing"
                                                         : "the connection counts anew"};
    for (unsigned i = 0; i < core->instrument_count; i++)
        numbers_missing(core, i, core_frame_brings(core, i), &note);
    if (remakes)
        core_ask_reconnect(core, core->frame->source, core->frame->conn);
}

bool core_numbers_judge(struct core *core)
{
    struct core_source *source = &core->source[core->frame->source];
    struct core_line *line = &source->line[core->line];
    const struct venue *venue = source->params.venue;
    bool known = core->frame->conn == (core->from_shadow ? line->shadow_conn : line->conn);
    struct sync_conn_hole hole;
    if (core->numbered != CORE_UNNUMBERED || venue->rule != SYNC_CONN1 || !known || !line->up ||
        core->frame->kind == TD_FRAME_HTTP)
        return core->numbered != CORE_REPEATS;
    switch (sync_conn_judge(core->from_shadow ? &line->shadow_count : &line->count,
                            core->sink.conn_seq, venue->conn_seq_slack, &hole)) {
    case SYNC_CONN_NEW:
        core->numbered = CORE_FOLLOWS;
        break;
    case SYNC_CONN_REPEAT:
        core->numbered = CORE_REPEATS;
        break;
    case SYNC_CONN_HOLE:
        core->numbered = CORE_SHOWS_HOLE;
        numbers_broke(core, line, &hole);
    }
    return core->numbered != CORE_REPEATS;
}
