#include "features/attempts.h"

#include <math.h>
#include <string.h>

#include "base/state.h"

void attempts_day(struct attempts *a)
{
    memset(a, 0, sizeof *a);
}

void attempts_add(struct attempts *a, uint8_t kind, bool up, int64_t ts_ns, double price,
                  double band, const struct attempt_values *values)
{
    struct attempt *attempt = &a->at[kind][up ? 0 : 1];

    if (attempt->cluster == 0 || ts_ns - attempt->ts_ns > ATTEMPTS_GAP_NS ||
        fabs(price - attempt->price) > band) {
        attempt->cluster++;
        attempt->index = 0;
        attempt->first = *values;
    }
    attempt->index++;
    attempt->ts_ns = ts_ns;
    attempt->price = price;
}

static void values_state(struct attempt_values *values, struct td_state *state)
{
    td_state_bool(state, &values->has_barrier);
    td_state_bool(state, &values->has_velocity);
    td_state_bool(state, &values->has_imbalance);
    td_state_double(state, &values->replenishment);
    td_state_double(state, &values->delta);
    td_state_double(state, &values->velocity);
    td_state_double(state, &values->imbalance);
}

void attempts_state(struct attempts *a, struct td_state *state)
{
    for (unsigned i = 0; i < LEVEL_KINDS * 2; i++) {
        struct attempt *attempt = &a->at[i / 2][i % 2];
        td_state_u32(state, &attempt->cluster);
        td_state_u32(state, &attempt->index);
        td_state_i64(state, &attempt->ts_ns);
        td_state_double(state, &attempt->price);
        values_state(&attempt->first, state);
    }
}
