/* The gap ledger: every hole becomes rows of table gaps, one when it opens and one when it closes. */
#include <string.h>

#include "app/core_parts.h"
#include "base/metrics.h"
#include "base/text.h"

/* Ids rise from frame to frame, over restarts too. Within a frame each owner has some of its own, so that one symbol's holes do not
   shift the ids of the others; a frame that shows more holes of one owner takes the rest from what all share. A list of trades with
   hundreds of holes in it uses that up: its last ones share the last id. */
enum { IDS_PER_FRAME = 4096, IDS_OF_OWNER = 2 * CORE_CHANNELS };
enum { IDS_SHARED = IDS_OF_OWNER * LEDGER_OWNERS };
_Static_assert(IDS_SHARED + 512 < IDS_PER_FRAME, "some ids for holes beyond an owner's own");

struct ledger_row {
    unsigned owner;
    enum td_channel channel;
    enum td_gap_phase phase;
    int64_t gap_id, from_ns, to_ns;
};

static int64_t next_id(struct core *core, unsigned owner)
{
    uint64_t frame = core->frame->number;
    struct ledger_count *of = &core->owner_gaps[owner], *shared = &core->shared_gaps;
    int64_t first = (int64_t)(frame - 1) * IDS_PER_FRAME + 1;
    if (of->frame != frame)
        *of = (struct ledger_count){.frame = frame};
    if (of->count < IDS_OF_OWNER)
        return first + (int64_t)owner * IDS_OF_OWNER + of->count++;
    if (shared->frame != frame)
        *shared = (struct ledger_count){.frame = frame};
    if (IDS_SHARED + shared->count < IDS_PER_FRAME - 1)
        shared->count++;
    return first + IDS_SHARED + shared->count - 1;
}

static int stream_of(const struct core *core, unsigned owner)
{
    if (owner == LEDGER_DEVICE)
        return core->stream_device;
    return owner >= LEDGER_SOURCE ? core->source[owner - LEDGER_SOURCE].stream_all
                                  : core->instrument[owner].stream[ROW_GAPS];
}

/* A clock that is set back puts the end of a hole before its beginning. Spans are never negative: the hole begins where it ends, and
   the row says why. */
static row_text keep_note(struct core *core, int stream, const char *note, bool set_back)
{
    char text[TD_TEXT_MAX];
    struct td_str out = td_str_on(text, sizeof text);
    if (note != NULL)
        td_str_add(&out, note);
    if (set_back)
        td_str_add_format(&out, "%sthe clock was set back meanwhile", out.bytes > 0 ? "; " : "");
    return out.bytes > 0 ? groups_text(core->groups, stream, text, out.bytes) : 0;
}

static void write_row(struct core *core, const struct ledger_row *where,
                      const struct ledger_note *what)
{
    int64_t end_ns = where->phase == TD_GAP_CLOSE ? where->to_ns : core->frame->recv_ns;
    bool set_back = where->from_ns > end_ns;
    int stream = stream_of(core, where->owner);
    core_head(core, stream, core->frame->recv_ns, false, 0);
    struct row_gap *row = groups_append(core->groups, stream);
    row->gap_id = where->gap_id;
    row->from_ns = set_back ? end_ns : where->from_ns;
    row->to_ns = where->to_ns;
    row->phase = (uint8_t)where->phase;
    row->channel = (uint8_t)where->channel;
    row->kind = (uint8_t)what->kind;
    row->action = (uint8_t)what->action;
    row->has_seq_from = row->has_seq_to = what->has_seq;
    row->seq_from = what->seq_from;
    row->seq_to = what->seq_to;
    row->has_missed = what->has_missed;
    row->missed = what->missed;
    row->note = keep_note(core, stream, what->note, set_back);
    td_metric_add(TD_M_rows_gaps, 1);
}

/* ---- any owner ---- */

static void count(struct core *core, unsigned owner, enum td_gap_kind kind)
{
    core->gap_count[kind]++;
    if (owner < LEDGER_SOURCE)
        core->instrument[owner].today.gaps[kind]++;
    else if (owner == LEDGER_DEVICE)
        core->device_today[kind]++;
}

void ledger_hole_open(struct core *core, unsigned owner, enum td_channel channel,
                      struct core_hole *hole, const struct ledger_note *note)
{
    if (hole->open)
        return; /* one hole at a time: it lasts until the channel is good again */
    hole->open = true;
    hole->kind = (uint8_t)note->kind;
    count(core, owner, note->kind);
    hole->gap_id = next_id(core, owner);
    struct ledger_row where = {owner, channel, TD_GAP_OPEN, hole->gap_id, hole->from_ns, 0};
    write_row(core, &where, note);
}

void ledger_hole_close(struct core *core, unsigned owner, enum td_channel channel,
                       struct core_hole *hole, const struct ledger_note *note)
{
    if (!hole->open)
        return;
    hole->open = false;
    struct ledger_note closing = *note;
    closing.kind = (enum td_gap_kind)hole->kind;
    struct ledger_row where = {owner,        channel,       TD_GAP_CLOSE,
                               hole->gap_id, hole->from_ns, core->frame->recv_ns};
    write_row(core, &where, &closing);
}

int64_t ledger_span(struct core *core, unsigned owner, enum td_channel channel, int64_t from_ns,
                    int64_t to_ns, const struct ledger_note *note)
{
    int64_t id = next_id(core, owner);
    count(core, owner, note->kind);
    struct ledger_row opened = {owner, channel, TD_GAP_OPEN, id, from_ns, 0};
    struct ledger_row closed = {owner, channel, TD_GAP_CLOSE, id, from_ns, to_ns};
    write_row(core, &opened, note);
    write_row(core, &closed, note);
    return id;
}

/* ---- one channel of an instrument ---- */

static int64_t good_since(const struct core *core, const struct core_instrument *in,
                          enum td_channel channel)
{
    int64_t ns = in->last_good_ns[channel];
    return ns != 0 ? ns : core->frame->recv_ns;
}

void ledger_open(struct core *core, unsigned index, enum td_channel channel,
                 const struct ledger_note *note)
{
    struct core_instrument *in = &core->instrument[index];
    struct core_hole *hole = &in->hole[channel];
    if (hole->open)
        return;
    hole->from_ns = good_since(core, in, channel);
    if (channel == TD_CHANNEL_BOOK)
        core_count_lost(core, index, hole->from_ns, core->frame->recv_ns, TD_BOOK_STALE);
    ledger_hole_open(core, index, channel, hole, note);
}

void ledger_open_now(struct core *core, unsigned index, enum td_channel channel,
                     const struct ledger_note *note)
{
    struct core_hole *hole = &core->instrument[index].hole[channel];
    if (hole->open)
        return;
    hole->from_ns = core->frame->recv_ns;
    ledger_hole_open(core, index, channel, hole, note);
}

void ledger_close(struct core *core, unsigned index, enum td_channel channel,
                  const struct ledger_note *note)
{
    struct core_instrument *in = &core->instrument[index];
    ledger_hole_close(core, index, channel, &in->hole[channel], note);
}

int64_t ledger_passed(struct core *core, unsigned index, enum td_channel channel,
                      const struct ledger_note *note)
{
    struct core_instrument *in = &core->instrument[index];
    return ledger_span(core, index, channel, good_since(core, in, channel), core->frame->recv_ns,
                       note);
}

void ledger_again(struct core *core, unsigned index, enum td_channel channel,
                  const struct core_hole *hole, int64_t to_ns, const struct ledger_note *note)
{
    struct ledger_row where = {index, channel, TD_GAP_CLOSE, hole->gap_id, hole->from_ns, to_ns};
    write_row(core, &where, note);
}

/* ---- the whole device ---- */

void ledger_device(struct core *core, int64_t from_ns, const struct ledger_note *note)
{
    ledger_span(core, LEDGER_DEVICE, TD_CHANNEL_ALL, from_ns, core->frame->recv_ns, note);
}

void ledger_began(struct core *core, const char *note)
{
    struct ledger_note what = {.kind = TD_GAP_START, .note = note};
    int64_t now_ns = core->frame->recv_ns;
    struct ledger_row where = {
        LEDGER_DEVICE, TD_CHANNEL_ALL, TD_GAP_CLOSE, next_id(core, LEDGER_DEVICE), now_ns, now_ns};
    count(core, LEDGER_DEVICE, TD_GAP_START);
    write_row(core, &where, &what);
}
