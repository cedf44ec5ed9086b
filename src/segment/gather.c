#include "segment/gather.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "segment/column_from.h"

enum { HEADS_PER_PAGE = TD_PAGE_BYTES / sizeof(struct row_head) };

/* ---- the group ---------------------------------------------------------------------------------- */

/* The widest row decides how many pages rows can fill. */
static size_t row_pages_max(uint32_t rows_max)
{
    size_t widest = 0;
    for (int t = 0; t < ROW_TABLES; t++)
        if (schema_table((enum row_table)t)->row_bytes > widest)
            widest = schema_table((enum row_table)t)->row_bytes;
    return rows_max / (TD_PAGE_BYTES / widest) + 1;
}

static size_t head_pages_max(uint32_t rows_max)
{
    return rows_max / HEADS_PER_PAGE + 1;
}

/* One page more than the bound: the row that passes it still keeps its texts. */
enum { TEXT_PAGES_MAX = GROUP_TEXT_PAGES + 1 };

size_t group_view_footprint(uint32_t rows_max)
{
    size_t pages = row_pages_max(rows_max) + head_pages_max(rows_max) + TEXT_PAGES_MAX;
    return pages * sizeof(void *) + (size_t)rows_max * sizeof(uint32_t);
}

static uint32_t row_head_index(const unsigned char *row, unsigned offset)
{
    uint32_t head;
    memcpy(&head, row + offset, sizeof head);
    return head;
}

static void count_rows_of_heads(struct group_view *view)
{
    unsigned offset = schema_head_offset(view->table);
    uint32_t row_bytes = view->row_bytes, per_page = TD_PAGE_BYTES / row_bytes;
    memset(view->rows_of_head, 0, view->heads * sizeof *view->rows_of_head);
    for (uint32_t i = 0; i < view->rows; i++) {
        const unsigned char *row =
            view->row_page[i / per_page] + (size_t)(i % per_page) * row_bytes;
        uint32_t head = row_head_index(row, offset);
        TD_ASSERT(head < view->heads, "a row names a head of its group");
        view->rows_of_head[head]++;
    }
}

void group_view_init(struct group_view *view, void *mem, uint32_t rows_max, const struct cut *cut,
                     enum row_table table, const struct groups *groups)
{
    const struct pages *pages = cut_pages(groups);
    view->table = table;
    view->layout = cut_layout(groups);
    view->row_bytes =
        table == ROW_FEATURES ? view->layout->row_bytes : schema_table(table)->row_bytes;
    view->rows = cut->rows;
    view->heads = cut->heads;
    view->hour_ns = cut->hour_ns;
    view->row_page = mem;
    view->head_page = view->row_page + row_pages_max(rows_max);
    view->text_page = view->head_page + head_pages_max(rows_max);
    view->rows_of_head = (uint32_t *)(void *)(view->text_page + TEXT_PAGES_MAX);
    TD_ASSERT(cut->text_pages.count <= TEXT_PAGES_MAX, "texts of a group are bounded");
    pages_list(pages, &cut->row_pages, view->row_page);
    pages_list(pages, &cut->head_pages, view->head_page);
    pages_list(pages, &cut->text_pages, view->text_page);
    count_rows_of_heads(view);
}

const struct row_head *group_view_head(const struct group_view *view, uint32_t head)
{
    return (const struct row_head *)(const void *)view->head_page[head / HEADS_PER_PAGE] +
           head % HEADS_PER_PAGE;
}

const char *group_view_text(const struct group_view *view, row_text place, size_t *bytes)
{
    uint32_t at = place - 1;
    const unsigned char *text = view->text_page[at / TD_PAGE_BYTES] + at % TD_PAGE_BYTES;
    uint16_t length;
    memcpy(&length, text, 2);
    *bytes = length;
    return (const char *)text + 2;
}

/* ---- single values ------------------------------------------------------------------------------ */

/* Floored, so that the remainder is 0..999 before 1970 too. */
static int64_t us_of(int64_t ns)
{
    int64_t us = ns / 1000;
    return ns % 1000 < 0 ? us - 1 : us;
}

static int64_t load_i64(const unsigned char *at)
{
    int64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static int32_t load_i32(const unsigned char *at)
{
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* False for what a column must not hold; -0 becomes 0, so that a value has one pattern and minimum and maximum are plain. */
static bool take_double(const unsigned char *at, uint64_t *value)
{
    double number;
    memcpy(&number, at, sizeof number);
    if (!isfinite(number))
        return false;
    number += 0.0;
    memcpy(value, &number, sizeof number);
    return true;
}

/* A FLOAT travels as the double of the same value, exact both ways. */
static bool take_real(const struct column *column, const unsigned char *at, uint64_t *value)
{
    double number;
    if (!take_double(at, value))
        return false;
    if (column->physical != COLUMN_FLOAT)
        return true;
    memcpy(&number, value, sizeof number);
    number = (double)(float)number;
    return take_double((const unsigned char *)&number, value);
}

static bool take_head(const struct column *column, const struct row_head *head, uint64_t *value)
{
    const unsigned char *at = (const unsigned char *)head + column->offset;
    int64_t number;
    switch (column->from) {
    case FROM_HEAD_US:
        *value = (uint64_t)us_of(load_i64(at));
        return true;
    case FROM_HEAD_RECV_REM:
        *value = (uint64_t)(head->recv_ns - us_of(head->recv_ns) * 1000);
        return true;
    case FROM_HEAD_REM:
        /* A stamp of our own stands in for a missing one to the us only; its nanoseconds live in the journal. */
        number = load_i64(at);
        *value = number == head->recv_ns ? 0 : (uint64_t)(number - us_of(number) * 1000);
        return true;
    case FROM_HEAD_I64:
        *value = (uint64_t)load_i64(at);
        return true;
    case FROM_HEAD_U32:
        *value = (uint64_t)(int64_t)load_i32(at);
        return true;
    case FROM_HEAD_SEQ:
        *value = (uint64_t)load_i64(at);
        return head->has_seq != 0;
    case FROM_HEAD_ENUM:
        *value = *at;
        return true;
    default:
        TD_ASSERT(false, "not a column of the head");
    }
}

/* 1 + index with 0 for none; a required column has no null, and its marker rows carry no level: the first word stands. */
static bool take_enum_set(const struct column *column, uint8_t number, uint64_t *value)
{
    *value = number ? number - 1u : 0;
    return number || !column->optional;
}

static bool take_row(const struct column *column, const unsigned char *row, uint64_t *value)
{
    const unsigned char *at = row + column->offset;
    row_text uid;
    switch (column->from) {
    case FROM_ROW_DOUBLE_BIT:
        return (((const struct row_ticker *)(const void *)row)->present >> column->aux & 1) &&
               take_double(at, value);
    case FROM_ROW_DOUBLE_IF:
        return row[column->aux] && take_real(column, at, value);
    case FROM_ROW_REAL:
        return take_real(column, at, value);
    case FROM_ROW_I64:
        *value = (uint64_t)load_i64(at);
        return true;
    case FROM_ROW_I64_IF:
        *value = (uint64_t)load_i64(at);
        return row[column->aux] != 0;
    case FROM_ROW_I32:
        *value = (uint64_t)(int64_t)load_i32(at);
        return true;
    case FROM_ROW_I32_SET:
        *value = (uint64_t)(int64_t)load_i32(at);
        return *value != 0;
    case FROM_ROW_I32_IF:
        *value = (uint64_t)(int64_t)load_i32(at);
        return row[column->aux] != 0;
    case FROM_ROW_U8:
    case FROM_ROW_ENUM:
        *value = *at;
        return true;
    case FROM_ROW_BOOL:
        *value = *at != 0;
        return true;
    case FROM_ROW_US:
        *value = (uint64_t)us_of(load_i64(at));
        return true;
    case FROM_ROW_US_SET:
        *value = (uint64_t)us_of(load_i64(at));
        return load_i64(at) != 0;
    case FROM_ROW_TEXT:
    case FROM_ROW_BYTES:
        *value = (uint32_t)load_i32(at);
        return *value || !column->optional;
    case FROM_ROW_ENUM_SET:
        return take_enum_set(column, *at, value);
    case FROM_TRADE_ID:
        uid = ((const struct row_trade *)(const void *)row)->uid;
        *value = (uint64_t)load_i64(at);
        return uid == 0 && (int64_t)*value >= 0;
    default:
        TD_ASSERT(false, "not a column of the row");
    }
}

/* ---- whole columns ------------------------------------------------------------------------------ */

/* Rows of a frame share its head, so a head is read once and repeated. */
static void gather_heads(const struct group_view *view, const struct column *column,
                         struct values *values)
{
    uint64_t *out = values->value;
    uint8_t *level = values->level;
    for (uint32_t h = 0; h < view->heads; h++) {
        uint64_t value = 0;
        uint32_t rows = view->rows_of_head[h];
        bool present = take_head(column, group_view_head(view, h), &value);
        if (column->optional) {
            memset(level, present, rows);
            level += rows;
        }
        for (uint32_t i = 0; present && i < rows; i++)
            *out++ = value;
    }
    values->count = (uint32_t)(out - values->value);
}

/* Calls `each` for every run of rows that stand in one page. */
#define FOR_ROWS(view, row, row_bytes)                                                             \
    for (uint32_t page_ = 0, left_ = (view)->rows, per_ = TD_PAGE_BYTES / (row_bytes), in_; left_; \
         left_ -= in_, page_++)                                                                    \
        if ((in_ = left_ < per_ ? left_ : per_) != 0)                                              \
            for (const unsigned char *row = (view)->row_page[page_],                               \
                                     *end_ = row + (size_t)in_ * (row_bytes);                      \
                 row < end_; row += (row_bytes))

/* Required doubles are most of the bytes: a loop of their own. */
static void gather_doubles(const struct group_view *view, const struct column *column,
                           struct values *values)
{
    uint64_t *out = values->value;
    const unsigned row_bytes = view->row_bytes, offset = column->offset;
    FOR_ROWS(view, row, row_bytes)
    {
        bool finite = take_double(row + offset, out++);
        TD_ASSERT(finite, "a stored price or size is a number");
    }
    values->count = view->rows;
}

static void gather_bytes(const struct group_view *view, const struct column *column,
                         struct values *values)
{
    uint64_t *out = values->value;
    const unsigned row_bytes = view->row_bytes, offset = column->offset;
    FOR_ROWS(view, row, row_bytes)
    *out++ = row[offset];
    values->count = view->rows;
}

static void gather_rows(const struct group_view *view, const struct column *column,
                        struct values *values)
{
    uint64_t *out = values->value;
    uint8_t *level = values->level;
    const unsigned row_bytes = view->row_bytes;
    FOR_ROWS(view, row, row_bytes)
    {
        bool present = take_row(column, row, out);
        if (column->optional)
            *level++ = present;
        out += present;
    }
    values->count = (uint32_t)(out - values->value);
}

/* Most columns of the widest table: a loop of their own. */
static void gather_features(const struct group_view *view, const struct column *column,
                            struct values *values)
{
    uint64_t *out = values->value;
    uint8_t *level = values->level;
    const unsigned row_bytes = view->row_bytes;
    FOR_ROWS(view, row, row_bytes)
    {
        double value = 0;
        bool present = packed_get(view->layout, row, column->offset, &value);
        *level++ = present;
        if (column->physical == COLUMN_DOUBLE || column->physical == COLUMN_FLOAT)
            memcpy(out, &value, sizeof value);
        else
            *out = (uint64_t)(int64_t)value;
        out += present;
    }
    values->count = (uint32_t)(out - values->value);
}

bool gather_is_constant(const struct column *column)
{
    return column->from <= FROM_FEATURE_VERSION;
}

void gather(const struct group_view *view, const struct column *column, struct values *values)
{
    if (column->from >= FROM_HEAD_US && column->from <= FROM_HEAD_ENUM)
        gather_heads(view, column, values);
    else if (column->from == FROM_FEATURE || column->from == FROM_FEATURE_WORD)
        gather_features(view, column, values);
    else if (column->from == FROM_ROW_DOUBLE)
        gather_doubles(view, column, values);
    else if (column->from == FROM_ROW_U8 || column->from == FROM_ROW_ENUM)
        gather_bytes(view, column, values);
    else
        gather_rows(view, column, values);
    values->nulls = view->rows - values->count;
    TD_ASSERT(values->nulls == 0 || column->optional, "a required column has no null");
}
