#include "features/score.h"

#include <math.h>

#include "base/state.h"

#define WEIGHT_LIQUIDITY (0.45 / 0.65)
#define WEIGHT_TAPE (0.20 / 0.65)

double score_liquidity(enum barrier_state state, double delta, double thresh)
{
    switch (state) {
    case BARRIER_VACUUM:
        return 100;
    case BARRIER_WEAK:
        return 75;
    case BARRIER_CONSUMED:
        return delta < -thresh ? 60 : 50;
    case BARRIER_WALL:
    case BARRIER_ABSORPTION:
        return 0;
    default:
        return 50;
    }
}

double score_tape(const struct score_tape *tape, double sign)
{
    double score = 0;

    if (tape->sweep && tape->sweep_up == (sign > 0))
        return 100;
    if (tape->has_velocity && sign * tape->velocity > 0)
        score += 25 * fmin(1, fabs(tape->velocity));
    if (tape->has_imbalance && sign * tape->imbalance > 0)
        score += 25 * fabs(tape->imbalance);
    return fmin(50, score);
}

double score_raw(double liquidity, double tape)
{
    return fmin(100, fmax(0, WEIGHT_LIQUIDITY * liquidity + WEIGHT_TAPE * tape));
}

enum score_confidence score_confidence(double barrier, double tape)
{
    double mean = (barrier + tape) / 2;
    return mean >= 0.7 ? CONFIDENCE_HIGH : mean >= 0.4 ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
}

enum score_signal score_condition(double raw, bool within_touch, enum barrier_state state,
                                  double volume, double contested)
{
    if (raw > 80)
        return SIGNAL_BREAK;
    if (raw < 20 && within_touch)
        return SIGNAL_REJECT;
    if (raw >= 30 && raw <= 70 && state == BARRIER_CONSUMED && volume > contested)
        return SIGNAL_CONTESTED;
    return SIGNAL_NEUTRAL;
}

enum score_signal score_hold(struct score_hold *hold, enum score_signal condition, int64_t now_ns)
{
    if (!hold->begun)
        *hold = (struct score_hold){true, SIGNAL_NEUTRAL, SIGNAL_NEUTRAL, now_ns, INT64_MAX};
    if (hold->condition != condition) {
        hold->condition = (uint8_t)condition;
        hold->since_ns = now_ns;
    }
    if (hold->signal == condition)
        hold->false_ns = INT64_MAX;
    else if (hold->false_ns == INT64_MAX)
        hold->false_ns = now_ns;
    if (hold->false_ns <= now_ns - SCORE_HOLD_NS) {
        hold->signal = SIGNAL_NEUTRAL;
        hold->false_ns = INT64_MAX;
    }
    if (hold->since_ns <= now_ns - SCORE_HOLD_NS) {
        hold->signal = (uint8_t)condition;
        hold->false_ns = INT64_MAX;
    }
    return hold->signal;
}

void score_hold_state(struct score_hold *hold, struct td_state *state)
{
    td_state_bool(state, &hold->begun);
    hold->signal = (uint8_t)td_state_count(state, hold->signal, SIGNAL_NEUTRAL);
    hold->condition = (uint8_t)td_state_count(state, hold->condition, SIGNAL_NEUTRAL);
    td_state_i64(state, &hold->since_ns);
    td_state_i64(state, &hold->false_ns);
}
