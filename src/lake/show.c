#include "lake/show.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/utc.h"
#include "segment/utf8_text.h"

/* ---- numbers ---- */

/* Digits "ddd" with the point after `point` of them, without exponent. */
static void layout(struct td_str *out, const char *digits, size_t count, int point)
{
    if (point <= 0) {
        td_str_add(out, "0.");
        for (int i = point; i < 0; i++)
            td_str_add_char(out, '0');
        td_str_add_bytes(out, digits, count);
        return;
    }
    for (int i = 0; i < point || i < (int)count; i++) {
        if (i == point)
            td_str_add_char(out, '.');
        td_str_add_char(out, i < (int)count ? digits[i] : '0');
    }
}

/* "-1.2345e+03" -> sign, digits without trailing zeros, decimal exponent. */
static void shortest(double value, char digits[24], size_t *count, int *exponent)
{
    char text[40];
    for (int precision = 14; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, fabs(value));
        if (strtod(text, NULL) == fabs(value))
            break;
    }
    *count = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at != '.')
            digits[(*count)++] = *at;
    *exponent = atoi(at + 1);
    while (*count > 1 && digits[*count - 1] == '0')
        --*count;
}

size_t show_double(double value, char out[SHOW_NUMBER_MAX])
{
    struct td_str text = td_str_on(out, SHOW_NUMBER_MAX);
    char digits[24];
    size_t count;
    int exponent;
    if (!isfinite(value)) {
        td_str_add(&text, isnan(value) ? "NaN" : value < 0 ? "-inf" : "inf");
        return text.bytes;
    }
    if (value == 0) {
        td_str_add(&text, "0");
        return text.bytes;
    }
    shortest(value, digits, &count, &exponent);
    if (value < 0)
        td_str_add_char(&text, '-');
    if (exponent < -18 || exponent > 20) {
        layout(&text, digits, count, 1);
        td_str_add_format(&text, "e%d", exponent);
    } else {
        layout(&text, digits, count, exponent + 1);
    }
    return text.bytes;
}

size_t show_time_us(int64_t us, char out[SHOW_NUMBER_MAX])
{
    struct td_str text = td_str_on(out, SHOW_NUMBER_MAX);
    if (us > INT64_MIN / 1000 && us < INT64_MAX / 1000 && td_utc_plausible(us * 1000))
        return td_utc_iso(us * 1000, out);
    td_str_add_i64(&text, us);
    return text.bytes;
}

static size_t time_text(const struct pq_column *column, int64_t value, char out[SHOW_NUMBER_MAX])
{
    struct td_str text = td_str_on(out, SHOW_NUMBER_MAX);
    int64_t ns;
    if (column->unit_ns == 1000)
        return show_time_us(value, out);
    if (!__builtin_mul_overflow(value, (int64_t)column->unit_ns, &ns) && td_utc_plausible(ns))
        return td_utc_iso(ns, out);
    td_str_add_i64(&text, value);
    return text.bytes;
}

/* Steps of the value when a double can hold them all. */
static bool exact_steps(double value, int scale, int64_t *steps)
{
    if (scale < 0 || scale > TD_SCALE_MAX || !isfinite(value))
        return false;
    if (fabs(value) * (double)td_pow10(scale) >= (double)TD_STEPS_EXACT_MAX)
        return false;
    *steps = td_double_to_steps(value, scale);
    return true;
}

static bool has_exact_text(const struct show_column *column, size_t row)
{
    return column->exact_text && column->exact_text->valid[row];
}

bool show_is_inexact(const struct show_column *column, size_t row)
{
    int64_t steps;
    const struct pq_values *v = column->values;
    return v->column->type == PQ_DOUBLE && v->valid[row] && !has_exact_text(column, row) &&
           !exact_steps(v->cell[row].f, column->scale, &steps);
}

static size_t number(const struct show_column *column, size_t row, char out[SHOW_NUMBER_MAX])
{
    const struct pq_values *v = column->values;
    const union pq_cell cell = v->cell[row];
    struct td_str text = td_str_on(out, SHOW_NUMBER_MAX);
    int64_t steps;
    switch (v->column->type) {
    case PQ_FLOAT:
        for (int precision = 6; precision <= 9; precision++) {
            snprintf(out, SHOW_NUMBER_MAX, "%.*g", precision, cell.f);
            if (strtof(out, NULL) == (float)cell.f)
                break;
        }
        return strlen(out);
    case PQ_DOUBLE:
        if (exact_steps(cell.f, column->scale, &steps))
            return td_decimal_from_steps(steps, column->scale, out);
        return show_double(cell.f, out);
    case PQ_BOOLEAN:
        td_str_add(&text, cell.i ? "true" : "false");
        return text.bytes;
    default:
        if (v->column->logical == PQ_TIMESTAMP)
            return time_text(v->column, cell.i, out);
        if (v->column->logical == PQ_DECIMAL && v->column->scale >= 0 &&
            v->column->scale <= TD_SCALE_MAX)
            return td_decimal_from_steps(cell.i, v->column->scale, out);
        if (v->column->logical == PQ_INTEGER && !v->column->is_signed)
            td_str_add_format(&text, "%" PRIu64,
                              v->column->type == PQ_INT32 ? (uint64_t)(uint32_t)cell.i
                                                          : (uint64_t)cell.i);
        else
            td_str_add_i64(&text, cell.i);
        return text.bytes;
    }
}

/* ---- words ---- */

void show_json_text(FILE *out, const void *text, size_t bytes)
{
    const uint8_t *at = text, *end = at + bytes;
    fputc('"', out);
    while (at < end) {
        size_t length = utf8_text_char((const char *)at, (size_t)(end - at));
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(out, "\\u%04x", *at);
        else if (length)
            fwrite(at, 1, length, out);
        else
            fputs("\\ufffd", out);
        at += length ? length : 1;
    }
    fputc('"', out);
}

int show_plain_text(FILE *out, const void *text, size_t bytes)
{
    const uint8_t *at = text, *end = at + bytes;
    int columns = 0;
    while (at < end) {
        size_t length = utf8_text_char((const char *)at, (size_t)(end - at));
        bool control = *at < 0x20 || *at == 0x7f || (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
        if (length && !control) {
            fwrite(at, 1, length, out);
            columns++;
            at += length;
        } else {
            columns += fprintf(out, "\\x%02x", *at++);
        }
    }
    return columns;
}

static void csv_text(FILE *out, const uint8_t *text, size_t bytes)
{
    bool quote = bytes == 0 || text[0] == ' ' || text[bytes - 1] == ' ';
    for (size_t i = 0; i < bytes && !quote; i++)
        quote = text[i] == '"' || text[i] == ',' || text[i] == '\n' || text[i] == '\r';
    if (!quote) {
        fwrite(text, 1, bytes, out);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '"')
            fputc('"', out);
        fputc(text[i], out);
    }
    fputc('"', out);
}

static int hex(FILE *out, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%02x", bytes[i]);
    return (int)(2 * count);
}

/* ---- cells ---- */

static bool is_text(const struct pq_values *values)
{
    return values->column->type >= PQ_BYTE_ARRAY || values->column->type == PQ_INT96;
}

static int word_cell(FILE *out, enum show_format format, const struct pq_values *v, size_t row)
{
    const uint8_t *at = v->heap ? v->heap + v->cell[row].text.at : (const uint8_t *)"";
    size_t bytes = v->cell[row].text.bytes;
    bool words = v->column->logical == PQ_STRING;
    if (format == SHOW_JSONL && words)
        show_json_text(out, at, bytes);
    else if (format == SHOW_CSV && words)
        csv_text(out, at, bytes);
    else if (words)
        return show_plain_text(out, at, bytes);
    else if (format == SHOW_JSONL)
        fputc('"', out), hex(out, at, bytes), fputc('"', out);
    else
        return hex(out, at, bytes);
    return 0;
}

static int number_cell(FILE *out, enum show_format format, const struct show_column *column,
                       size_t row, int width)
{
    char text[SHOW_NUMBER_MAX];
    const struct pq_values *v = column->values;
    const char *digits = text;
    int bytes = (int)number(column, row, text);
    bool real = v->column->type == PQ_FLOAT || v->column->type == PQ_DOUBLE;
    if (has_exact_text(column, row)) {
        const struct pq_values *twin = column->exact_text;
        int64_t steps;
        int scale = td_decimal_scale((const char *)twin->heap + twin->cell[row].text.at,
                                     twin->cell[row].text.bytes);
        digits = (const char *)twin->heap + twin->cell[row].text.at;
        bytes = (int)twin->cell[row].text.bytes;
        /* Only a number may pass for one. */
        if (scale < 0 || td_decimal_to_steps(digits, (size_t)bytes, scale, &steps) == TD_E_SYNTAX)
            return word_cell(out, format, twin, row);
    }
    if (format == SHOW_TEXT)
        return fprintf(out, "%*.*s", width, bytes, digits);
    bool quote = column->quoted || v->column->logical == PQ_TIMESTAMP;
    if (format == SHOW_JSONL && real && !isfinite(v->cell[row].f))
        fputs("null", out);
    else if (format == SHOW_JSONL && quote)
        fprintf(out, "\"%.*s\"", bytes, digits);
    else
        fwrite(digits, 1, (size_t)bytes, out);
    return 0;
}

void show_cell(FILE *out, enum show_format format, const struct show_column *column, size_t row,
               int width)
{
    int written = 0;
    if (!column->values->valid[row]) {
        if (format == SHOW_JSONL)
            fputs("null", out);
        else if (format == SHOW_TEXT)
            written = fprintf(out, "%*s", is_text(column->values) ? 1 : width, "-");
    } else if (is_text(column->values)) {
        written = word_cell(out, format, column->values, row);
    } else {
        written = number_cell(out, format, column, row, width);
    }
    for (; format == SHOW_TEXT && written < width; written++)
        fputc(' ', out);
}

void show_bytes(int64_t bytes, char out[24])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    int at = 0;
    for (; value >= 1000 && at < 4; at++)
        value /= 1000;
    snprintf(out, 24, at ? "%.1f %s" : "%.0f %s", value, unit[at]);
}
