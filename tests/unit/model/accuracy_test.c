#include "model/accuracy.h"
#include "model_rig.h"

enum { WINDOW = 100 };
static struct accuracy_pair memory[WINDOW];

static struct accuracy fresh(void)
{
    struct accuracy accuracy;
    struct model_params params = model_defaults();
    CHECK(accuracy_footprint(&params) == sizeof memory && sizeof memory % 16 == 0);
    accuracy_init(&accuracy, memory, &params);
    return accuracy;
}

static void add(struct accuracy *accuracy, double probability, int label)
{
    accuracy_add(accuracy, &(struct accuracy_pair){.probability = probability,
                                                   .prediction = probability >= 0.5,
                                                   .label = (int8_t)label});
}

static struct model_stats stats_of(const struct accuracy *accuracy)
{
    struct model_stats stats = {0};
    accuracy_fill(accuracy, &stats);
    return stats;
}

TEST(null_at_nine_pairs_there_at_ten)
{
    struct accuracy accuracy = fresh();
    for (int i = 0; i < 9; i++)
        add(&accuracy, 0.9, 1);
    struct model_stats stats = stats_of(&accuracy);
    CHECK(isnan(stats.accuracy) && isnan(stats.balanced_accuracy) && isnan(stats.brier) &&
          isnan(stats.base_rate));
    add(&accuracy, 0.9, 0);
    stats = stats_of(&accuracy);
    CHECK_EQ_F64(stats.accuracy, 0.9);
    CHECK_EQ_F64(stats.balanced_accuracy, 0.5);
    CHECK_EQ_F64(stats.base_rate, 0.9);
    CHECK_NEAR_F64(stats.brier, (9 * 0.01 + 0.81) / 10, 1e-15);
}

TEST(one_class_alone_is_balanced_over_itself)
{
    struct accuracy accuracy = fresh();
    for (int i = 0; i < 20; i++)
        add(&accuracy, i < 15 ? 0.25 : 0.75, 0);
    struct model_stats stats = stats_of(&accuracy);
    CHECK_EQ_F64(stats.balanced_accuracy, 0.75);
    CHECK_EQ_F64(stats.base_rate, 1);
}

/* Against all of the last hundred, looked at again each time; a running sum of doubles would differ by now. */
TEST(the_window_never_drifts)
{
    static struct {
        double probability;
        int label;
    } all[30000];
    struct accuracy accuracy = fresh();
    uint64_t random = 9;
    for (int i = 0; i < 30000; i++) {
        double p = fabs(rig_uniform(&random));
        all[i].probability = i % 1000 < 500 ? p : p * 1e-9;
        all[i].label = rig_random(&random) % 5 == 0 && i % 1000 < 500;
        add(&accuracy, all[i].probability, all[i].label);
        if (i < WINDOW || i % 7)
            continue;
        long double squares = 0;
        int matches = 0;
        for (int k = i - WINDOW + 1; k <= i; k++) {
            double off = all[k].probability - all[k].label;
            squares += (long double)(off * off);
            matches += (all[k].probability >= 0.5) == all[k].label;
        }
        struct model_stats stats = stats_of(&accuracy);
        double brier = (double)(squares / WINDOW);
        CHECK_EQ_F64(stats.accuracy, matches / 100.0);
        CHECK_NEAR_F64(stats.brier, brier, 1e-12 * brier);
    }
}

TEST(certain_probabilities_fit)
{
    struct accuracy accuracy = fresh();
    for (int i = 0; i < 250; i++)
        add(&accuracy, 1, 0);
    CHECK_EQ_F64(stats_of(&accuracy).brier, 1);
    for (int i = 0; i < 100; i++)
        add(&accuracy, 0, 0);
    CHECK_EQ_F64(stats_of(&accuracy).brier, 0);
    CHECK_EQ_F64(stats_of(&accuracy).accuracy, 1);
}
