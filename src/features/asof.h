/* The as-of grid (SPEC 2.12): time in buckets [k g, (k+1) g) since 1970, of each the last record, stamped with the bucket's END, so that no
   row uses what came after its stamp. Forward fill repeats the last record for buckets without one. Fixed memory, one thread.

   Before a record of time t is applied, asof_next(t) is called until it says false: each time a row of the state before it is due. Then
   asof_record(t). Event time never steps back: a late record counts at the newest time seen,
   which asof_next moves too, for what is not shown may be in the state that a later record shows. */
#ifndef TD_FEATURES_ASOF_H
#define TD_FEATURES_ASOF_H

#include <stdbool.h>
#include <stdint.h>

struct asof_params {
    int64_t grid_ns;          /* > 0 */
    int64_t max_staleness_ns; /* a row older than this is stale; < 0: never */
    bool forward_fill;
};

struct asof_row {
    int64_t stamp_ns;     /* end of the bucket */
    int64_t original_ns;  /* time of the record it shows */
    int64_t staleness_ns; /* stamp - original */
    uint32_t records;     /* of this bucket; 0: filled forward */
    bool is_stale;
};

struct asof {
    struct asof_params params;
    bool have;           /* a record to show */
    int64_t last_ns;     /* newest time seen */
    int64_t original_ns; /* of the record */
    int64_t due_ns;      /* end of the bucket that is open */
    uint32_t records;
};

void asof_init(struct asof *asof, const struct asof_params *params);
/* The next row whose stamp is not after now_ns. */
bool asof_next(struct asof *asof, int64_t now_ns, struct asof_row *row);
void asof_record(struct asof *asof, int64_t ts_ns);
/* What the record showed holds no more (proof is lost): nothing is filled forward from it; its own bucket gives no row. */
void asof_lost(struct asof *asof);

#endif
