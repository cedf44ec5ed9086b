#include "features/barrier.h"

#include "base/state.h"

static bool scale_wide(__int128 *value, int64_t factor)
{
    return !__builtin_mul_overflow(*value, (__int128)factor, value);
}

static bool scale_zone(struct barrier_zone *zone, int64_t factor)
{
    __int128 *sum[] = {&zone->size,  &zone->recorded, &zone->taken,
                       &zone->added, &zone->canceled, &zone->filled};
    bool fits = true;

    for (unsigned i = 0; i < sizeof sum / sizeof sum[0]; i++)
        fits &= scale_wide(sum[i], factor);
    return fits;
}

bool barrier_rescale(struct barrier *b, int64_t size_factor, double zone_bps, double unit)
{
    bool fits = true;

    for (unsigned i = 0; i < BARRIER_ZONES; i++) {
        struct barrier_zone *zone = &b->zone[i];
        if (zone->on)
            levels_band(zone->price, zone->price * zone_bps / 1e4, unit, &b->from[i], &b->to[i]);
        fits &= scale_zone(zone, size_factor);
    }
    for (uint64_t i = b->flows_begin; i < b->flows_end; i++) {
        uint32_t at = (uint32_t)(i % BARRIER_FLOWS);
        fits &= !__builtin_mul_overflow(b->flow_change[at], size_factor, &b->flow_change[at]);
        fits &= !__builtin_mul_overflow(b->flow_filled[at], size_factor, &b->flow_filled[at]);
    }
    return fits;
}

static void wide_state(struct td_state *state, __int128 *value)
{
    uint64_t low = (uint64_t)*value;
    int64_t high = (int64_t)(*value >> 64);

    td_state_u64(state, &low);
    td_state_i64(state, &high);
    *value = (__int128)((unsigned __int128)(uint64_t)high << 64 | low);
}

static void zone_state(struct barrier_zone *zone, struct td_state *state)
{
    td_state_bool(state, &zone->on);
    td_state_bool(state, &zone->known);
    td_state_double(state, &zone->price);
    wide_state(state, &zone->size);
    wide_state(state, &zone->recorded);
    wide_state(state, &zone->taken);
    wide_state(state, &zone->added);
    wide_state(state, &zone->canceled);
    wide_state(state, &zone->filled);
    td_state_u64(state, &zone->first_flow);
    td_state_u64(state, &zone->first_record);
    td_state_bool(state, &zone->smoothed);
    td_state_double(state, &zone->wall);
    td_state_double(state, &zone->scale);
}

/* Flows close together in time: as differences they cost few bytes. */
static void flows_state(struct barrier *b, struct td_state *state)
{
    uint32_t held = (uint32_t)(b->flows_end - b->flows_begin);
    int64_t before_ns = 0;

    td_state_u64(state, &b->flows_begin);
    held = td_state_count(state, held, BARRIER_FLOWS);
    b->flows_end = b->flows_begin + held;
    for (uint32_t i = 0; i < held; i++) {
        uint32_t at = (uint32_t)((b->flows_begin + i) % BARRIER_FLOWS);
        int64_t since_ns = (int64_t)((uint64_t)b->flow_ns[at] - (uint64_t)before_ns);
        td_state_i64(state, &since_ns);
        b->flow_ns[at] = before_ns = (int64_t)((uint64_t)before_ns + (uint64_t)since_ns);
        td_state_i64(state, &b->flow_change[at]);
        td_state_i64(state, &b->flow_filled[at]);
        b->flow_zone[at] = (uint8_t)td_state_count(state, b->flow_zone[at], BARRIER_ZONES - 1);
    }
}

void barrier_state(struct barrier *b, struct td_state *state)
{
    for (unsigned i = 0; i < BARRIER_ZONES; i++) {
        td_state_i64(state, &b->from[i]);
        td_state_i64(state, &b->to[i]);
        zone_state(&b->zone[i], state);
    }
    td_state_u32(state, &b->touched);
    b->touched &= (UINT32_C(1) << BARRIER_ZONES) - 1;
    td_state_bool(state, &b->lost);
    td_state_u64(state, &b->records);
    td_state_i64(state, &b->record_ns);
    td_state_i64(state, &b->record_before_ns);
    td_state_u64(state, &b->flows_full);
    flows_state(b, state);
}
