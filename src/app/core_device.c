/* What concerns every source at once: start and stop of the recorder, frames that are missing or set aside, notes of the device. */
#include <string.h>

#include "app/core_parts.h"
#include "app/report.h"
#include "app/start.h"
#include "base/log.h"
#include "base/text.h"

/* ---- words of a frame's text --------------------------------------------------------------------------------------- */

struct td_text core_word(const struct td_frame *frame, const char *key)
{
    size_t key_bytes = strlen(key);
    const char *end = frame->payload + frame->bytes;
    for (const char *at = frame->payload; at < end;) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        const char *stop = space != NULL ? space : end;
        if ((size_t)(stop - at) > key_bytes && memcmp(at, key, key_bytes) == 0 &&
            at[key_bytes] == '=')
            return (struct td_text){at + key_bytes + 1,
                                    (uint32_t)(stop - at - 1 - (long)key_bytes)};
        at = stop + 1;
    }
    return (struct td_text){NULL, 0};
}

bool core_number(const struct td_frame *frame, const char *key, int64_t *value)
{
    struct td_text word = core_word(frame, key);
    bool negative = word.at != NULL && word.bytes > 0 && word.at[0] == '-';
    int64_t sum = 0;
    *value = 0;
    if (word.at == NULL || word.bytes == (uint32_t)negative)
        return false;
    for (uint32_t i = negative; i < word.bytes; i++) {
        int digit = word.at[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = negative ? -sum : sum;
    return true;
}

/* ---- start and stop ------------------------------------------------------------------------------------------------ */

/* Every channel that is subscribed has a hole from here on, until it is good again. */
static void lose_instrument(struct core *core, unsigned index, const struct ledger_note *note)
{
    if (core_has_channel(core, index, TD_CHANNEL_BOOK))
        core_book_lost(core, index, TD_BOOK_SYNCING, note->kind, note->action, note->note);
    if (core_has_channel(core, index, TD_CHANNEL_TRADES))
        ledger_open(core, index, TD_CHANNEL_TRADES, note);
    if (core_has_channel(core, index, TD_CHANNEL_TICKER))
        ledger_open(core, index, TD_CHANNEL_TICKER, note);
}

/* The monotonic clock begins anew with the board: nothing that it timed holds any more. */
static void restart_instrument(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    in->want_resync = false;
    memset(in->overlap, 0, sizeof in->overlap);
    in->resync_after_ns = in->proven_ns = in->book_heard_ns = in->traded_ns = 0;
    in->breaks_from_ns = 0;
    in->breaks = in->repeats = 0;
    in->heartbeat_trade_id = -1;
    in->voice = (struct core_voice){0};
    core_backfill_restart(in);
    core_count_lost(core, index, in->last_good_ns[TD_CHANNEL_BOOK], core->frame->recv_ns,
                    CORE_TIME_ABSENT);
    sync_reset(&in->sync, TD_BOOK_SYNCING);
    core_features_lost(core, index);
    core_count_book_time(core, index);
}

static void restart_source(struct core_source *source)
{
    for (unsigned line = 0; line < TD_LINES_MAX; line++)
        source->line[line] = (struct core_line){.conn = source->line[line].conn};
    source->next_ask_ns = source->list_after_ns = source->next_alone_ns = 0;
    source->alarm_after_ns = 0;
}

static void say_cause(struct core *core, enum start_cause cause)
{
    struct ledger_note note = {.action = TD_GAP_ACT_RESTART};
    if (cause == START_STOP && core->stop_hole.open) {
        note.note = "recording starts after a stop";
        ledger_hole_close(core, LEDGER_DEVICE, TD_CHANNEL_ALL, &core->stop_hole, &note);
    } else if (cause == START_FIRST) {
        ledger_began(core, "recording starts");
    } else {
        note.kind = cause == START_CRASH        ? TD_GAP_CRASH
                    : cause == START_POWER_LOSS ? TD_GAP_POWER_LOSS
                                                : TD_GAP_STOP;
        note.note = cause == START_CRASH        ? "the recorder stopped unasked"
                    : cause == START_POWER_LOSS ? "power was lost, or the machine stopped"
                                                : "orderly stop";
        ledger_device(core, core->last_frame != 0 ? core->last_recv_ns : core->frame->recv_ns,
                      &note);
    }
    core->stop_hole.open = false;
}

/* All that was up is down, and each channel has a hole, so that the ledger alone gives the time without a proven book. Which channels
   there are the CONFIG frame says that follows. */
void core_start(struct core *core)
{
    const struct td_frame *frame = core->frame;
    struct start_note start = start_read(frame->payload, frame->bytes);
    say_cause(core, start.cause);
    for (unsigned s = 0; s < core->params.source_count; s++)
        restart_source(&core->source[s]);
    for (unsigned i = 0; i < core->instrument_count; i++)
        restart_instrument(core, i);
    core->awaits_config = core->start_untold = true;
}

void core_start_told(struct core *core)
{
    struct ledger_note note = {
        .kind = TD_GAP_DISCONNECT, .action = TD_GAP_ACT_RESTART, .note = "recording starts"};
    core->start_untold = false;
    for (unsigned i = 0; i < core->instrument_count; i++)
        lose_instrument(core, i, &note);
}

/* Deltas that waited in vain would leave no trace where no hole is open yet. */
static void say_held(struct core *core)
{
    struct ledger_note note = {.kind = TD_GAP_STOP, .note = "changes were held without a base"};
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct core_instrument *in = &core->instrument[i];
        if (in->hold != NULL && sync_hold_peek(in->hold) != NULL)
            ledger_open(core, i, TD_CHANNEL_BOOK, &note);
    }
}

void core_stop(struct core *core)
{
    struct ledger_note note = {.kind = TD_GAP_STOP, .note = "orderly stop"};
    core_count_time(core);
    core_features_rows_due(core);
    core_features_stop(core);
    say_held(core);
    core->stop_hole.from_ns = core->frame->recv_ns;
    core->stop_hole.open = false;
    ledger_hole_open(core, LEDGER_DEVICE, TD_CHANNEL_ALL, &core->stop_hole, &note);
    core_stepped(core); /* a checkpoint made now has seen this frame */
    core_seal(core, GROUPS_SEAL_STOP, core->frame->number + 1);
}

void core_stepped(struct core *core)
{
    core->last_frame = core->frame->number;
    core->last_recv_ns = core->frame->recv_ns;
    if (core->frame->conn > core->conn_max)
        core->conn_max = core->frame->conn;
}

/* ---- frames that cannot be had, or not be read --------------------------------------------------------------------- */

/* The journal was damaged: anything may have stood there, a change of any book or the end of a connection. */
void core_frames_missing(struct core *core)
{
    struct ledger_note note = {.kind = TD_GAP_DISK_ERROR,
                               .action = TD_GAP_ACT_RESYNC,
                               .missed = (int64_t)(core->frame->number - core->last_frame - 1),
                               .has_missed = true,
                               .note = "frames of the journal cannot be read"};
    ledger_device(core, core->last_recv_ns, &note);
    note.has_missed = false; /* how many of them were this instrument's nobody knows */
    for (unsigned i = 0; i < core->instrument_count; i++)
        lose_instrument(core, i, &note);
}

/* START and STOP are ours, a few bytes of plain text; without them nothing after makes sense. */
bool core_is_aside(const struct core *core)
{
    const struct core_params *params = &core->params;
    uint64_t number = core->frame->number;
    if (core->frame->kind == TD_FRAME_START || core->frame->kind == TD_FRAME_STOP)
        return false;
    for (unsigned i = 0; i < params->aside_count; i++)
        if (params->aside[i] == number)
            return true;
    return false;
}

static void count_aside(struct core *core, struct core_source *source)
{
    uint8_t kind = core->frame->kind;
    if (kind != TD_FRAME_WS_TEXT && kind != TD_FRAME_WS_BINARY && kind != TD_FRAME_HTTP)
        return;
    source->frames++;
    source->bytes += core->frame->bytes;
    source->bucket[TD_BUCKET_MALFORMED]++;
}

void core_set_aside(struct core *core)
{
    uint16_t source = core->frame->source;
    bool of_source = source < core->params.source_count;
    struct ledger_note note = {.kind = TD_GAP_PARSE,
                               .action = TD_GAP_ACT_RESYNC,
                               .missed = 1,
                               .has_missed = true,
                               .note = "set aside: it stopped the recorder twice"};
    TD_ERROR("core", "frame=%llu event=set_aside next=\"tape journal dump shows it\"",
             (unsigned long long)core->frame->number);
    ledger_span(core, of_source ? LEDGER_SOURCE + source : LEDGER_DEVICE, TD_CHANNEL_ALL,
                core->last_recv_ns, core->frame->recv_ns, &note);
    if (of_source)
        count_aside(core, &core->source[source]);
    for (unsigned i = 0; of_source && i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source == source &&
            core_has_channel(core, i, TD_CHANNEL_BOOK))
            core_book_lost(core, i, TD_BOOK_BROKEN, note.kind, note.action, note.note);
}

/* ---- notes ----------------------------------------------------------------------------------------------------------- */

static enum td_gap_kind kind_of(struct td_text word)
{
    for (unsigned kind = 0; word.at != NULL && kind < TD_GAP_KINDS; kind++)
        if (strlen(report_gap_word((enum td_gap_kind)kind)) == word.bytes &&
            memcmp(report_gap_word((enum td_gap_kind)kind), word.at, word.bytes) == 0)
            return (enum td_gap_kind)kind;
    return TD_GAP_KINDS;
}

/* `note=` is the last key: its words go to the end of the text. */
void core_note(struct core *core)
{
    const struct td_frame *frame = core->frame;
    char text[TD_TEXT_MAX] = "";
    int64_t from_ns, to_ns;
    struct ledger_note note = {.kind = kind_of(core_word(frame, "kind")), .note = text};
    struct td_text words = core_word(frame, "note");
    if (words.at != NULL)
        td_text_copy(text, sizeof text, words.at,
                     (size_t)(frame->payload + frame->bytes - words.at));
    if (note.kind == TD_GAP_KINDS)
        return; /* a word of a later version */
    note.has_missed = core_number(frame, "missed", &note.missed);
    if (!core_number(frame, "to_ns", &to_ns))
        to_ns = frame->recv_ns;
    if (!core_number(frame, "from_ns", &from_ns))
        from_ns = to_ns;
    ledger_span(core, LEDGER_DEVICE, TD_CHANNEL_ALL, from_ns, to_ns, &note);
    if (note.kind != TD_GAP_JOURNAL_FULL && note.kind != TD_GAP_DISK_ERROR)
        return;
    for (unsigned i = 0; i < core->instrument_count; i++)
        core_count_lost(core, i, from_ns, to_ns, CORE_TIME_ABSENT);
}
