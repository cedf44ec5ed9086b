#include "lake/encoding.h"

#include "test.h"

TEST(runs_and_packed_groups)
{
    /* 5 times 7, then 8 values of 3 bits: 0..7 */
    const uint8_t data[] = {5 << 1, 7, 1 << 1 | 1, 0x88, 0xc6, 0xfa};
    uint32_t out[13];
    CHECK_EQ_I64(encoding_hybrid(data, sizeof data, 3, out, 13), 0);
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ_U64(out[i], 7);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ_U64(out[5 + i], i);
    CHECK_EQ_I64(encoding_hybrid(data, sizeof data - 1, 3, out, 13), TD_E_PARQUET);
}

TEST(widths_zero_and_thirty_two)
{
    const uint8_t nothing[] = {200, 1}; /* 100 values of no bits */
    const uint8_t wide[] = {2 << 1, 0xef, 0xbe, 0xad, 0xde};
    uint32_t out[100];
    memset(out, 0xff, sizeof out);
    CHECK_EQ_I64(encoding_hybrid(nothing, sizeof nothing, 0, out, 100), 0);
    CHECK_EQ_U64(out[0] | out[99], 0);
    CHECK_EQ_I64(encoding_hybrid(wide, sizeof wide, 32, out, 2), 0);
    CHECK_EQ_U64(out[1], 0xdeadbeef);
    CHECK_EQ_I64(encoding_hybrid(wide, sizeof wide, 33, out, 2), TD_E_PARQUET);
}

TEST(a_run_that_does_not_fit_its_width_is_damage)
{
    const uint8_t data[] = {4 << 1, 2};
    uint32_t out[4];
    CHECK_EQ_I64(encoding_hybrid(data, sizeof data, 1, out, 4), TD_E_PARQUET);
}

TEST(runs_of_nothing_do_not_hang)
{
    const uint8_t empty_run[] = {0, 0, 0, 0}, empty_pack[] = {1, 1, 1, 1};
    uint32_t out[1];
    CHECK_EQ_I64(encoding_hybrid(empty_run, sizeof empty_run, 1, out, 1), TD_E_PARQUET);
    CHECK_EQ_I64(encoding_hybrid(empty_pack, sizeof empty_pack, 1, out, 1), TD_E_PARQUET);
}

/* Block 128, 4 miniblocks, 5 values 7 5 3 1 2 as in the format's own text: deltas -2 -2 -2 1. */
static const uint8_t five[] = {0x80, 1,    4, 5, 14, 3, 2, 0xff, 0xff,
                               0xff, 0xc0, 0, 0, 0,  0, 0, 0,    0};

TEST(deltas_with_junk_widths_behind_the_end)
{
    int64_t out[5];
    CHECK_EQ_I64(encoding_delta(five, sizeof five, 64, out, 5), 0);
    const int64_t want[] = {7, 5, 3, 1, 2};
    for (int i = 0; i < 5; i++)
        CHECK_EQ_I64(out[i], want[i]);
    CHECK_EQ_I64(encoding_delta(five, sizeof five, 64, out, 4), TD_E_PARQUET);
    for (size_t cut = 0; cut < 11; cut++)
        CHECK_EQ_I64(encoding_delta(five, cut, 64, out, 5), TD_E_PARQUET);
}

TEST(deltas_wrap_at_the_width_of_the_type)
{
    /* first 2^31 - 1, one delta of 1, width 0 with min 1 */
    const uint8_t data[] = {0x80, 1, 4, 2, 0xfe, 0xff, 0xff, 0xff, 0x0f, 2, 0, 0, 0, 0};
    int64_t out[2];
    CHECK_EQ_I64(encoding_delta(data, sizeof data, 32, out, 2), 0);
    CHECK_EQ_I64(out[0], INT32_MAX);
    CHECK_EQ_I64(out[1], INT32_MIN);
    CHECK_EQ_I64(encoding_delta(data, sizeof data, 64, out, 2), 0);
    CHECK_EQ_I64(out[1], INT64_C(1) << 31);
}
