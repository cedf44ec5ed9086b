/* Making room under ready/: the oldest segments go first, all tables of an hour before the next hour, those that `tape sync` marked as
   verified in the store before any other. A segment's mark is the file _<segment without .parquet>.done beside it. Nothing is kept of
   what stands there: folders are walked, so a million files cost no memory. One pass at a time; any one thread. */
#ifndef TD_APP_RETENTION_H
#define TD_APP_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/os.h"
#include "segment/path.h"

/* A segment that is about to go, or would (dry run). Valid during the call. */
struct retention_item {
    const char *path; /* with data_dir */
    const struct path_partition *partition;
    int64_t hour_ns; /* start of its receive hour */
    int64_t bytes;   /* of the segment alone */
    bool verified;   /* a copy was verified elsewhere */
};

struct retention_params {
    const struct td_disk *disk;
    const char *data_dir;
    int64_t wanted_free_bytes;
    bool may_delete_unverified; /* when the verified ones are gone and it is still not enough */
    bool dry_run;               /* told, not done */
    void (*visit)(void *arg, const struct retention_item *item); /* NULL: nobody */
    void *visit_arg;
};

struct retention_result {
    uint64_t segments, unverified; /* gone, and how many of them had no mark */
    int64_t bytes;                 /* of segments, receipts not counted */
    bool enough; /* so much is free, or will be when the file system has done its part */
    td_err err;  /* first one met; what could not be deleted is left, the pass goes on */
};

/* Deletes until wanted_free_bytes are free: segment, then receipt, then mark, so that a crash in between is put right by the next pass; then
   the folders that became empty. Negative only when nothing could be looked at. */
td_err retention_free(const struct retention_params *params, struct retention_result *result);

#endif
