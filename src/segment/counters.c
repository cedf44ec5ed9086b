#include "segment/counters.h"

#include <string.h>

#include "base/text.h"

/* Far more than files can ever be written, and far from wrapping round. */
enum { COUNTER_MAX = INT32_MAX };

static uint32_t room_for(uint32_t streams)
{
    return 2 * streams;
}

size_t counters_footprint(uint32_t streams)
{
    return room_for(streams) * sizeof(struct counter);
}

void counters_init(struct counters *counters, void *mem, uint32_t streams)
{
    *counters = (struct counters){.at = mem, .cap = room_for(streams)};
}

static struct counter *find(struct counters *counters, const struct path_partition *partition)
{
    for (struct counter *at = counters->at; at < counters->at + counters->count; at++)
        if (strcmp(at->symbol, partition->symbol) == 0 &&
            strcmp(at->exchange, partition->exchange) == 0 &&
            strcmp(at->table, partition->table) == 0)
            return at;
    return NULL;
}

static void raise_floor(struct counters *counters, uint32_t last)
{
    if (last > counters->floor)
        counters->floor = last;
}

static struct counter *place_for_one(struct counters *counters)
{
    if (counters->count < counters->cap)
        return &counters->at[counters->count++];
    struct counter *at = counters->at;
    while (at < counters->at + counters->cap && at->asked)
        at++;
    TD_ASSERT(at < counters->at + counters->cap, "more partitions than streams");
    raise_floor(counters, at->last);
    return at;
}

uint32_t *counters_of(struct counters *counters, const struct path_partition *partition)
{
    struct counter *at = find(counters, partition);
    if (at == NULL) {
        at = place_for_one(counters);
        memset(at, 0, sizeof *at);
        td_text_copy(at->table, sizeof at->table, partition->table, strlen(partition->table));
        td_text_copy(at->exchange, sizeof at->exchange, partition->exchange,
                     strlen(partition->exchange));
        td_text_copy(at->symbol, sizeof at->symbol, partition->symbol, strlen(partition->symbol));
        at->last = counters->floor;
    }
    at->asked = true;
    TD_ASSERT(at->last < UINT32_MAX, "a counter of names wraps round");
    return &at->last;
}

static void one_state(struct counter *counter, struct td_state *state)
{
    td_state_text(state, counter->table, sizeof counter->table);
    td_state_text(state, counter->exchange, sizeof counter->exchange);
    td_state_text(state, counter->symbol, sizeof counter->symbol);
    counter->last = td_state_count(state, counter->last, COUNTER_MAX);
}

static void load_one(struct counters *counters, struct td_state *state)
{
    struct counter counter = {0};
    one_state(&counter, state);
    if (state->failed)
        return;
    if (counters->count < counters->cap)
        counters->at[counters->count++] = counter;
    else
        raise_floor(counters, counter.last);
}

void counters_state(struct counters *counters, struct td_state *state)
{
    enum { COUNTERS_MARK = 0x6E616D65, COUNTERS_MAX = 1 << 20 };
    td_state_mark(state, COUNTERS_MARK);
    counters->floor = td_state_count(state, counters->floor, COUNTER_MAX);
    uint32_t count = td_state_count(state, counters->count, COUNTERS_MAX);
    if (state->loading)
        counters->count = 0;
    for (uint32_t i = 0; i < count && !state->failed; i++) {
        if (state->loading)
            load_one(counters, state);
        else
            one_state(&counters->at[i], state);
    }
}
