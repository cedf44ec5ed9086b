#include "wide.h"

static struct wide_told told;

static void check_row(int64_t wait_ns, int label, double probability, const char *expected)
{
    struct rig rig;
    struct row_head head = sample_head(1);
    wide_open(&rig, NULL, false);
    int stream = wide_streams(&rig, ROW_PREDICTIONS);
    groups_head(rig.groups, stream, &head);
    struct row_prediction *row = groups_append(rig.groups, stream);
    row->model_id = groups_text(rig.groups, stream, "m", 1);
    row->horizon_ms = 500;
    row->has_label = row->has_probability = 1;
    row->probability = probability;
    row->label = label;
    row->mid = 1;
    row->labeled_at_ns = head.recv_ns + wait_ns;
    wide_verify(&rig, &told);
    if (expected)
        CHECK(strstr(told.text, expected) != NULL);
    else
        CHECK_EQ_STR(told.text, "");
}

TEST(a_label_at_its_horizon_is_fine)
{
    check_row(500 * TD_NS_PER_MS, 1, 1, NULL);
}

TEST(a_label_before_its_horizon_is_told)
{
    check_row(499 * TD_NS_PER_MS, 1, 1, "labeled_at is before the horizon in row 0");
}

TEST(a_label_is_a_bit)
{
    check_row(500 * TD_NS_PER_MS, 2, 1, "label is neither 0 nor 1");
}

TEST(a_probability_is_one)
{
    check_row(500 * TD_NS_PER_MS, 0, 1.01, "probability is not within 0..1");
}
