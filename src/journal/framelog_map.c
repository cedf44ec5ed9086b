#include "journal/framelog_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "journal/framelog_layout.h"

static bool params_valid(const struct framelog_params *params)
{
    uint32_t term = params->term_bytes;
    return term >= FRAMELOG_TERM_BYTES_MIN && term <= FRAMELOG_TERM_BYTES_MAX &&
           (term & (term - 1)) == 0 && params->terms >= FRAMELOG_TERMS_MIN &&
           (!params->path || strlen(params->path) < FRAMELOG_PATH_MAX);
}

static size_t jumbo_offset(const struct framelog_params *params)
{
    return FRAMELOG_PAGE_BYTES + (size_t)params->term_bytes * params->terms;
}

size_t framelog_bytes(const struct framelog_params *params)
{
    return jumbo_offset(params) + TD_FRAME_BYTES_MAX;
}

/* Two recorders of one name would replace, and at their end remove, each other's log: the lock lives as long as the open file. */
static bool held_by_another(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    if (held)
        TD_ERROR("journal",
                 "event=framelog_in_use path=%s next=\"give this recorder another deck.id\"", path);
    return held;
}

/* The new log is made beside the old one and takes its name when it is whole: a process that is killed in between leaves the old one, so
   that the next start knows a crash from a power cut. */
static void beside(const char *path, char out[FRAMELOG_PATH_MAX + 8])
{
    struct td_str text = td_str_on(out, FRAMELOG_PATH_MAX + 8);
    td_str_add_format(&text, "%s.new", path);
}

static int open_file(const char *path)
{
    char made[FRAMELOG_PATH_MAX + 8];
    if (!path)
        return memfd_create("framelog", MFD_CLOEXEC);
    beside(path, made);
    if (unlink(made) != 0 && errno != ENOENT)
        return -1;
    int fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        flock(fd, LOCK_EX | LOCK_NB);
    return fd;
}

static td_err take_name(const char *path)
{
    char made[FRAMELOG_PATH_MAX + 8];
    if (!path)
        return 0;
    beside(path, made);
    return rename(made, path) == 0 ? 0 : TD_E_IO;
}

/* What was not finished would hold its memory until the next start. */
static void give_up(const char *path)
{
    char made[FRAMELOG_PATH_MAX + 8];
    if (!path)
        return;
    beside(path, made);
    unlink(made);
}

static bool punch(int fd, size_t offset, size_t bytes)
{
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes) ==
           0;
}

/* A full tmpfs shows itself as SIGBUS in the middle of a store: take every page now, then give the
 * jumbo slot's back. */
static td_err reserve(int fd, const struct framelog_params *params)
{
    size_t bytes = framelog_bytes(params);
    if (ftruncate(fd, (off_t)bytes) != 0)
        return errno == ENOSPC ? TD_E_DISK_FULL : TD_E_IO;
    if (fallocate(fd, 0, 0, (off_t)bytes) != 0)
        return errno == ENOSPC ? TD_E_DISK_FULL : errno == EOPNOTSUPP ? 0 : TD_E_IO;
    punch(fd, jumbo_offset(params), TD_FRAME_BYTES_MAX);
    return 0;
}

static void write_header(struct framelog_page *page, const struct framelog_params *params)
{
    page->version = FRAMELOG_VERSION;
    page->page_bytes = FRAMELOG_PAGE_BYTES;
    page->term_bytes = params->term_bytes;
    page->terms = params->terms;
    page->jumbo_bytes = TD_FRAME_BYTES_MAX;
    page->mapping_bytes = framelog_bytes(params);
    page->next_number = 1;
    atomic_store_explicit(&page->magic, FRAMELOG_MAGIC, memory_order_release);
}

static td_err map_file(struct framelog_map *map, const struct framelog_params *params)
{
    TD_TRY(reserve(map->fd, params));
    map->bytes = framelog_bytes(params);
    void *at = mmap(NULL, map->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map->fd, 0);
    TD_FAIL_IF(at == MAP_FAILED, TD_E_IO);
    map->page = at;
    map->terms = (unsigned char *)at + FRAMELOG_PAGE_BYTES;
    map->jumbo = (char *)at + jumbo_offset(params);
    write_header(map->page, params);
    return 0;
}

td_err framelog_map_open(struct framelog_map *map, const struct framelog_params *params)
{
    TD_FAIL_IF(!params_valid(params), TD_E_RANGE);
    memset(map, 0, sizeof *map);
    TD_FAIL_IF(params->path && held_by_another(params->path), TD_E_BUSY);
    map->fd = open_file(params->path);
    TD_FAIL_IF(map->fd < 0, TD_E_IO);
    td_err err = map_file(map, params);
    if (err == 0)
        err = take_name(params->path);
    if (err == 0 && params->path)
        memcpy(map->path, params->path, strlen(params->path) + 1);
    if (err < 0) {
        TD_ERROR("journal", "event=framelog_open path=%s error=%s errno=%d",
                 params->path ? params->path : "-", td_err_name(err), errno);
        give_up(params->path);
        framelog_map_close(map, true);
    }
    return err;
}

void framelog_map_close(struct framelog_map *map, bool remove_file)
{
    if (map->page)
        munmap(map->page, map->bytes);
    close(map->fd);
    if (remove_file && map->path[0])
        unlink(map->path);
    map->page = NULL;
    map->fd = -1;
}

/* fallocate rather than MADV_REMOVE: the latter refuses locked memory, and the recorder locks its
   own. Where the file system knows no holes, dropping the pages from this process is the most that
   can be had. */
void framelog_map_punch_jumbo(struct framelog_map *map)
{
    size_t offset = (size_t)(map->jumbo - (char *)map->page);
    if (!punch(map->fd, offset, TD_FRAME_BYTES_MAX))
        madvise(map->jumbo, TD_FRAME_BYTES_MAX, MADV_DONTNEED);
}
