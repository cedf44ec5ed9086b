#include "proxy/flow.h"

#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "exchange/dice.h"

size_t flow_room(const struct flow *flow)
{
    return flow->parcels == FLOW_PARCELS ? 0 : FLOW_BYTES - flow->held;
}

/* What is merged waits for the time of the first byte of its lot. */
void flow_took(struct flow *flow, const struct shape *shape, size_t bytes, int64_t now_ns)
{
    int64_t due_ns = now_ns + shape->delay_ns + shape->merge_ns;
    if (shape->merge_ns && flow->parcels && flow->parcel[0].due_ns > now_ns)
        due_ns = flow->parcel[0].due_ns;
    if (flow->parcels && flow->parcel[flow->parcels - 1].due_ns > due_ns)
        due_ns = flow->parcel[flow->parcels - 1].due_ns;
    flow->held += (uint32_t)bytes;
    flow->parcel[flow->parcels++] = (struct parcel){due_ns, (uint32_t)bytes};
}

size_t flow_ready(const struct flow *flow, const struct shape *shape, uint64_t *dice,
                  int64_t now_ns)
{
    size_t ready = 0;
    if (now_ns < flow->next_write_ns)
        return 0;
    for (uint32_t i = 0; i < flow->parcels && flow->parcel[i].due_ns <= now_ns; i++)
        ready += flow->parcel[i].bytes;
    size_t most = shape->drip_per_s    ? 1
                  : shape->split_bytes ? 1 + dice_below(dice, (uint64_t)shape->split_bytes)
                                       : FLOW_BYTES;
    return ready < most ? ready : most;
}

void flow_wrote(struct flow *flow, const struct shape *shape, size_t bytes, int64_t now_ns)
{
    uint32_t gone = 0;
    size_t left = bytes;
    TD_ASSERT(bytes <= flow->held, "only what is held can be written");
    while (left > 0 && flow->parcel[gone].bytes <= left)
        left -= flow->parcel[gone++].bytes;
    memmove(flow->parcel, flow->parcel + gone, (flow->parcels - gone) * sizeof(struct parcel));
    flow->parcels -= gone;
    if (left > 0)
        flow->parcel[0].bytes -= (uint32_t)left;
    flow->held -= (uint32_t)bytes;
    memmove(flow->data, flow->data + bytes, flow->held);
    if (shape->drip_per_s)
        flow->next_write_ns = now_ns + TD_NS_PER_S * (int64_t)bytes / shape->drip_per_s;
}

int64_t flow_due_ns(const struct flow *flow)
{
    if (flow->parcels == 0)
        return INT64_MAX;
    int64_t due_ns = flow->parcel[0].due_ns;
    return due_ns > flow->next_write_ns ? due_ns : flow->next_write_ns;
}

void flow_drop(struct flow *flow)
{
    flow->held = flow->parcels = 0;
}
