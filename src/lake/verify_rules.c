/* Values against SPEC S11 and the tables' words. Violations are counted over the file; the first is
 * kept. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/utc.h"
#include "lake/verify.h"
#include "segment/column_from.h"

enum rule { RULE_POSITIVE, RULE_NOT_NEGATIVE, RULE_LEVEL_PRICE, RULE_REMAINDER };

static const struct {
    const char *table, *column;
    enum rule rule;
} rules[] = {
    {"book", "price", RULE_LEVEL_PRICE},        {"book", "size", RULE_NOT_NEGATIVE},
    {"trades", "price", RULE_POSITIVE},         {"trades", "size", RULE_POSITIVE},
    {"ticker", "bid_size", RULE_NOT_NEGATIVE},  {"ticker", "ask_size", RULE_NOT_NEGATIVE},
    {"ticker", "last_size", RULE_NOT_NEGATIVE}, {"ticker", "liq_size", RULE_NOT_NEGATIVE},
    {NULL, "event_ns_rem", RULE_REMAINDER},
};

static void violation(struct verify_file *f, uint32_t group_row, const char *what)
{
    if (f->violations++ == 0)
        snprintf(f->violation, sizeof f->violation, "%s %s in row %u of its row group",
                 f->v->values.column->name, what, group_row);
}

static bool is_marker(const struct verify_file *f, size_t row)
{
    return row < f->v->flags.rows && (f->v->flags.cell[row].i & TD_ROW_MARKER);
}

static const char *broken(const struct verify_file *f, enum rule rule, size_t row)
{
    const union pq_cell cell = f->v->values.cell[row];
    switch (rule) {
    case RULE_POSITIVE:
        return cell.f > 0 ? NULL : "is not positive";
    case RULE_NOT_NEGATIVE:
        return cell.f >= 0 ? NULL : "is negative";
    case RULE_LEVEL_PRICE:
        return cell.f > 0 || is_marker(f, row) ? NULL : "is not positive";
    default:
        return cell.i >= 0 && cell.i <= 999 ? NULL : "is not within 0..999";
    }
}

static void check_rule(struct verify_file *f, enum rule rule)
{
    const struct pq_values *v = &f->v->values;
    for (size_t row = 0; row < v->rows; row++) {
        const char *what = v->valid[row] ? broken(f, rule, row) : NULL;
        if (what)
            violation(f, (uint32_t)row, what);
    }
}

static void check_real(struct verify_file *f)
{
    const struct pq_values *v = &f->v->values;
    for (size_t row = 0; row < v->rows; row++)
        if (v->valid[row] && !isfinite(v->cell[row].f))
            violation(f, (uint32_t)row, "is not a finite number");
}

static void check_time(struct verify_file *f)
{
    const struct pq_values *v = &f->v->values;
    for (size_t row = 0; row < v->rows; row++) {
        int64_t us = v->cell[row].i;
        bool fits = us > INT64_MIN / 1000 && us < INT64_MAX / 1000;
        if (v->valid[row] && !(fits && td_utc_plausible(us * 1000)))
            violation(f, (uint32_t)row, "is outside of 2000..2100");
    }
}

static bool is_listed(const struct pq_values *v, struct pq_text text, const char *const *word,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strlen(word[i]) == text.bytes && memcmp(v->heap + text.at, word[i], text.bytes) == 0)
            return true;
    return false;
}

static void check_words(struct verify_file *f, enum column_list list)
{
    const struct pq_values *v = &f->v->values;
    unsigned count;
    const char *const *word = schema_words(list, &count);
    struct pq_text last = {0, UINT32_MAX};
    for (size_t row = 0; row < v->rows; row++) {
        struct pq_text text = v->cell[row].text;
        if (!v->valid[row] || (text.at == last.at && text.bytes == last.bytes))
            continue;
        if (is_listed(v, text, word, count))
            last = text;
        else
            violation(f, (uint32_t)row, "is not a word of its list");
    }
}

void verify_rules(struct verify_file *f, uint32_t column)
{
    const struct column *declared = &f->table->column[column];
    if (declared->physical == COLUMN_DOUBLE || declared->physical == COLUMN_FLOAT)
        check_real(f);
    if (declared->logical == COLUMN_TIMESTAMP_US)
        check_time(f);
    if (declared->from == FROM_HEAD_ENUM || declared->from == FROM_ROW_ENUM ||
        declared->from == FROM_ROW_ENUM_SET)
        check_words(f, declared->aux);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if ((!rules[i].table || strcmp(rules[i].table, f->table->name) == 0) &&
            strcmp(rules[i].column, declared->name) == 0)
            check_rule(f, rules[i].rule);
}
