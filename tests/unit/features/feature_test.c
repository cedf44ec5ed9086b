#include "features/feature.h"

#include "features/mechanics.h"
#include "features/quotewatch.h"
#include "test.h"

static int find(const char *name)
{
    return feature_find(name, (unsigned)strlen(name));
}

/* Names and ids are each one column's; each name finds it. */
TEST(names_and_ids_are_unique)
{
    for (unsigned i = 0; i < FEATURES; i++) {
        const struct feature_info *info = feature_at(i);
        CHECK_EQ_I64(find(info->name), i);
        CHECK(info->set < FEATURE_SETS && info->words < FEATURE_WORD_LISTS);
        CHECK((info->type == FEATURE_WORD) == (info->words != FEATURE_WORDS_NONE));
        CHECK(info->formula[0] != 0 && info->section[0] != 0);
        for (unsigned j = 0; j < i; j++)
            CHECK(feature_at(j)->id != info->id);
    }
    CHECK(find("") < 0 && find("ofi_sum_2s") < 0 && find("bid_price_L20") < 0);
    CHECK(feature_find("ofi_multi", 3) == FEATURE_ofi);
}

/* Those that code counts on standing side by side. */
TEST(neighbours)
{
    CHECK_EQ_I64(find("ask_size_L19"), FEATURE_bid_price_L0 + 79);
    CHECK_EQ_I64(find("ask_price_L7"), FEATURE_bid_price_L0 + 4 * 7 + 2);
    CHECK_EQ_I64(FEATURE_ask_slope_simple, FEATURE_bid_slope_simple + 1);
    CHECK_EQ_I64(FEATURE_ask_slope_regression, FEATURE_bid_slope_regression + 1);
    CHECK_EQ_I64(FEATURE_imb_band_50_100bps, FEATURE_imb_band_0_5bps + 4);
    CHECK_EQ_I64(FEATURE_ask_cog, FEATURE_bid_cog + 1);
}

TEST(other_names)
{
    static const char *const pairs[][2] = {{"total_bid_volume", "total_bid_depth"},
                                           {"total_ask_volume", "total_ask_depth"},
                                           {"book_pressure", "total_imbalance"},
                                           {"bid_slope", "bid_slope_simple"},
                                           {"ask_slope", "ask_slope_simple"},
                                           {"log_return_step", "log_return"},
                                           {"ofi_step", "ofi"},
                                           {"mlofi_step", "mlofi"},
                                           {"mlofi_decay", "mlofi"},
                                           {"order_flow_toxicity", "vpin"},
                                           {"tape_sweep_detected", "sweep_detected"}};
    unsigned told = 0;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        CHECK(find(pairs[i][0]) >= 0 && find(pairs[i][0]) == find(pairs[i][1]));
    for (unsigned i = 0; i < FEATURES; i++) {
        for (unsigned n = 0; feature_alias(i, n) != NULL; n++) {
            CHECK_EQ_I64(find(feature_alias(i, n)), i);
            told++;
        }
    }
    CHECK_EQ_U64(told, sizeof pairs / sizeof pairs[0]);
    CHECK_EQ_STR(feature_alias(FEATURE_mlofi, 1), "mlofi_decay");
}

TEST(sets)
{
    static const char *const names[] = {"quotewatch", "levels",    "structural", "dynamic",
                                        "rolling",    "mechanics", "optional"};

    for (unsigned i = 0; i < FEATURE_SETS; i++) {
        CHECK_EQ_STR(feature_set_name(i), names[i]);
        CHECK_EQ_I64(feature_set_find(names[i], (unsigned)strlen(names[i])), i);
    }
    CHECK_EQ_I64(feature_set_find("level", 5), -1);
    CHECK_EQ_I64(feature_set_find("levels2", 6), FEATURE_SET_LEVELS);
}

TEST(words)
{
    unsigned count;
    const char *const *kinds = feature_word_list(FEATURE_WORDS_LEVEL_KIND, &count);

    CHECK_EQ_U64(count, LEVEL_KINDS);
    CHECK_EQ_STR(kinds[LEVEL_PD_HIGH], "PD_HIGH");
    CHECK_EQ_STR(kinds[LEVEL_SMA_400], "SMA_400");
    CHECK_EQ_STR(kinds[LEVEL_USER_HOTZONE], "USER_HOTZONE");
    CHECK(kinds[count] == NULL);
    CHECK_EQ_STR(feature_word_list(FEATURE_WORDS_STABILITY, NULL)[STABILITY_MODERATE], "MODERATE");
    feature_word_list(FEATURE_WORDS_NONE, &count);
    CHECK_EQ_U64(count, 0);
    for (unsigned i = FEATURE_WORDS_NONE + 1; i < FEATURE_WORD_LISTS; i++) {
        feature_word_list(i, &count);
        CHECK(count > 1);
    }
}

/* A row takes nothing that is not finite, and forgets when cleared. */
TEST(rows)
{
    static struct feature_row row;

    feature_row_clear(&row);
    feature_put(&row, FEATURE_ofi, NAN);
    feature_put(&row, FEATURE_vpin, INFINITY);
    feature_put(&row, FEATURE_mlofi, -INFINITY);
    CHECK(!feature_has(&row, FEATURE_ofi) && !feature_has(&row, FEATURE_vpin));
    CHECK(!feature_has(&row, FEATURE_mlofi));
    feature_put(&row, FEATURES - 1, 0.0);
    feature_put(&row, 0, -1.5);
    CHECK(feature_has(&row, FEATURES - 1) && feature_has(&row, 0) && !feature_has(&row, 1));
    CHECK_EQ_F64(row.value[0], -1.5);
    feature_row_clear(&row);
    CHECK(!feature_has(&row, 0));
}
