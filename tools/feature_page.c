/* Prints docs/FEATURES.md: every column of the features table, from src/features/feature_list.def alone. `make docs` writes the page. */
#include <stdio.h>

#include "features/feature.h"

static const char *const what_set_is[FEATURE_SETS] = {
    [FEATURE_SET_QUOTEWATCH] =
        "One book's four inputs of the online model, trade imbalance, and the stability score.",
    [FEATURE_SET_LEVELS] = "Prices and sizes of the best 20 levels a side; 0 is the best.",
    [FEATURE_SET_STRUCTURAL] =
        "The book as it stands: 20 levels a side, bands of the whole book, and the time.",
    [FEATURE_SET_DYNAMIC] = "What changed since the events before, and windows of one length.",
    [FEATURE_SET_ROLLING] = "Sums and means over 1, 5, 15, 30, 60, 300 and 900 seconds.",
    [FEATURE_SET_MECHANICS] = "How price meets the nearest level; off unless asked for.",
    [FEATURE_SET_OPTIONAL] = "Documented extras; off unless asked for.",
};

static void print_head(void)
{
    puts("# Features\n"
         "\n"
         "Every column of table `features`, printed from `src/features/feature_list.def`\n"
         "by `make docs`; a test compares this page with the list. `features.sets`,\n"
         "`features.with` and `features.without` choose columns; one that is off is\n"
         "absent.\n"
         "\n"
         "`b0`, `B0`: price and size of the best bid; `a0`, `A0`: of the best ask; `m =\n"
         "(b0 + a0) / 2`; `s = a0 - b0`; `p`, `q`: price and size of a level; `Vb`, `Vs`:\n"
         "volume bought and sold by takers. Sums are exact, rounding happens once, at the\n"
         "end. A window of h seconds at t is (t - h, t] of event time. base, quote: units\n"
         "of the two currencies. What is undefined is null; a book that is not proven, or\n"
         "has an empty side, gives no row. FLOAT columns are computed in double and stored\n"
         "as float32. Horizons, bands and the 20 levels are fixed; where `[features]` of\n"
         "tapedeck.ini can change a window, a bound or a number of levels, the default\n"
         "stands here. Source: section of the specification.");
}

static void print_type(const struct feature_info *info)
{
    static const char *const types[] = {"DOUBLE", "FLOAT", "INT", "word"};
    const char *const *word = feature_word_list(info->words, NULL);

    fputs(types[info->type], stdout);
    for (const char *between = ": "; *word != NULL; between = ", ", word++)
        printf("%s%s", between, *word);
}

static void print_feature(unsigned feature)
{
    const struct feature_info *info = feature_at(feature);

    printf("| %d | `%s` | ", info->id, info->name);
    print_type(info);
    printf(" | %s | `%s` | %s | %s | %s |", info->unit, info->formula, info->window,
           info->null_when, info->section);
    for (unsigned i = 0; feature_alias(feature, i) != NULL; i++)
        printf("%s `%s`", i > 0 ? "," : "", feature_alias(feature, i));
    puts(" |");
}

static void print_set(unsigned set)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FEATURES; i++)
        count += feature_at(i)->set == set;
    printf("\n## %s\n\n%s %u columns.\n\n", feature_set_name(set), what_set_is[set], count);
    puts("| id | name | type | unit | formula | window | null when | source | also known as |\n"
         "|--|--|--|--|--|--|--|--|--|");
    for (unsigned i = 0; i < FEATURES; i++) {
        if (feature_at(i)->set == set)
            print_feature(i);
    }
}

int main(void)
{
    print_head();
    for (unsigned set = 0; set < FEATURE_SETS; set++)
        print_set(set);
    return ferror(stdout) != 0 || fflush(stdout) != 0;
}
