#include "features/smooth.h"

#include <math.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/state.h"

#define DT_MOST_NS (600 * TD_NS_PER_S)

double smooth_share(int64_t dt_ns, double tau_s)
{
    if (dt_ns <= 0)
        return 0;
    double dt_s = (double)(dt_ns < DT_MOST_NS ? dt_ns : DT_MOST_NS) / (double)TD_NS_PER_S;
    return 1 - exp(-dt_s / tau_s);
}

/* Few values: put in order while they are copied. */
static double median(struct smooth *smooth, double x, unsigned of)
{
    double sorted[SMOOTH_MEDIAN_MOST];
    unsigned count = 0;

    TD_ASSERT(of <= SMOOTH_MEDIAN_MOST, "median of too many");
    smooth->newest[smooth->newest_at] = x;
    smooth->newest_at = (uint8_t)((smooth->newest_at + 1u) % of);
    if (smooth->newest_count < of)
        smooth->newest_count++;
    for (; count < smooth->newest_count; count++) {
        unsigned at = count;
        for (; at > 0 && sorted[at - 1] > smooth->newest[count]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = smooth->newest[count];
    }
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double smooth_add(struct smooth *smooth, double x, int64_t now_ns, double tau_s, unsigned median_of)
{
    if (smooth->any && now_ns <= smooth->at_ns)
        return smooth->value;
    if (median_of > 0)
        x = median(smooth, x, median_of);
    double share = smooth->any ? smooth_share(now_ns - smooth->at_ns, tau_s) : 1;
    smooth->value = share * x + (1 - share) * smooth->value;
    smooth->at_ns = now_ns;
    smooth->any = true;
    return smooth->value;
}

void smooth_state(struct smooth *smooth, struct td_state *state)
{
    td_state_double(state, &smooth->value);
    td_state_i64(state, &smooth->at_ns);
    td_state_bool(state, &smooth->any);
    smooth->newest_count = (uint8_t)td_state_count(state, smooth->newest_count, SMOOTH_MEDIAN_MOST);
    smooth->newest_at = (uint8_t)td_state_count(state, smooth->newest_at, SMOOTH_MEDIAN_MOST - 1);
    for (unsigned i = 0; i < smooth->newest_count; i++)
        td_state_double(state, &smooth->newest[i]);
}
