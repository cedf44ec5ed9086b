#include "crash/ready.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/sha256.h>

#include "base/hash.h"
#include "lake/reader.h"
#include "lake/receipt.h"

enum { FILES_MAX = 2048, FILE_BYTES_MAX = 4 << 20 };

struct ready_file {
    char path[320];
    int64_t bytes;
    uint64_t hash;
};

struct ready {
    unsigned count;
    struct ready_file file[FILES_MAX];
};

static struct ready found; /* before the recovery */
static uint8_t *content, *other;

static void want_memory(void)
{
    if (!content)
        content = malloc(FILE_BYTES_MAX);
    if (!other)
        other = malloc(FILE_BYTES_MAX);
    TD_ASSERT(content && other, "memory for two files");
}

static bool ends(const char *path, const char *end)
{
    size_t bytes = strlen(path), tail = strlen(end);
    return bytes >= tail && strcmp(path + bytes - tail, end) == 0;
}

static int64_t load(const struct sim_disk *disk, const char *path, uint8_t *into)
{
    int64_t bytes = sim_disk_peek(disk, path, into, FILE_BYTES_MAX);
    TD_ASSERT(bytes <= FILE_BYTES_MAX, "files of a small deck");
    return bytes;
}

struct listing {
    const struct sim_disk *disk;
    struct ready *ready;
};

static void add(void *arg, const char *path, int64_t bytes)
{
    struct listing *listing = arg;
    struct ready *ready = listing->ready;
    TD_ASSERT(ready->count < FILES_MAX && strlen(path) < sizeof ready->file[0].path,
              "room for the list of a small deck");
    struct ready_file *file = &ready->file[ready->count++];
    memcpy(file->path, path, strlen(path) + 1);
    file->bytes = bytes;
    load(listing->disk, path, content);
    file->hash = td_hash64(content, (size_t)bytes, 0);
}

static void list(const struct sim_disk *disk, struct ready *ready)
{
    struct listing listing = {disk, ready};
    want_memory();
    ready->count = 0;
    sim_disk_walk(disk, "data/ready", add, &listing);
}

static void receipt_of(const char *path, char out[400])
{
    const char *slash = strrchr(path, '/');
    size_t stem = strlen(slash + 1) - strlen(".parquet");
    snprintf(out, 400, "%.*s/_%.*s.json", (int)(slash - path), path, (int)stem, slash + 1);
}

/* ---- before --------------------------------------------------------------------------------------------------------------- */

static bool equals_past(const struct ready_file *file, const struct crash_trial *trial)
{
    int64_t bytes = load(trial->past->disk, file->path, other);
    return bytes == file->bytes && td_hash64(other, (size_t)bytes, 0) == file->hash;
}

/* Where names come through in the order of their changes a segment is never seen without its receipt. */
static bool in_order(const struct crash_point *point)
{
    return point->kill || point->cut.mode == SIM_CUT_ALL || point->cut.mode == SIM_CUT_PREFIX;
}

/* Renamed into ready/, and a sync of everything returned after that. */
static bool kept_promises(const struct sim_disk *disk, struct crash_trial *trial)
{
    const struct sim_disk *record = trial->past->disk;
    uint32_t made = trial->point->entries - (trial->point->torn ? 1 : 0), last_sync = 0;
    for (uint32_t i = 0; i < made; i++)
        if (sim_disk_entry(record, i)->op == SIM_OP_SYNC_ALL && sim_disk_entry(record, i)->err == 0)
            last_sync = i;
    for (uint32_t i = 0; i < last_sync; i++) {
        const struct sim_entry *entry = sim_disk_entry(record, i);
        const char *to = entry->op == SIM_OP_RENAME ? sim_disk_text(record, entry->to) : "";
        if (strncmp(to, "data/ready/", 11) == 0 && entry->err == 0 && !sim_disk_exists(disk, to))
            return crash_fails(trial, "%s was durable and is gone", to);
    }
    return true;
}

bool ready_check_before(struct sim_disk *disk, struct crash_trial *trial)
{
    char receipt[400];
    list(disk, &found);
    for (unsigned i = 0; i < found.count; i++) {
        const struct ready_file *file = &found.file[i];
        if (!equals_past(file, trial))
            return crash_fails(trial, "%s is not what was sealed", file->path);
        if (!ends(file->path, ".parquet") || !in_order(trial->point))
            continue;
        receipt_of(file->path, receipt);
        bool never_had = sim_disk_exists(trial->past->before, file->path) &&
                         !sim_disk_exists(trial->past->before, receipt);
        if (!never_had && !sim_disk_exists(disk, receipt))
            return crash_fails(trial, "%s stands there before its receipt", file->path);
    }
    return kept_promises(disk, trial);
}

/* ---- after ------------------------------------------------------------------------------------------------------------------ */

static void hex(const uint8_t *bytes, unsigned count, char *out)
{
    for (unsigned i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool receipt_fits(struct crash_trial *trial, struct sim_disk *disk, const char *path,
                         int64_t bytes)
{
    char name[400], sum[65];
    uint8_t digest[32];
    struct receipt receipt;
    receipt_of(path, name);
    int64_t text = load(disk, name, other);
    if (text < 0)
        return crash_fails(trial, "%s has no receipt", path);
    if (receipt_parse((const char *)other, (size_t)text, &receipt) < 0)
        return crash_fails(trial, "%s does not read", name);
    mbedtls_sha256(content, (size_t)bytes, digest, 0);
    hex(digest, 32, sum);
    if (receipt.number[RECEIPT_BYTES] != bytes || strcmp(sum, receipt.sha256) != 0)
        return crash_fails(trial, "%s is not what its receipt says", path);
    return true;
}

static bool opens(struct crash_trial *trial, const char *path, int64_t bytes)
{
    struct reader *reader;
    td_err err = reader_open_memory(content, (size_t)bytes, NULL, &reader);
    if (err < 0)
        crash_fails(trial, "%s does not open: %s", path, reader_why(reader));
    reader_close(reader);
    return err == 0;
}

static bool check_segment(struct sim_disk *disk, struct crash_trial *trial,
                          const struct ready_file *file)
{
    char receipt[400];
    receipt_of(file->path, receipt);
    if (equals_past(file, trial)) { /* judged there; its receipt is the one that was made with it */
        int64_t now = load(disk, receipt, content), then = load(trial->past->disk, receipt, other);
        return (now == then && memcmp(content, other, (size_t)now) == 0) ||
               crash_fails(trial, "%s is not the receipt that was there", receipt);
    }
    int64_t bytes = load(disk, file->path, content);
    return opens(trial, file->path, bytes) && receipt_fits(trial, disk, file->path, bytes);
}

bool ready_check_after(struct sim_disk *disk, struct crash_trial *trial)
{
    static struct ready now;
    for (unsigned i = 0; i < found.count; i++) {
        const struct ready_file *file = &found.file[i];
        int64_t bytes = load(disk, file->path, content);
        if (bytes != file->bytes || td_hash64(content, (size_t)bytes, 0) != file->hash)
            return crash_fails(trial, "%s was changed by the recovery", file->path);
    }
    list(disk, &now);
    for (unsigned i = 0; i < now.count; i++)
        if (ends(now.file[i].path, ".parquet") && !check_segment(disk, trial, &now.file[i]))
            return false;
    return true;
}

static bool holds(struct sim_disk *disk, const struct ready *all, struct crash_trial *trial,
                  const char *where)
{
    for (unsigned i = 0; i < all->count; i++) {
        const struct ready_file *file = &all->file[i];
        int64_t bytes = load(disk, file->path, content);
        if (bytes < 0)
            return crash_fails(trial, "%s is not there %s", file->path, where);
        if (bytes != file->bytes || td_hash64(content, (size_t)bytes, 0) != file->hash)
            return crash_fails(trial, "%s has other bytes %s", file->path, where);
    }
    return true;
}

bool ready_check_same(struct sim_disk *disk, struct sim_disk *again, struct crash_trial *trial)
{
    static struct ready first, second;
    list(disk, &first);
    list(again, &second);
    return holds(again, &first, trial, "when its frames are told again") &&
           holds(disk, &second, trial, "though its frames make it");
}
