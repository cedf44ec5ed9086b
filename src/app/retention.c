#include "app/retention.h"

#include <fcntl.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/utc.h"

enum { BATCH = 256, NUMBERS = 4 /* year, month, day, hour */, NO_NUMBER = -1 };

/* Names taken from a folder in one go: it is not changed while it is listed. On the stack: 16 KiB. */
struct batch {
    char name[BATCH][PATH_NAME_MAX];
    unsigned count, skip;
};

struct pass {
    const struct retention_params *params;
    struct retention_result *result;
    int64_t free_bytes; /* before it began */
    bool unverified;    /* those are what it is after */
    int64_t hour_ns;
    struct batch batch;
    char ready[PATH_MAX_BYTES];
    char path[PATH_MAX_BYTES]; /* where the walk is */
};

/* ---- small things ----------------------------------------------------------------------------- */

static void note(struct pass *pass, td_err err)
{
    if (err < 0 && err != TD_E_MISSING && pass->result->err == 0)
        pass->result->err = err;
}

/* A file system frees the room of a deleted file when it commits: its own figure lags behind. */
static bool is_enough(struct pass *pass)
{
    pass->result->enough =
        pass->free_bytes + pass->result->bytes >= pass->params->wanted_free_bytes;
    return pass->result->enough;
}

/* Goes one folder down; what strip() needs to come back, or 0 when the path is too long (nothing of ours is). */
static size_t enter(struct pass *pass, const char *name)
{
    size_t before = strlen(pass->path);
    struct td_str str = td_str_on(pass->path + before, sizeof pass->path - before);
    td_str_add_char(&str, '/');
    td_str_add(&str, name);
    if (!str.cut)
        return before;
    pass->path[before] = 0;
    return 0;
}

static void leave(struct pass *pass, size_t before)
{
    pass->path[before] = 0;
}

typedef int visit_fn(void *arg, const char *name, bool is_dir);

static void list(struct pass *pass, visit_fn *visit, void *arg)
{
    const struct td_disk *disk = pass->params->disk;
    note(pass, disk->list(disk->ctx, pass->path, visit, arg));
}

static bool ends_with(const char *name, const char *end)
{
    size_t bytes = strlen(name), wanted = strlen(end);
    return bytes > wanted && strcmp(name + bytes - wanted, end) == 0;
}

/* "_<segment without .parquet><end>" */
static bool beside(const char *segment, const char *end, char out[PATH_NAME_MAX])
{
    struct td_str str = td_str_on(out, PATH_NAME_MAX);
    td_str_add_char(&str, '_');
    td_str_add_bytes(&str, segment, strlen(segment) - strlen(".parquet"));
    td_str_add(&str, end);
    return !str.cut;
}

/* Size of a file in the folder where the walk is, or why not. */
static int64_t size_of(struct pass *pass, const char *name)
{
    const struct td_disk *disk = pass->params->disk;
    char path[PATH_MAX_BYTES];
    TD_TRY(path_join(pass->path, name, path));
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_TRY(file);
    int64_t bytes = disk->size(disk->ctx, file);
    disk->close(disk->ctx, file);
    return bytes;
}

static td_err remove_name(struct pass *pass, const char *name)
{
    const struct td_disk *disk = pass->params->disk;
    char path[PATH_MAX_BYTES];
    TD_TRY(path_join(pass->path, name, path));
    td_err err = disk->unlink(disk->ctx, path);
    return err == TD_E_MISSING ? 0 : err;
}

/* ---- one folder of one hour ------------------------------------------------------------------- */

static bool is_segment(const char *name)
{
    return name[0] != '_' && ends_with(name, ".parquet") && strlen(name) < PATH_NAME_MAX;
}

static bool is_verified(struct pass *pass, const char *segment)
{
    char mark[PATH_NAME_MAX];
    return beside(segment, ".done", mark) && size_of(pass, mark) >= 0;
}

/* A mark whose segment is gone: a pass was interrupted. Its segment's name, so that the rest goes too. */
static bool is_left_over(struct pass *pass, const char *name, char segment[PATH_NAME_MAX])
{
    if (name[0] != '_' || !ends_with(name, ".done"))
        return false;
    struct td_str str = td_str_on(segment, PATH_NAME_MAX);
    td_str_add_bytes(&str, name + 1, strlen(name) - 1 - strlen(".done"));
    td_str_add(&str, ".parquet");
    return !str.cut && size_of(pass, segment) == TD_E_MISSING;
}

static int take_name(void *arg, const char *name, bool is_dir)
{
    struct pass *pass = arg;
    struct batch *batch = &pass->batch;
    char segment[PATH_NAME_MAX];
    if (is_dir)
        return 0;
    if (is_segment(name) && is_verified(pass, name) != pass->unverified)
        td_text_copy(segment, sizeof segment, name, strlen(name));
    else if (!is_left_over(pass, name, segment))
        return 0;
    if (batch->skip > 0) {
        batch->skip--;
        return 0;
    }
    memcpy(batch->name[batch->count++], segment, sizeof segment);
    return batch->count == BATCH;
}

static void tell(struct pass *pass, const char *name, int64_t bytes)
{
    char path[PATH_MAX_BYTES];
    struct path_partition partition;
    if (pass->params->visit == NULL || path_join(pass->path, name, path) < 0 ||
        path_parse(path, &partition) < 0)
        return;
    struct retention_item item = {path, &partition, pass->hour_ns, bytes, !pass->unverified};
    pass->params->visit(pass->params->visit_arg, &item);
}

/* The mark goes last: as long as it stands the rest is known to be over. */
static td_err remove_segment(struct pass *pass, const char *name)
{
    char receipt[PATH_NAME_MAX], mark[PATH_NAME_MAX];
    if (pass->params->dry_run)
        return 0;
    TD_FAIL_IF(!beside(name, ".json", receipt) || !beside(name, ".done", mark), TD_E_RANGE);
    TD_TRY(remove_name(pass, name));
    TD_TRY(remove_name(pass, receipt));
    return remove_name(pass, mark);
}

static td_err take_segment(struct pass *pass, const char *name)
{
    int64_t bytes = size_of(pass, name);
    if (bytes == TD_E_MISSING)
        return remove_segment(pass, name);
    TD_FAIL_IF(bytes < 0, (td_err)bytes);
    tell(pass, name, bytes);
    TD_TRY(remove_segment(pass, name));
    pass->result->segments++;
    pass->result->unverified += pass->unverified;
    pass->result->bytes += bytes;
    return 0;
}

/* True when all of it went. */
static bool take_batch(struct pass *pass)
{
    bool all = true;
    for (unsigned i = 0; i < pass->batch.count && !is_enough(pass); i++) {
        td_err err = take_segment(pass, pass->batch.name[i]);
        note(pass, err);
        all &= err >= 0;
    }
    return all;
}

/* Upwards as long as they are empty: the disk refuses those that are not. */
static void remove_empty_folders(struct pass *pass)
{
    const struct td_disk *disk = pass->params->disk;
    size_t bytes = strlen(pass->path), root = strlen(pass->ready);
    char whole[PATH_MAX_BYTES];
    memcpy(whole, pass->path, sizeof whole);
    while (bytes > root && disk->unlink(disk->ctx, pass->path) >= 0) {
        while (bytes > root && pass->path[bytes] != '/')
            bytes--;
        pass->path[bytes] = 0;
    }
    memcpy(pass->path, whole, sizeof whole);
}

static void take_folder(struct pass *pass)
{
    bool all = true;
    unsigned seen = 0;
    do {
        pass->batch.count = 0;
        pass->batch.skip = pass->params->dry_run ? seen : 0;
        list(pass, take_name, pass);
        seen += pass->batch.count;
        all = take_batch(pass);
    } while (pass->batch.count == BATCH && all && !is_enough(pass));
    if (!pass->params->dry_run)
        remove_empty_folders(pass);
}

/* ---- the walk --------------------------------------------------------------------------------- */

/* Calls `at` in each folder of a symbol: ready/<table>/exchange=/symbol=. */
struct walk {
    struct pass *pass;
    unsigned depth;
    void (*at)(struct pass *pass, void *arg);
    void *arg;
};

static int walk_down(void *arg, const char *name, bool is_dir)
{
    struct walk *walk = arg;
    struct pass *pass = walk->pass;
    size_t before = is_dir ? enter(pass, name) : 0;
    if (before == 0)
        return 0;
    if (++walk->depth == 3)
        walk->at(pass, walk->arg);
    else
        list(pass, walk_down, walk);
    walk->depth--;
    leave(pass, before);
    return 0;
}

static void each_symbol(struct pass *pass, void (*at)(struct pass *pass, void *arg), void *arg)
{
    struct walk walk = {pass, 0, at, arg};
    memcpy(pass->path, pass->ready, sizeof pass->path);
    list(pass, walk_down, &walk);
}

static void take_hour(struct pass *pass, void *arg)
{
    (void)arg;
    struct td_utc utc = td_utc_from_ns(pass->hour_ns);
    char folder[64];
    struct td_str str = td_str_on(folder, sizeof folder);
    td_str_add_format(&str, "year=%04d/month=%02d/day=%02d/hour=%02d", utc.year, utc.month, utc.day,
                      utc.hour);
    size_t before = is_enough(pass) ? 0 : enter(pass, folder);
    if (before == 0)
        return;
    take_folder(pass);
    leave(pass, before);
}

/* ---- the next hour that has something --------------------------------------------------------- */

static const struct level {
    const char *key, *format;
    int32_t least, most;
} levels[NUMBERS] = {{"year", "year=%04d", 1970, 9999},
                     {"month", "month=%02d", 1, 12},
                     {"day", "day=%02d", 1, 31},
                     {"hour", "hour=%02d", 0, 23}};

/* Least number at or above `from` among the folders of a level. */
struct least {
    const struct level *level;
    int32_t from, found;
};

static int see_number(void *arg, const char *name, bool is_dir)
{
    struct least *least = arg;
    size_t key = strlen(least->level->key);
    int32_t number = 0;
    if (!is_dir || strncmp(name, least->level->key, key) != 0 || name[key] != '=' ||
        name[key + 1] == 0 || strlen(name + key + 1) > 4)
        return 0;
    for (const char *at = name + key + 1; *at != 0; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        number = number * 10 + (*at - '0');
    }
    if (number >= least->from && number <= least->level->most &&
        (least->found == NO_NUMBER || number < least->found))
        least->found = number;
    return 0;
}

/* The least hour below this folder that is not before `bound` (NULL: any). */
static bool least_hour(struct pass *pass, unsigned level, const int32_t *bound, int32_t *when)
{
    struct least least = {&levels[level], bound ? bound[level] : levels[level].least, NO_NUMBER};
    for (;; least.from = least.found + 1, least.found = NO_NUMBER) {
        char name[16];
        struct td_str str = td_str_on(name, sizeof name);
        list(pass, see_number, &least);
        if (least.found == NO_NUMBER)
            return false;
        when[level] = least.found;
        if (level + 1 == NUMBERS)
            return true;
        td_str_add_format(&str, levels[level].format, (int)least.found);
        size_t before = enter(pass, name);
        bool at_bound = bound && least.found == bound[level];
        bool found = before != 0 && least_hour(pass, level + 1, at_bound ? bound : NULL, when);
        if (before != 0)
            leave(pass, before);
        if (found)
            return true;
    }
}

struct search {
    int64_t from_ns, found_ns;
    bool found;
};

/* Folders of a day that no calendar has are not ours: passed over. */
static bool is_hour(const int32_t *when, int64_t *ns)
{
    struct td_utc utc = {.year = when[0], .month = when[1], .day = when[2], .hour = when[3]};
    *ns = td_utc_to_ns(&utc);
    struct td_utc back = td_utc_from_ns(*ns);
    return back.year == utc.year && back.month == utc.month && back.day == utc.day;
}

static void search_symbol(struct pass *pass, void *arg)
{
    struct search *search = arg;
    struct td_utc from = td_utc_from_ns(search->from_ns);
    int32_t bound[NUMBERS] = {from.year, from.month, from.day, from.hour}, when[NUMBERS];
    int64_t ns = 0;
    for (;;) {
        if (!least_hour(pass, 0, bound, when))
            return;
        if (is_hour(when, &ns))
            break;
        memcpy(bound, when, sizeof bound);
        bound[NUMBERS - 1]++;
    }
    if (!search->found || ns < search->found_ns)
        search->found_ns = ns;
    search->found = true;
}

static bool next_hour(struct pass *pass, int64_t from_ns)
{
    struct search search = {.from_ns = from_ns};
    each_symbol(pass, search_symbol, &search);
    pass->hour_ns = search.found_ns;
    return search.found;
}

/* ---- a pass ----------------------------------------------------------------------------------- */

static void take_hours(struct pass *pass)
{
    int64_t from_ns = 0;
    while (!is_enough(pass) && next_hour(pass, from_ns)) {
        each_symbol(pass, take_hour, NULL);
        from_ns = pass->hour_ns + TD_NS_PER_HOUR;
    }
}

td_err retention_free(const struct retention_params *params, struct retention_result *result)
{
    const struct td_disk *disk = params->disk;
    struct pass pass = {.params = params, .result = result};
    memset(result, 0, sizeof *result);
    TD_TRY(path_join(params->data_dir, "ready", pass.ready));
    pass.free_bytes = disk->free_bytes(disk->ctx, params->data_dir);
    TD_FAIL_IF(pass.free_bytes < 0, (td_err)pass.free_bytes);
    take_hours(&pass);
    if (!params->may_delete_unverified || is_enough(&pass))
        return 0;
    pass.unverified = true;
    take_hours(&pass);
    return 0;
}
