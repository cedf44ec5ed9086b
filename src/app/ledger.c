/* The gap ledger: every hole becomes rows of table gaps, one when it opens and one when it closes. */
#include <string.h>

#include "app/core_parts.h"
#include "base/metrics.h"

struct ledger_row {
    int stream;
    enum td_channel channel;
    enum td_gap_phase phase;
    int64_t gap_id, from_ns, to_ns;
};

static void write_row(struct core *core, const struct ledger_row *where,
                      const struct ledger_note *what)
{
    core_head(core, where->stream, core->frame->recv_ns, false, 0);
    struct row_gap *row = groups_append(core->groups, where->stream);
    row->gap_id = where->gap_id;
    row->from_ns = where->from_ns;
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
    if (what->note != NULL)
        row->note = groups_text(core->groups, where->stream, what->note, strlen(what->note));
    td_metric_add(TD_M_rows_gaps, 1);
}

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
        return; /* one hole at a time: it lasts until the channel is good again */
    hole->open = true;
    hole->kind = (uint8_t)note->kind;
    hole->gap_id = core->next_gap_id++;
    hole->from_ns = good_since(core, in, channel);
    core->gap_count[note->kind]++;
    struct ledger_row where = {in->stream[ROW_GAPS], channel,       TD_GAP_OPEN,
                               hole->gap_id,         hole->from_ns, 0};
    write_row(core, &where, note);
}

void ledger_close(struct core *core, unsigned index, enum td_channel channel,
                  const struct ledger_note *note)
{
    struct core_instrument *in = &core->instrument[index];
    struct core_hole *hole = &in->hole[channel];
    if (!hole->open)
        return;
    hole->open = false;
    struct ledger_note closing = *note;
    closing.kind = (enum td_gap_kind)hole->kind;
    struct ledger_row where = {in->stream[ROW_GAPS], channel,       TD_GAP_CLOSE,
                               hole->gap_id,         hole->from_ns, core->frame->recv_ns};
    write_row(core, &where, &closing);
}

void ledger_passed(struct core *core, unsigned index, enum td_channel channel,
                   const struct ledger_note *note)
{
    struct core_instrument *in = &core->instrument[index];
    int64_t id = core->next_gap_id++;
    int64_t from_ns = good_since(core, in, channel);
    core->gap_count[note->kind]++;
    struct ledger_row opened = {in->stream[ROW_GAPS], channel, TD_GAP_OPEN, id, from_ns, 0};
    struct ledger_row closed = {in->stream[ROW_GAPS], channel, TD_GAP_CLOSE, id, from_ns,
                                core->frame->recv_ns};
    write_row(core, &opened, note);
    write_row(core, &closed, note);
}

void ledger_device(struct core *core, enum td_gap_kind kind, enum td_gap_phase phase,
                   const char *note)
{
    struct ledger_note what = {.kind = kind, .action = TD_GAP_ACT_NONE, .note = note};
    struct ledger_row where = {core->stream_device,
                               TD_CHANNEL_ALL,
                               phase,
                               core->next_gap_id++,
                               core->frame->recv_ns,
                               phase == TD_GAP_CLOSE ? core->frame->recv_ns : 0};
    core->gap_count[kind]++;
    write_row(core, &where, &what);
}
