/* A remote source: are receipt and segment equal at both ends by the stores' own words? Then nothing moves, not even a receipt. */
#include <string.h>

#include "sync/life.h"

enum { LOOK_RECEIPT, LOOK_SEGMENT, LOOKS };

/* The destination must have summed its bytes itself; the source may say what they should be. */
static bool is_same(const struct store_result *to, const struct store_result *from)
{
    const struct store_identity *claim = from->has_identity ? &from->identity : NULL;
    bool by_crc = to->has_crc32c && (from->has_crc32c || claim);
    bool by_sha = to->has_sha256 && (from->has_sha256 || claim);
    uint32_t crc32c = from->has_crc32c ? from->crc32c : claim ? claim->crc32c : 0;
    const uint8_t *sha256 = from->has_sha256 || !claim ? from->sha256 : claim->sha256;
    if (to->bytes != from->bytes || (claim && claim->bytes != from->bytes))
        return false;
    if (by_sha && memcmp(to->sha256, sha256, sizeof to->sha256) != 0)
        return false;
    if (by_crc && to->crc32c != crc32c)
        return false;
    return by_sha || by_crc;
}

static const char *key_of(const struct job *job, bool to)
{
    if (job->look == LOOK_SEGMENT)
        return to ? job->item.to_key : job->item.from_key;
    return to ? job->receipt_key : job->source_receipt_key;
}

void look_to_begin(struct job *job)
{
    if (!item_receipt_key(job->item.from_key, job->source_receipt_key) ||
        !item_receipt_key(job->item.to_key, job->receipt_key))
        job_fails_here(job, TD_E_RANGE, "its name is too long");
    else
        job_asks(job, JOB_WANTS_TO, STORE_HEAD, key_of(job, true));
}

void look_to_back(struct job *job)
{
    job->why = job->call.result;
    job_next(job, job->why.outcome == STORE_FINE ? STEP_LOOK_FROM : STEP_SOURCE_NOTE);
}

void look_from_begin(struct job *job)
{
    job_asks(job, JOB_WANTS_FROM, STORE_HEAD, key_of(job, false));
}

void look_from_back(struct job *job)
{
    const struct store_result *from = &job->call.result;
    if (from->outcome != STORE_FINE || !is_same(&job->why, from))
        job_next(job, STEP_SOURCE_NOTE);
    else if (++job->look < LOOKS)
        job_next(job, STEP_LOOK_TO);
    else
        job_ends(job, JOB_THERE);
}
