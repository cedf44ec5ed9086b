#include "lake/proof.h"

#include <stdlib.h>
#include <string.h>

const char *const proof_words[PROOFS] = {"proven", "syncing", "stale", "broken", "absent"};

enum proof proof_of_kind(unsigned kind)
{
    static const uint8_t of[TD_GAP_KINDS] = {
        [TD_GAP_START] = PROOF_SYNCING,       [TD_GAP_STOP] = PROOF_ABSENT,
        [TD_GAP_POWER_LOSS] = PROOF_ABSENT,   [TD_GAP_CRASH] = PROOF_ABSENT,
        [TD_GAP_DISCONNECT] = PROOF_STALE,    [TD_GAP_SEQUENCE] = PROOF_BROKEN,
        [TD_GAP_CHECKSUM] = PROOF_BROKEN,     [TD_GAP_CROSSED] = PROOF_BROKEN,
        [TD_GAP_SILENT] = PROOF_STALE,        [TD_GAP_TRADE_ID] = PROOF_BROKEN,
        [TD_GAP_PARSE] = PROOF_BROKEN,        [TD_GAP_OVERSIZE] = PROOF_BROKEN,
        [TD_GAP_OVERFLOW] = PROOF_BROKEN,     [TD_GAP_SHED] = PROOF_ABSENT,
        [TD_GAP_JOURNAL_FULL] = PROOF_ABSENT, [TD_GAP_DISK_ERROR] = PROOF_ABSENT,
        [TD_GAP_CLOCK_STEP] = PROOF_PROVEN,   [TD_GAP_VENUE_NOTICE] = PROOF_STALE,
        [TD_GAP_PLANNED] = PROOF_STALE,
    };
    return kind < TD_GAP_KINDS ? (enum proof)of[kind] : PROOF_BROKEN;
}

/* Beside the kinds: the channel was not configured. */
enum { EDGE_IDLE = TD_GAP_KINDS, EDGE_KINDS };

struct edge {
    int64_t us;
    int32_t step; /* +1 a hole of the kind begins, -1 it ends */
    uint32_t kind;
};

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct edge *)a)->us, y = ((const struct edge *)b)->us;
    return x < y ? -1 : x > y;
}

/* The stretch between two edges, given how many holes of each kind are open in it. */
static void account(struct completeness *out, const int32_t open[EDGE_KINDS], int64_t us)
{
    enum proof worst = PROOF_PROVEN;
    if (open[EDGE_IDLE] > 0) {
        out->idle_us += us;
        return;
    }
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++) {
        if (open[kind] == 0)
            continue;
        out->kind_us[kind] += us;
        if (proof_of_kind(kind) > worst)
            worst = proof_of_kind(kind);
    }
    out->us[worst] += us;
}

static void sweep(struct lake_buffer *scratch, int64_t from_us, int64_t to_us,
                  struct completeness *out)
{
    struct edge *edge = (struct edge *)(void *)scratch->data;
    size_t count = scratch->bytes / sizeof *edge;
    int32_t open[EDGE_KINDS] = {0};
    int64_t at_us = from_us;
    if (count)
        qsort(edge, count, sizeof *edge, by_time);
    for (size_t i = 0; i < count; i++) {
        account(out, open, edge[i].us - at_us);
        at_us = edge[i].us;
        open[edge[i].kind] += edge[i].step;
    }
    account(out, open, to_us - at_us);
}

/* What a device or a connection missed is frames, of whom nobody knows. */
static void count(struct completeness *out, const struct hole *hole, bool own, int64_t to_us)
{
    bool healed = hole->action == TD_GAP_ACT_BACKFILLED;
    out->gaps[hole->kind]++;
    out->total++;
    if (hole->to_us > to_us) {
        out->open++;
    } else if (own && hole->missed > 0) {
        out->missed += hole->missed;
        out->backfilled += healed ? hole->missed : hole->filled;
    }
}

static bool bears_upon(const struct holes *holes, const struct hole *hole,
                       const struct hole_stream *stream, enum td_channel channel)
{
    return (hole->channel == channel || hole->channel == TD_CHANNEL_ALL) &&
           holes_concern(holes_stream(holes, hole->stream), stream);
}

td_err completeness_of(const struct holes *holes, const struct hole_stream *stream,
                       enum td_channel channel, int64_t from_us, int64_t to_us,
                       struct lake_buffer *scratch, struct completeness *out)
{
    *out = (struct completeness){0};
    scratch->bytes = 0;
    if (to_us <= from_us)
        return 0;
    for (size_t i = 0; i < holes->count; i++) {
        const struct hole *hole = holes_at(holes, i);
        int64_t begin = hole->from_us > from_us ? hole->from_us : from_us;
        int64_t end = hole->to_us < to_us ? hole->to_us : to_us;
        if (hole->from_us >= to_us || end < begin || !bears_upon(holes, hole, stream, channel))
            continue;
        /* What ended right at the beginning belongs to the time before. */
        if (hole->to_us == from_us && hole->from_us < from_us)
            continue;
        bool own = strcmp(holes_stream(holes, hole->stream)->symbol, stream->symbol) == 0;
        bool idle = own && hole->kind == TD_GAP_PLANNED;
        if (!idle)
            count(out, hole, own, to_us);
        if ((hole->action == TD_GAP_ACT_BACKFILLED && hole->to_us != HOLE_OPEN) ||
            (hole->kind == TD_GAP_SHED && holes_of_device(holes_stream(holes, hole->stream))))
            continue;
        uint32_t kind = idle ? EDGE_IDLE : hole->kind;
        TD_TRY(lake_append(scratch, &(struct edge){begin, 1, kind}, sizeof(struct edge)));
        TD_TRY(lake_append(scratch, &(struct edge){end, -1, kind}, sizeof(struct edge)));
    }
    sweep(scratch, from_us, to_us, out);
    return 0;
}

int64_t completeness_ppm(const struct completeness *of)
{
    int64_t all = 0;
    for (int i = 0; i < PROOFS; i++)
        all += of->us[i];
    return all > 0 ? (int64_t)((__int128)of->us[PROOF_PROVEN] * 1000000 / all) : -1;
}
