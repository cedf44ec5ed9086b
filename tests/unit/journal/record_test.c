#include "journal/record.h"

#include "frames.h"

TEST(comes_back_as_it_went)
{
    static char buffer[256];
    struct frames frames = {1, 200, buffer};
    uint8_t out[JOURNAL_RECORD_HEAD_MAX];
    struct td_frame put = {0}, got = {0}, back;
    for (uint64_t n = 1; n < 5000; n++) {
        struct td_frame frame = frames_make(&frames, n + n / 7);
        if (n % 100 == 0)
            frame.recv_ns = n % 200 ? INT64_MIN : INT64_MAX;
        size_t bytes = journal_record_put(out, &frame, &put);
        CHECK(bytes <= JOURNAL_RECORD_HEAD_MAX);
        CHECK_EQ_I64(journal_record_get(out, bytes, &got, &back), (int64_t)bytes);
        back.payload = frame.payload;
        CHECK(frames_equal(&frame, &back));
    }
}

TEST(extremes_fit_the_head)
{
    uint8_t out[JOURNAL_RECORD_HEAD_MAX];
    struct td_frame put = {0}, got = {0}, back;
    struct td_frame frame = {.number = UINT64_MAX,
                             .recv_ns = INT64_MIN,
                             .mono_ns = INT64_MAX,
                             .bytes = TD_FRAME_BYTES_MAX,
                             .conn = UINT32_MAX,
                             .source = UINT16_MAX,
                             .status = UINT16_MAX,
                             .kind = UINT8_MAX,
                             .origin = UINT8_MAX};
    size_t bytes = journal_record_put(out, &frame, &put);
    CHECK(bytes <= JOURNAL_RECORD_HEAD_MAX);
    CHECK_EQ_I64(journal_record_get(out, bytes, &got, &back), (int64_t)bytes);
    CHECK_EQ_U64(back.number, UINT64_MAX);
    CHECK_EQ_I64(back.recv_ns, INT64_MIN);
    CHECK_EQ_I64(back.mono_ns, INT64_MAX);
    CHECK_EQ_U64(back.bytes, TD_FRAME_BYTES_MAX);
    CHECK_EQ_U64(back.conn, UINT32_MAX);
}

TEST(every_cut_is_refused)
{
    uint8_t out[JOURNAL_RECORD_HEAD_MAX];
    struct td_frame zero = {0}, back;
    struct td_frame frame = {.number = 900,
                             .recv_ns = 1ll << 60,
                             .mono_ns = 77,
                             .bytes = 300,
                             .conn = 5,
                             .source = 400,
                             .kind = 3};
    size_t bytes = journal_record_put(out, &frame, &(struct td_frame){0});
    for (size_t cut = 0; cut < bytes; cut++) {
        zero = (struct td_frame){0};
        CHECK_EQ_I64(journal_record_get(out, cut, &zero, &back), TD_E_JOURNAL_CORRUPT);
    }
}

TEST(impossible_values_are_refused)
{
    struct td_frame zero = {0}, back;
    const uint8_t unknown_tag[] = {0x80, 0, 0, 0};
    const uint8_t too_large[] = {0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f};
    const uint8_t number_stands[] = {1, 0, 0, 0};
    const uint8_t endless[] = {0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                               0xff, 0xff, 0xff, 0xff, 0xff, 0};
    CHECK_EQ_I64(journal_record_get(unknown_tag, sizeof unknown_tag, &zero, &back),
                 TD_E_JOURNAL_CORRUPT);
    CHECK_EQ_I64(journal_record_get(too_large, sizeof too_large, &zero, &back),
                 TD_E_JOURNAL_CORRUPT);
    CHECK_EQ_I64(journal_record_get(number_stands, sizeof number_stands, &zero, &back),
                 TD_E_JOURNAL_CORRUPT);
    CHECK_EQ_I64(journal_record_get(endless, sizeof endless, &zero, &back), TD_E_JOURNAL_CORRUPT);
    zero.number = UINT64_MAX;
    const uint8_t wraps[] = {0, 0, 0};
    CHECK_EQ_I64(journal_record_get(wraps, sizeof wraps, &zero, &back), TD_E_JOURNAL_CORRUPT);
}
