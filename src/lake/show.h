/* Values as text: digits exactly as the venue sent them, times as ISO-8601, words escaped for where
   they go. Writes to a stdio stream; errors stay in the stream. */
#ifndef TD_LAKE_SHOW_H
#define TD_LAKE_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lake/values.h"

enum show_format { SHOW_TEXT, SHOW_CSV, SHOW_JSONL };

enum { SHOW_NUMBER_MAX = 384, SHOW_NO_SCALE = -1 };

/* How one column is to be shown. */
struct show_column {
    const struct pq_values *values;
    const struct pq_values *exact_text; /* the column's ..._text twin, or NULL */
    int scale;   /* decimals of the instrument, SHOW_NO_SCALE: shortest digits that read back */
    bool quoted; /* jsonl: numbers of this column as strings */
};

/* One value. In text, control characters are escaped and `width` is filled up (numbers to the
 * right). */
void show_cell(FILE *out, enum show_format format, const struct show_column *column, size_t row,
               int width);
/* The cell's exact digits cannot be given: no scale, or 2^52 steps without a text. */
bool show_is_inexact(const struct show_column *column, size_t row);

/* A JSON string with its quotes; what is not UTF-8 becomes U+FFFD. */
void show_json_text(FILE *out, const void *text, size_t bytes);
/* Words for a terminal: control characters as \xNN. Returns columns written. */
int show_plain_text(FILE *out, const void *text, size_t bytes);

/* Shortest decimal digits that read back as the value; plain notation between 1e-18 and 1e21.
 * Length; NUL-terminated. */
size_t show_double(double value, char out[SHOW_NUMBER_MAX]);
/* us since 1970 as ISO-8601 with 6 decimals; plain number where it is no date of 2000..2100. */
size_t show_time_us(int64_t us, char out[SHOW_NUMBER_MAX]);

/* "1.2 MB"; static buffer of the caller. */
void show_bytes(int64_t bytes, char out[24]);

#endif
