/* Values against SPEC S11 and the tables' words. Violations are counted over the file; the first is
 * kept. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/utc.h"
#include "lake/verify.h"
#include "segment/column_from.h"

enum rule {
    RULE_POSITIVE,
    RULE_NOT_NEGATIVE,
    RULE_LEVEL_PRICE,
    RULE_REMAINDER,
    RULE_BALANCE, /* -1 to 1 */
    RULE_SHARE,   /* 0 to 1 */
    RULE_BIT
};

/* column: a name, or the start of names where it ends in '*'; the first that fits counts. */
static const struct {
    const char *table, *column;
    enum rule rule;
} rules[] = {
    {"book", "price", RULE_LEVEL_PRICE},
    {"book", "size", RULE_NOT_NEGATIVE},
    {"trades", "price", RULE_POSITIVE},
    {"trades", "size", RULE_POSITIVE},
    {"ticker", "bid_size", RULE_NOT_NEGATIVE},
    {"ticker", "ask_size", RULE_NOT_NEGATIVE},
    {"ticker", "last_size", RULE_NOT_NEGATIVE},
    {"ticker", "liq_size", RULE_NOT_NEGATIVE},
    {"features", "interval_ms", RULE_NOT_NEGATIVE},
    {"features", "events", RULE_POSITIVE},
    {"features", "spread_bps", RULE_POSITIVE},
    {"features", "imbalance*", RULE_BALANCE},
    {"features", "trade_imbalance", RULE_BALANCE},
    {"features", "total_imbalance", RULE_BALANCE},
    {"features", "smart_depth_imbalance", RULE_BALANCE},
    {"features", "imb_band_*", RULE_BALANCE},
    {"features", "tfi_*", RULE_BALANCE},
    {"features", "bid_price_L*", RULE_POSITIVE},
    {"features", "ask_price_L*", RULE_POSITIVE},
    {"features", "bid_size_L*", RULE_NOT_NEGATIVE},
    {"features", "ask_size_L*", RULE_NOT_NEGATIVE},
    {"features", "best_bid", RULE_POSITIVE},
    {"features", "best_ask", RULE_POSITIVE},
    {"features", "mid_price", RULE_POSITIVE},
    {"features", "spread", RULE_POSITIVE},
    {"features", "microprice", RULE_POSITIVE},
    {"features", "depth", RULE_NOT_NEGATIVE},
    {"features", "volatility", RULE_NOT_NEGATIVE},
    {"features", "total_bid_depth", RULE_NOT_NEGATIVE},
    {"features", "total_ask_depth", RULE_NOT_NEGATIVE},
    {"features", "bid_vol_band_*", RULE_NOT_NEGATIVE},
    {"features", "ask_vol_band_*", RULE_NOT_NEGATIVE},
    {"features", "rv_*", RULE_NOT_NEGATIVE},
    {"features", "trade_vol_*", RULE_NOT_NEGATIVE},
    {"features", "bid_concentration", RULE_SHARE},
    {"features", "ask_concentration", RULE_SHARE},
    {"features", "book_convexity", RULE_SHARE},
    {"features", "is_weekend", RULE_BIT},
    {"features", "spread_percentile", RULE_SHARE},
    {"features", "spread_regime_*", RULE_SHARE},
    {"features", "kyle_lambda_r2", RULE_SHARE},
    {"features", "vpin*", RULE_SHARE},
    {"predictions", "horizon_ms", RULE_POSITIVE},
    {"predictions", "prediction", RULE_BIT},
    {"predictions", "probability", RULE_SHARE},
    {"predictions", "label", RULE_BIT},
    {"predictions", "mid*", RULE_POSITIVE},
    {"predictions", "samples_total", RULE_NOT_NEGATIVE},
    {NULL, "event_ns_rem", RULE_REMAINDER},
};

void verify_violation(struct verify_file *f, const char *column, uint32_t group_row,
                      const char *what)
{
    if (f->violations++ == 0)
        snprintf(f->violation, sizeof f->violation, "%s %s in row %u of its row group", column,
                 what, group_row);
}

static void violation(struct verify_file *f, uint32_t group_row, const char *what)
{
    verify_violation(f, f->v->values.column->name, group_row, what);
}

static bool is_marker(const struct verify_file *f, size_t row)
{
    return row < f->v->flags.rows && (f->v->flags.cell[row].i & TD_ROW_MARKER);
}

/* Numbers of 64 bits are not judged beyond 2^53. */
static double number_at(const struct pq_values *v, size_t row)
{
    bool real = v->column->type == PQ_DOUBLE || v->column->type == PQ_FLOAT;
    return real ? v->cell[row].f : (double)v->cell[row].i;
}

static const char *broken(const struct verify_file *f, enum rule rule, size_t row)
{
    double number = number_at(&f->v->values, row);
    switch (rule) {
    case RULE_POSITIVE:
        return number > 0 ? NULL : "is not positive";
    case RULE_NOT_NEGATIVE:
        return number >= 0 ? NULL : "is negative";
    case RULE_LEVEL_PRICE:
        return number > 0 || is_marker(f, row) ? NULL : "is not positive";
    case RULE_BALANCE:
        return number >= -1 && number <= 1 ? NULL : "is not within -1..1";
    case RULE_SHARE:
        return number >= 0 && number <= 1 ? NULL : "is not within 0..1";
    case RULE_BIT:
        return number == 0 || number == 1 ? NULL : "is neither 0 nor 1";
    default:
        return number >= 0 && number <= 999 ? NULL : "is not within 0..999";
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

static bool has_words(const struct column *column)
{
    return column->from == FROM_HEAD_ENUM || column->from == FROM_ROW_ENUM ||
           column->from == FROM_ROW_ENUM_SET || column->from == FROM_FEATURE_WORD;
}

static bool fits(const char *pattern, const char *name)
{
    size_t bytes = strcspn(pattern, "*");
    return strncmp(pattern, name, bytes) == 0 && (pattern[bytes] == '*' || name[bytes] == 0);
}

void verify_rules(struct verify_file *f)
{
    const struct column *declared = f->declared;
    if (declared->physical == COLUMN_DOUBLE || declared->physical == COLUMN_FLOAT)
        check_real(f);
    if (declared->logical == COLUMN_TIMESTAMP_US)
        check_time(f);
    if (has_words(declared))
        check_words(f, declared->aux);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if ((!rules[i].table || strcmp(rules[i].table, f->table->name) == 0) &&
            fits(rules[i].column, declared->name)) {
            check_rule(f, rules[i].rule);
            return;
        }
}
