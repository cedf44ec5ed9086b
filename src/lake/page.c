#include "lake/page.h"

#include "lake/unthrift.h"

static void parse_data(struct unthrift *t, struct page_header *page)
{
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        if (field.id == 1)
            page->values = unthrift_i32(t, &field);
        else if (field.id == 2)
            page->encoding = unthrift_i32(t, &field);
        else if (field.id == 3 && page->kind == PAGE_DATA)
            page->level_encoding = unthrift_i32(t, &field);
        else
            unthrift_skip(t, &field);
    }
    unthrift_leave(t);
}

static void parse_data_v2(struct unthrift *t, struct page_header *page)
{
    struct unthrift_field field = {0};
    unthrift_enter(t);
    while (unthrift_next(t, &field)) {
        switch (field.id) {
        case 1:
            page->values = unthrift_i32(t, &field);
            break;
        case 4:
            page->encoding = unthrift_i32(t, &field);
            break;
        case 5:
            page->v2_level_bytes = unthrift_i32(t, &field);
            break;
        case 6:
            page->v2_repeat_bytes = unthrift_i32(t, &field);
            break;
        case 7:
            page->v2_plain = !unthrift_bool(t, &field);
            break;
        default:
            unthrift_skip(t, &field);
        }
    }
    unthrift_leave(t);
}

static void parse_body(struct unthrift *t, const struct unthrift_field *field,
                       struct page_header *page)
{
    unthrift_want(t, field, UNTHRIFT_STRUCT);
    if (field->id == 8 && page->kind == PAGE_DATA_V2)
        parse_data_v2(t, page);
    else if ((field->id == 5 && page->kind == PAGE_DATA) ||
             (field->id == 7 && page->kind == PAGE_DICTIONARY))
        parse_data(t, page);
    else
        unthrift_skip(t, field);
}

td_err page_header_parse(const uint8_t *data, size_t bytes, struct page_header *page)
{
    struct unthrift t = unthrift_over(data, bytes);
    struct unthrift_field field = {0};
    *page = (struct page_header){.kind = -1,
                                 .uncompressed_bytes = -1,
                                 .compressed_bytes = -1,
                                 .level_encoding = ENCODING_RLE};
    unthrift_enter(&t);
    while (unthrift_next(&t, &field)) {
        if (field.id == 1) {
            page->kind = unthrift_i32(&t, &field);
        } else if (field.id == 2) {
            page->uncompressed_bytes = unthrift_i32(&t, &field);
        } else if (field.id == 3) {
            page->compressed_bytes = unthrift_i32(&t, &field);
        } else if (field.id == 4) {
            page->crc = (uint32_t)unthrift_i32(&t, &field);
            page->has_crc = true;
        } else if (field.id <= 8) {
            parse_body(&t, &field, page);
        } else {
            unthrift_skip(&t, &field);
        }
    }
    unthrift_leave(&t);
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
