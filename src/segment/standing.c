#include "segment/standing.h"

#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "segment/receipt.h"

struct standing {
    bool there;    /* something has the name */
    bool readable; /* to its end: size and sum are known */
    int64_t size;
    unsigned char sha256[32];
    bool receipted; /* a receipt that can be understood */
    struct receipt_facts receipt;
};

/* In the order of preference. */
enum verdict { VERDICT_FREE, VERDICT_SAME, VERDICT_COVERED, VERDICT_OTHER };

/* ---- looking ---------------------------------------------------------------------------------- */

static td_err sum_of(struct file_shared *shared, int handle, int64_t bytes,
                     unsigned char sha256[32])
{
    const struct td_disk *disk = shared->disk;
    mbedtls_sha256_context sum;
    mbedtls_sha256_init(&sum);
    TD_FAIL_IF(mbedtls_sha256_starts(&sum, 0) != 0, TD_E_UNSUPPORTED);
    for (int64_t at = 0; at < bytes;) {
        int64_t left = bytes - at;
        size_t want = left < FILE_BUFFER_BYTES ? (size_t)left : FILE_BUFFER_BYTES;
        int64_t got = disk->read_at(disk->ctx, handle, shared->buffer, want, at);
        TD_FAIL_IF(got <= 0, got < 0 ? (td_err)got : TD_E_SEGMENT_VERIFY);
        TD_FAIL_IF(mbedtls_sha256_update(&sum, shared->buffer, (size_t)got) != 0, TD_E_UNSUPPORTED);
        at += got;
    }
    return mbedtls_sha256_finish(&sum, sha256) == 0 ? 0 : TD_E_UNSUPPORTED;
}

/* A file that is there and cannot be read is damage, not an error: it is judged like any other. */
static td_err look_at_segment(struct file_shared *shared, const char *path, struct standing *out)
{
    const struct td_disk *disk = shared->disk;
    int handle = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (handle == TD_E_MISSING)
        return 0;
    TD_TRY(handle);
    out->there = true;
    disk->drop_cache(disk->ctx, handle);
    out->size = disk->size(disk->ctx, handle);
    out->readable = out->size >= 0 && sum_of(shared, handle, out->size, out->sha256) == 0;
    return disk->close(disk->ctx, handle);
}

static td_err look_at_receipt(struct file_shared *shared, const char *path, struct standing *out)
{
    const struct td_disk *disk = shared->disk;
    char text[RECEIPT_BYTES_MAX];
    int handle = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (handle == TD_E_MISSING)
        return 0;
    TD_TRY(handle);
    int64_t got = disk->read_at(disk->ctx, handle, text, sizeof text, 0);
    out->receipted = got > 0 && receipt_facts(text, (size_t)got, &out->receipt) == 0;
    return disk->close(disk->ctx, handle);
}

static td_err look(struct file_shared *shared, const struct path_partition *partition,
                   const char *name, struct standing *out)
{
    char folder[PATH_MAX_BYTES], path[PATH_MAX_BYTES], receipt[PATH_NAME_MAX];
    memset(out, 0, sizeof *out);
    TD_TRY(path_folder(shared->ready, partition, folder));
    TD_TRY(path_join(folder, name, path));
    TD_TRY(look_at_segment(shared, path, out));
    if (!out->there)
        return 0;
    TD_TRY(path_receipt(name, receipt));
    TD_TRY(path_join(folder, receipt, path));
    return look_at_receipt(shared, path, out);
}

/* ---- judging ---------------------------------------------------------------------------------- */

static bool same_sum(const unsigned char a[32], const unsigned char b[32])
{
    return memcmp(a, b, 32) == 0;
}

/* The standing file holds at least our frames, of the same times: a journal begun anew counts from 1 again. */
static bool covers(const struct receipt_facts *receipt, const struct segment_file *file)
{
    return receipt->frame_first <= file->frame_first && receipt->frame_last >= file->frame_last &&
           receipt->recv_us_min <= file->recv_us.least &&
           receipt->recv_us_max >= file->recv_us.greatest;
}

static enum verdict judge(const struct standing *standing, const struct segment_file *file)
{
    if (!standing->there)
        return VERDICT_FREE;
    if (standing->readable && same_sum(standing->sha256, file->sha256_sum))
        return VERDICT_SAME;
    /* Ours is what the receipt promises, or has the size of a file that cannot be read at all: the standing one is damaged. */
    if (standing->receipted ? same_sum(standing->receipt.sha256, file->sha256_sum)
                            : !standing->readable && standing->size == file->offset)
        return VERDICT_FREE;
    bool whole = standing->receipted && standing->readable &&
                 same_sum(standing->sha256, standing->receipt.sha256);
    return whole && covers(&standing->receipt, file) ? VERDICT_COVERED : VERDICT_OTHER;
}

static void hex_of(const unsigned char sum[32], char out[65])
{
    for (unsigned i = 0; i < 32; i++) {
        out[2 * i] = "0123456789abcdef"[sum[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
    }
    out[64] = 0;
}

static void say_differs(const struct segment_file *file, const struct standing *standing,
                        const char *kept)
{
    char ours[65], theirs[65] = "unreadable";
    hex_of(file->sha256_sum, ours);
    if (standing->readable)
        hex_of(standing->sha256, theirs);
    TD_ERROR("segment", "event=replay_differs segment=%s ours=%s standing=%s frames=%llu-%llu %s",
             file->ready_name, ours, theirs, (unsigned long long)file->frame_first,
             (unsigned long long)file->frame_last, kept);
}

static void settle(struct segment_file *file, struct file_shared *shared, enum verdict verdict,
                   const struct standing *standing)
{
    file->fate = verdict == VERDICT_SAME      ? FATE_STANDS
                 : verdict == VERDICT_COVERED ? FATE_COVERED
                                              : FATE_PUBLISH;
    if (verdict == VERDICT_SAME)
        atomic_fetch_add_explicit(&shared->remade, 1, memory_order_relaxed);
    if (verdict == VERDICT_FREE && standing->there)
        TD_WARN("segment", "event=mended segment=%s what=\"the file in ready/ was damaged\"",
                file->ready_name);
}

/* A number of its own for a file whose name another one has: the next, so that none that comes later takes it. */
static td_err next_name(struct segment_file *file, struct file_shared *shared,
                        const struct path_partition *partition)
{
    uint32_t counter = ++*counters_of(&shared->counters, partition);
    return path_name(shared->deck, file->first_recv_ns, counter, file->ready_name);
}

td_err standing_judge(struct segment_file *file, struct file_shared *shared,
                      const struct path_partition *partition)
{
    bool own_name = true;
    memcpy(file->ready_name, file->name, sizeof file->ready_name);
    for (;;) {
        struct standing standing;
        TD_TRY(look(shared, partition, file->ready_name, &standing));
        enum verdict verdict = judge(&standing, file);
        if (verdict == VERDICT_COVERED && !own_name)
            verdict = VERDICT_OTHER; /* it took that name for another reason than ours */
        if (own_name && verdict >= VERDICT_COVERED) {
            atomic_fetch_add_explicit(&shared->differs, 1, memory_order_relaxed);
            say_differs(file, &standing,
                        verdict == VERDICT_COVERED ? "kept=standing" : "kept=both");
        }
        if (verdict != VERDICT_OTHER) {
            settle(file, shared, verdict, &standing);
            return 0;
        }
        own_name = false;
        TD_TRY(next_name(file, shared, partition));
    }
}
