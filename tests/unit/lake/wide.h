/* Files of features and predictions made by the recorder's own writer, and what `tape verify` says of them. */
#ifndef TD_TEST_WIDE_H
#define TD_TEST_WIDE_H

#include "lake/files.h"
#include "lake/verify.h"
#include "segment/sample.h"
#include "test.h"

static const char *wide_dir; /* of the files made last */

struct wide_told {
    char text[4096]; /* lines "kind: what" */
};

static inline void wide_hear(void *ctx, const char *path, const char *kind, const char *what)
{
    struct wide_told *told = ctx;
    size_t at = strlen(told->text);
    (void)path;
    snprintf(told->text + at, sizeof told->text - at, "%s: %s\n", kind, what);
}

static inline int wide_streams(struct rig *rig, enum row_table table)
{
    return groups_stream(rig->groups, table, "coinbase", "BTC-USD");
}

static inline void wide_open(struct rig *rig, const struct feature_mask *on, bool compat)
{
    wide_dir = test_tmpdir();
    struct rig_options options = {
        .dir = wide_dir, .rows_max = 300, .features_on = on, .compat = compat};
    CHECK_EQ_I64(rig_open(rig, options), 0);
}

/* Seals what was appended, verifies every file, and closes. */
static inline struct verify wide_verify(struct rig *rig, struct wide_told *told)
{
    struct file_list list = {0};
    struct verify v = {.tell = wide_hear, .ctx = told};
    told->text[0] = 0;
    CHECK_EQ_I64(rig_stop(rig), 0);
    rig_close(rig);
    CHECK_EQ_I64(files_collect(&list, wide_dir), 0);
    for (size_t i = 0; i < list.count; i++)
        if (!files_at(&list, i)->is_receipt)
            verify_segment(&v, files_at(&list, i)->path);
    files_free(&list);
    verify_free(&v);
    return v;
}

/* A row that no rule objects to: one value in one column. */
static inline void wide_row(struct rig *rig, int stream, unsigned feature, double value)
{
    struct row_head head = sample_head(1);
    groups_head(rig->groups, stream, &head);
    struct row_features *row = groups_append(rig->groups, stream);
    row->events = 1;
    feature_put(&row->feature, feature, value);
}

#endif
