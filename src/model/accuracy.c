#include "model/accuracy.h"

#include <math.h>

typedef unsigned __int128 u128;

/* A square of at most 1 in units of 2^-112: every bit of squares from 2^-60 on, and a thousand of them fit. */
static u128 fixed_square(const struct accuracy_pair *pair)
{
    double off = pair->probability - pair->label;
    return (u128)(off * off * 0x1p112);
}

size_t accuracy_footprint(const struct model_params *params)
{
    return (size_t)params->accuracy_window * sizeof(struct accuracy_pair);
}

void accuracy_init(struct accuracy *accuracy, void *mem, const struct model_params *params)
{
    *accuracy = (struct accuracy){
        .window = params->accuracy_window, .least = params->accuracy_min, .pair = mem};
}

void accuracy_clear(struct accuracy *accuracy)
{
    *accuracy = (struct accuracy){
        .window = accuracy->window, .least = accuracy->least, .pair = accuracy->pair};
}

static void forget_oldest(struct accuracy *accuracy)
{
    const struct accuracy_pair *pair = &accuracy->pair[accuracy->first];
    accuracy->labels[pair->label]--;
    accuracy->matches[pair->label] -= pair->prediction == pair->label;
    accuracy->squares -= fixed_square(pair);
    accuracy->first = accuracy->first + 1 == accuracy->window ? 0 : accuracy->first + 1;
    accuracy->count--;
}

void accuracy_add(struct accuracy *accuracy, const struct accuracy_pair *pair)
{
    if (accuracy->count == accuracy->window)
        forget_oldest(accuracy);
    uint32_t place = accuracy->first + accuracy->count;
    if (place >= accuracy->window)
        place -= accuracy->window;
    accuracy->pair[place] = *pair;
    accuracy->count++;
    accuracy->labels[pair->label]++;
    accuracy->matches[pair->label] += pair->prediction == pair->label;
    accuracy->squares += fixed_square(pair);
}

/* Mean of the share found of each label that occurs, as scikit-learn has it. */
static double balanced(const struct accuracy *accuracy)
{
    double sum = 0;
    int classes = 0;
    for (int label = 0; label < 2; label++)
        if (accuracy->labels[label] > 0) {
            sum += (double)accuracy->matches[label] / accuracy->labels[label];
            classes++;
        }
    return sum / classes;
}

void accuracy_fill(const struct accuracy *accuracy, struct model_stats *stats)
{
    stats->accuracy = stats->balanced_accuracy = stats->brier = stats->base_rate = NAN;
    if (accuracy->count < accuracy->least || accuracy->count == 0)
        return;
    double count = accuracy->count;
    const uint32_t *labels = accuracy->labels;
    stats->accuracy = (accuracy->matches[0] + accuracy->matches[1]) / count;
    stats->balanced_accuracy = balanced(accuracy);
    stats->brier = (double)accuracy->squares * 0x1p-112 / count;
    stats->base_rate = (labels[0] > labels[1] ? labels[0] : labels[1]) / count;
}
