/* How much of a stretch of time is proven, from the holes that lie in it. Pure. */
#ifndef TD_LAKE_PROOF_H
#define TD_LAKE_PROOF_H

#include "lake/holes.h"

/* What an instant is worth; where holes overlap the last of these wins. */
enum proof {
    PROOF_PROVEN,
    PROOF_SYNCING, /* waits for an image */
    PROOF_STALE,   /* connection lost or silent */
    PROOF_BROKEN,  /* a check failed: what is stored in between is not to be trusted */
    PROOF_ABSENT,  /* nothing was recorded: stopped, crashed, shed, disk */
    PROOFS
};
extern const char *const proof_words[PROOFS];
/* PROOF_PROVEN for kinds that take no proof away (a step of the clock). */
enum proof proof_of_kind(unsigned kind);

/* One channel of one stream over a stretch of time. */
struct completeness {
    int64_t us[PROOFS];            /* sum: the stretch, less idle_us */
    int64_t idle_us;               /* not configured: it was not to be recorded */
    int64_t kind_us[TD_GAP_KINDS]; /* under an open hole of that kind */
    uint32_t gaps[TD_GAP_KINDS]; /* that touch the stretch; one over midnight counts on both days */
    uint32_t total, open;        /* all of them; still open at the end of the stretch */
    int64_t missed, backfilled;  /* of its own holes that ended in the stretch */
};

/* `stream`: own, its connection's and its device's holes are counted. A back-filled hole costs
   no time, nor does the device's row of shedding: what was not stored has holes of its own. scratch grows and is the caller's. TD_E_NO_MEMORY. */
td_err completeness_of(const struct holes *holes, const struct hole_stream *stream,
                       enum td_channel channel, int64_t from_us, int64_t to_us,
                       struct lake_buffer *scratch, struct completeness *out);
/* Proven share in millionths, rounded down: 1000000 only when nothing is missing; -1 for an empty stretch. */
int64_t completeness_ppm(const struct completeness *of);

#endif
