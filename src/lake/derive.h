/* What the verbs have in common that read recorded streams and write tables: options, the streams, progress, the report. One thread. */
#ifndef TD_LAKE_DERIVE_H
#define TD_LAKE_DERIVE_H

#include "lake/days.h"
#include "lake/progress.h"
#include "lake/verb.h"

/* For a verb's list of options; its usage begins with DERIVE_USAGE. */
#define DERIVE_USAGE "--input DIR --output DIR "
#define DERIVE_OPTIONS                                                                             \
    {"input", "DIR", "what was recorded: a data directory, a folder below or a segment"},          \
        {"output", "DIR", "where the table's folder is made"},                                     \
        {"exchange", "X", "only this exchange"}, {"symbol", "S", "only this symbol"},              \
        {"force", NULL, "write files again that stand already"},                                   \
        {"dry-run", NULL, "read and count, write nothing"},                                        \
    {                                                                                              \
        "json", NULL, "the report as one object"                                                   \
    }

struct derive {
    const struct verb_args *args;
    const char *output;
    bool force, dry_run;
    struct streams streams;
    struct days_sums sums;
    uint64_t rows_read, notes; /* notes: rows that are not as complete as they should be */
    const char *note;          /* what is wrong with those */
    struct progress progress;
    int64_t bytes_seen; /* of the stream at hand */
};

/* Finds the streams of those tables. Exit code; on any but EXIT_FINE derive_end is not to be called. */
int derive_begin(struct derive *derive, const struct verb_args *args, unsigned tables);
/* Now and then: how many bytes of segments of this stream were opened so far. */
void derive_moved(struct derive *derive, int64_t bytes);
void derive_next_stream(struct derive *derive);
/* For days_open. */
struct days_params derive_days(struct derive *derive, const struct lake_stream *stream,
                               const struct table *table, const char *stem);
/* Prints the report; the code to leave with. */
int derive_end(struct derive *derive, int code);

/* "60,300": whole numbers from 1 to `most`, rising, at most `cap` of them. Count, 0: complaint printed. `text` NULL: as if `none` was given. */
unsigned derive_numbers(const char *option, const char *text, const char *none, int most,
                        unsigned cap, int *out);

#endif
