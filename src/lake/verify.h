/* The checks of `tape verify` on one segment: structure, every page, statistics, rules, path,
   receipt. Problems are told one by one; nothing is repaired. */
#ifndef TD_LAKE_VERIFY_H
#define TD_LAKE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "lake/reader.h"
#include "lake/receipt.h"
#include "lake/segment_info.h"
#include "segment/schema.h"

/* Kinds of problem; the first three mean damaged bytes. */
enum verify_kind {
    VERIFY_UNREADABLE,
    VERIFY_PAGE,
    VERIFY_HASH,
    VERIFY_DISK,
    VERIFY_NETWORK,
    VERIFY_UNSUPPORTED,
    VERIFY_STATISTICS,
    VERIFY_ROWS,
    VERIFY_SCHEMA,
    VERIFY_PATH,
    VERIFY_RANGE, /* values against SPEC S11, counted */
    VERIFY_RECEIPT,
    VERIFY_ORPHAN,
    VERIFY_KINDS
};

struct verify {
    bool quick; /* footer, schema, path and receipt's numbers only */
    void (*tell)(void *ctx, const char *path, const char *kind, const char *what);
    void (*moved)(void *ctx, int64_t bytes); /* progress; may be NULL */
    void *ctx;

    /* Results; start from 0. */
    int code; /* exit code so far */
    int64_t files, rows, bytes, problems, violations;
    int64_t certificates, not_made_again; /* these: segments that they vouch for are not here */

    /* Working memory, kept from file to file; freed by verify_free(). */
    struct pq_values values, flags, beside[2];
    struct lake_buffer block;
};

void verify_segment(struct verify *v, const char *path);
/* A receipt whose segment is not there. */
void verify_receipt_alone(struct verify *v, const char *path);
/* All below certificates/ of a data folder: own hash, chain, and the text made again. */
void verify_certificates(struct verify *v, const char *data_dir);
void verify_free(struct verify *v);

/* ---- between the files of this check ---- */

struct verify_range {
    bool any;
    int64_t min, max;
};

/* One segment while it is looked at. */
struct verify_file {
    struct verify *v;
    const char *path, *name;
    const struct table *table;     /* NULL: not one of ours, only the format is checked */
    const struct column *declared; /* the column being looked at; NULL: as it should not be */
    struct segment_info info;
    struct reader *reader;
    const struct pq_meta *meta;
    struct verify_range recv, event, frame; /* over all rows read */
    int64_t violations;
    char violation[160]; /* the first one */
};

__attribute__((format(printf, 3, 4))) void verify_tell(struct verify_file *f, enum verify_kind kind,
                                                       const char *format, ...);
/* Kind of an error; `corrupt` where bytes are not what they should be. */
enum verify_kind verify_kind_of(td_err err, enum verify_kind corrupt);
void verify_schema(struct verify_file *f);                /* verify_schema.c */
void verify_group(struct verify_file *f, uint32_t group); /* verify_group.c */
void verify_statistics(struct verify_file *f, uint32_t group,
                       uint32_t column);  /* verify_statistics.c: f->v->values */
void verify_rules(struct verify_file *f); /* verify_rules.c: f->v->values of f->declared */
void verify_labels(struct verify_file *f, uint32_t group); /* verify_labels.c: predictions */
/* Counts it; the first is kept in words. */
void verify_violation(struct verify_file *f, const char *column, uint32_t group_row,
                      const char *what);
void verify_against_receipt(struct verify_file *f); /* verify_receipt.c */

#endif
