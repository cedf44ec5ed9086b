#include "lake/page.h"

#include "lake/thrift.h"

static void parse_data(struct thrift *t, struct page_header *page)
{
    struct thrift_field field = {0};
    thrift_enter(t);
    while (thrift_next(t, &field)) {
        if (field.id == 1)
            page->values = thrift_i32(t, &field);
        else if (field.id == 2)
            page->encoding = thrift_i32(t, &field);
        else if (field.id == 3 && page->kind == PAGE_DATA)
            page->level_encoding = thrift_i32(t, &field);
        else
            thrift_skip(t, &field);
    }
    thrift_leave(t);
}

static void parse_data_v2(struct thrift *t, struct page_header *page)
{
    struct thrift_field field = {0};
    thrift_enter(t);
    while (thrift_next(t, &field)) {
        switch (field.id) {
        case 1:
            page->values = thrift_i32(t, &field);
            break;
        case 4:
            page->encoding = thrift_i32(t, &field);
            break;
        case 5:
            page->v2_level_bytes = thrift_i32(t, &field);
            break;
        case 6:
            page->v2_repeat_bytes = thrift_i32(t, &field);
            break;
        case 7:
            page->v2_plain = !thrift_bool(t, &field);
            break;
        default:
            thrift_skip(t, &field);
        }
    }
    thrift_leave(t);
}

static void parse_body(struct thrift *t, const struct thrift_field *field, struct page_header *page)
{
    thrift_want(t, field, THRIFT_STRUCT);
    if (field->id == 8 && page->kind == PAGE_DATA_V2)
        parse_data_v2(t, page);
    else if ((field->id == 5 && page->kind == PAGE_DATA) ||
             (field->id == 7 && page->kind == PAGE_DICTIONARY))
        parse_data(t, page);
    else
        thrift_skip(t, field);
}

td_err page_header_parse(const uint8_t *data, size_t bytes, struct page_header *page)
{
    struct thrift t = thrift_over(data, bytes);
    struct thrift_field field = {0};
    *page = (struct page_header){.kind = -1,
                                 .uncompressed_bytes = -1,
                                 .compressed_bytes = -1,
                                 .level_encoding = ENCODING_RLE};
    thrift_enter(&t);
    while (thrift_next(&t, &field)) {
        if (field.id == 1) {
            page->kind = thrift_i32(&t, &field);
        } else if (field.id == 2) {
            page->uncompressed_bytes = thrift_i32(&t, &field);
        } else if (field.id == 3) {
            page->compressed_bytes = thrift_i32(&t, &field);
        } else if (field.id == 4) {
            page->crc = (uint32_t)thrift_i32(&t, &field);
            page->has_crc = true;
        } else if (field.id <= 8) {
            parse_body(&t, &field, page);
        } else {
            thrift_skip(&t, &field);
        }
    }
    thrift_leave(&t);
    TD_FAIL_IF(t.err || page->kind < 0, TD_E_PARQUET);
    TD_FAIL_IF(page->uncompressed_bytes < 0 || page->compressed_bytes < 0 || page->values < 0,
               TD_E_PARQUET);
    TD_FAIL_IF(page->v2_level_bytes < 0 || page->v2_repeat_bytes < 0, TD_E_PARQUET);
    page->header_bytes = (size_t)(t.at - data);
    return 0;
}

const char *page_encoding_name(int encoding)
{
    static const char *const name[] = {"PLAIN",
                                       "GROUP_VAR_INT",
                                       "PLAIN_DICTIONARY",
                                       "RLE",
                                       "BIT_PACKED",
                                       "DELTA_BINARY_PACKED",
                                       "DELTA_LENGTH_BYTE_ARRAY",
                                       "DELTA_BYTE_ARRAY",
                                       "RLE_DICTIONARY",
                                       "BYTE_STREAM_SPLIT",
                                       "ALP"};
    return encoding >= 0 && encoding < (int)(sizeof name / sizeof name[0]) ? name[encoding]
                                                                           : "of unknown number";
}
