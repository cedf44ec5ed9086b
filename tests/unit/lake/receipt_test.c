#include "lake/receipt.h"

#include "test.h"

static td_err parse(const char *text, struct receipt *receipt)
{
    return receipt_parse(text, strlen(text), receipt);
}

TEST(fields_are_taken_by_name)
{
    struct receipt r;
    CHECK_EQ_I64(
        parse("{\"rows\": 66, \"new\": {\"rows\": 5}, \"sha256\": \"ab\", \"crc32c\": \"0000ffFE\","
              "\"ts_recv_min\": \"2026-09-21T04:59:58.030000Z\", \"ts_event_min\": null}",
              &r),
        0);
    CHECK_EQ_I64(r.number[RECEIPT_ROWS], 66);
    CHECK_EQ_I64(r.number[RECEIPT_CRC32C], 0xfffe);
    CHECK_EQ_I64(r.number[RECEIPT_RECV_MIN_US], INT64_C(1789966798030000));
    CHECK_EQ_STR(r.sha256, "ab");
    CHECK(r.has[RECEIPT_ROWS] && !r.has[RECEIPT_BYTES] && !r.null[RECEIPT_BYTES]);
    CHECK(r.null[RECEIPT_EVENT_MIN_US] && !r.has[RECEIPT_EVENT_MIN_US]);
}

TEST(nonsense_is_refused)
{
    struct receipt r;
    static const char *const bad[] = {"",
                                      "[]",
                                      "{",
                                      "{\"rows\": \"many\"}",
                                      "{\"rows\": {}}",
                                      "{\"crc32c\": \"xyz\"}",
                                      "{\"ts_recv_min\": 5}",
                                      "{\"sha256\": [1]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ_I64(parse(bad[i], &r), TD_E_SYNTAX);
}

TEST(paths_there_and_back)
{
    char out[64];
    CHECK(receipt_path("a/b.c/d_1.parquet", out, sizeof out));
    CHECK_EQ_STR(out, "a/b.c/_d_1.json");
    CHECK(receipt_segment_path("a/b.c/_d_1.json", out, sizeof out));
    CHECK_EQ_STR(out, "a/b.c/d_1.parquet");
    CHECK(receipt_path("d.parquet", out, sizeof out));
    CHECK_EQ_STR(out, "_d.json");
    CHECK(!receipt_path("a/d.csv", out, sizeof out));
    CHECK(!receipt_path("d.parquet", out, 4));
    CHECK(!receipt_segment_path("a/d.json", out, sizeof out));
}
