/* What the writer was given, beside what it wrote: tests/compat compares both value for value. */
#ifndef TD_TESTS_SEGMENT_PRINT_ROWS_H
#define TD_TESTS_SEGMENT_PRINT_ROWS_H

#include <stdio.h>

#include "sample.h"
#include "test.h"

enum { FEATURES_ROWS = 1000, PREDICTIONS_ROWS = 800 };

/* Values of rows as they went in, in double precision, for whoever reads the files back: one JSON object a line. */
static inline FILE *open_rows(const char *dir, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s.jsonl", dir, name);
    FILE *out = fopen(path, "w");
    CHECK(out != NULL);
    return out;
}

static inline void print_features(const char *dir)
{
    static struct row_features row;
    FILE *out = open_rows(dir, "features");
    for (int i = 0; i < FEATURES_ROWS; i++) {
        feature_row_clear(&row.feature);
        sample_feature_row(&row, i);
        fprintf(out, "{\"interval_ms\":%d,\"events\":%d,\"flags\":%d,\"feature_version\":1",
                row.interval_ms, row.events, row.flags);
        for (unsigned f = 0; f < FEATURES; f++) {
            const struct feature_info *info = feature_at(f);
            const char *const *word = feature_word_list(info->words, NULL);
            if (!feature_has(&row.feature, f))
                fprintf(out, ",\"%s\":null", info->name);
            else if (info->type == FEATURE_WORD)
                fprintf(out, ",\"%s\":\"%s\"", info->name, word[(int)row.feature.value[f]]);
            else
                fprintf(out, ",\"%s\":%.17g", info->name, row.feature.value[f]);
        }
        fputs("}\n", out);
    }
    fclose(out);
}

static inline void print_number(FILE *out, const char *name, bool present, double value)
{
    if (present)
        fprintf(out, ",\"%s\":%.17g", name, value);
    else
        fprintf(out, ",\"%s\":null", name);
}

static inline void print_predictions(const char *dir)
{
    static const char *const reason[] = {"labeled", "stale", "flushed", "evicted", "shutdown"};
    FILE *out = open_rows(dir, "predictions");
    for (int i = 0; i < PREDICTIONS_ROWS; i++) {
        struct row_prediction row = {0};
        sample_prediction_row(&row, i);
        fprintf(out, "{\"model_id\":\"sgd-v%d\",\"reason\":\"%s\",\"ready\":%s", 1 + i % 2,
                reason[row.reason], row.ready ? "true" : "false");
        print_number(out, "horizon_ms", true, row.horizon_ms);
        print_number(out, "prediction", row.has_prediction, row.prediction);
        print_number(out, "probability", row.has_probability, row.probability);
        print_number(out, "label", row.has_label, row.label);
        print_number(out, "mid", i % 17 != 0, row.mid);
        print_number(out, "mid_later", row.has_later, row.mid_later);
        print_number(out, "change_pct", row.has_later, row.change_pct);
        print_number(out, "samples_total", true, (double)row.samples_total);
        fputs("}\n", out);
    }
    fclose(out);
}

#endif
