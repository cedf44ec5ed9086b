#include "lake/scores.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t LABEL_BIT = UINT32_C(1) << 31; /* a probability has no sign */

td_err scores_add(struct scores *scores, int prediction, int label, float probability)
{
    uint32_t bits;
    scores->pairs++;
    scores->label[label != 0]++;
    scores->hit[label != 0] += prediction == label;
    scores->right += prediction == label;
    if (!(probability >= 0 && probability <= 1)) {
        scores->without_probability++;
        return 0;
    }
    double miss = (double)probability - (label != 0);
    exact_add(&scores->brier, miss * miss);
    probability += 0.0F; /* -0 is 0 */
    memcpy(&bits, &probability, sizeof bits);
    bits |= label ? LABEL_BIT : 0;
    return lake_append(&scores->sample, &bits, sizeof bits);
}

td_err scores_join(struct scores *scores, const struct scores *other)
{
    scores->pairs += other->pairs;
    scores->right += other->right;
    scores->without_probability += other->without_probability;
    scores->brier.sum += other->brier.sum;
    scores->brier.count += other->brier.count;
    for (int i = 0; i < 2; i++) {
        scores->label[i] += other->label[i];
        scores->hit[i] += other->hit[i];
    }
    return lake_append(&scores->sample, other->sample.data, other->sample.bytes);
}

void scores_free(struct scores *scores)
{
    lake_buffer_free(&scores->sample);
}

static int by_probability(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a & ~LABEL_BIT, y = *(const uint32_t *)b & ~LABEL_BIT;
    return x < y ? -1 : x > y;
}

/* Share of pairs of one sample of each label that are in the right order: a walk over the sorted probabilities, equal ones together. */
static double auc_of(const struct scores *scores)
{
    uint32_t *sample = (uint32_t *)(void *)scores->sample.data;
    size_t count = scores->sample.bytes / sizeof *sample;
    uint64_t below[2] = {0, 0};
    unsigned __int128 twice = 0;
    if (count)
        qsort(sample, count, sizeof *sample, by_probability);
    for (size_t i = 0, end; i < count; i = end) {
        uint64_t same[2] = {0, 0};
        for (end = i; end < count && by_probability(&sample[i], &sample[end]) == 0; end++)
            same[(sample[end] & LABEL_BIT) != 0]++;
        twice += (unsigned __int128)same[1] * (2 * below[0] + same[0]);
        below[0] += same[0];
        below[1] += same[1];
    }
    return exact_ratio((double)twice / 2, (double)below[0] * (double)below[1]);
}

struct scores_of scores_of(struct scores *scores)
{
    double n = (double)scores->pairs, no = (double)scores->label[0], yes = (double)scores->label[1];
    double balanced =
        exact_ratio((double)scores->hit[0], no) / 2 + exact_ratio((double)scores->hit[1], yes) / 2;
    return (struct scores_of){.pairs = scores->pairs,
                              .accuracy = exact_ratio((double)scores->right, n),
                              .balanced_accuracy = balanced,
                              .auc = auc_of(scores),
                              .brier = exact_mean(&scores->brier),
                              .base_rate = exact_ratio(yes > no ? yes : no, n),
                              .positive_rate = exact_ratio(yes, n)};
}
