#include "sim/truth.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static struct level *level_memory(uint32_t cap)
{
    struct level *memory = malloc(cap * sizeof *memory);
    TD_ASSERT(memory != NULL, "no memory for a true book");
    return memory;
}

void truth_init(struct truth *truth, struct market *market)
{
    memset(truth, 0, sizeof *truth);
    truth->market = market;
    truth->seen = market->last_change;
    for (int ask = 0; ask < 2; ask++) {
        uint32_t cap = market->is.levels_max + 64;
        levels_lay_out(&truth->side[ask], level_memory(cap), cap, !ask);
        levels_copy(&truth->side[ask], &market->side[ask]);
    }
}

static void keep(struct truth *truth, const struct change *change)
{
    if (truth->next - truth->first == truth->cap) {
        uint64_t cap = truth->cap ? 2 * truth->cap : 4096;
        struct truth_change *more = malloc(cap * sizeof *more);
        TD_ASSERT(more != NULL, "no memory for the true changes");
        for (uint64_t i = truth->first; i < truth->next; i++)
            more[i & (cap - 1)] = truth->change[i & (truth->cap - 1)];
        free(truth->change);
        truth->change = more;
        truth->cap = cap;
    }
    truth->change[truth->next++ & (truth->cap - 1)] =
        (struct truth_change){change->price_steps, change->new_steps, change->seq, change->ask};
}

/* The history is linked backwards. Changes that no message has told yet bear no time. */
uint64_t truth_collect(struct truth *truth)
{
    enum { CHANGES_MAX = 4096 };
    uint64_t number[CHANGES_MAX];
    unsigned count = 0;
    const struct history *history = truth->market->history;
    for (uint64_t at = truth->market->last_change; at > truth->seen;) {
        const struct change *change = history_at(history, at);
        TD_ASSERT(change != NULL && count < CHANGES_MAX, "the history was not read in time");
        if (change->time_us != INT64_MAX)
            number[count++] = at;
        at = change->before;
    }
    while (count > 0) {
        truth->seen = number[--count];
        keep(truth, history_at(history, truth->seen));
    }
    return truth->next;
}

static void apply_one(struct truth *truth)
{
    const struct truth_change *change = &truth->change[truth->at & (truth->cap - 1)];
    levels_set(&truth->side[change->ask], change->price_steps, change->size_steps);
    truth->at_seq = change->seq;
    truth->first = ++truth->at;
}

bool truth_walk(struct truth *truth, uint64_t position)
{
    if (position < truth->at || position > truth->next)
        return false;
    while (truth->at < position)
        apply_one(truth);
    return true;
}

bool truth_walk_seq(struct truth *truth, uint64_t seq)
{
    if (seq < truth->at_seq)
        return false;
    while (truth->at < truth->next && truth->change[truth->at & (truth->cap - 1)].seq <= seq)
        apply_one(truth);
    return true;
}
