#include "app/list_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/text.h"

static bool path_of(char out[LIST_PATH_MAX], const char *data_dir, const char *venue)
{
    struct td_str path = td_str_on(out, LIST_PATH_MAX);
    td_str_add_format(&path, "%s/lists/%s.list", data_dir, venue);
    return !path.cut;
}

/* ---- writing ------------------------------------------------------------------------------------ */

td_err list_writer_open(struct list_writer *writer, const struct td_disk *disk,
                        const char *data_dir, const char *venue)
{
    char dir[LIST_PATH_MAX];
    *writer = (struct list_writer){.disk = disk, .file = -1};
    struct td_str folder = td_str_on(dir, sizeof dir);
    td_str_add_format(&folder, "%s/lists", data_dir);
    TD_FAIL_IF(!path_of(writer->path, data_dir, venue), TD_E_RANGE);
    struct td_str part = td_str_on(writer->part, sizeof writer->part);
    td_str_add_format(&part, "%s.part", writer->path);
    TD_TRY(disk->make_dirs(disk->ctx, dir));
    writer->file = disk->open(disk->ctx, writer->part, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    return writer->file < 0 ? writer->file : 0;
}

static void put(struct list_writer *writer, const char *data, size_t bytes)
{
    const struct td_disk *disk = writer->disk;
    if (writer->file < 0 || writer->err < 0 || bytes == 0)
        return;
    int64_t got = disk->write_at(disk->ctx, writer->file, data, bytes, writer->at);
    if (got < 0)
        writer->err = (td_err)got;
    writer->at += (int64_t)bytes;
}

void list_writer_add(struct list_writer *writer, int64_t wall_ns, const char *payload, size_t bytes)
{
    static char piece[64 << 10]; /* one thread, as the header says */
    char head[40];
    int head_bytes = snprintf(head, sizeof head, "%lld\th\t", (long long)wall_ns);
    put(writer, head, (size_t)head_bytes);
    while (bytes > 0) {
        size_t part = bytes < sizeof piece ? bytes : sizeof piece;
        for (size_t i = 0; i < part; i++)
            piece[i] = payload[i] == '\n' || payload[i] == '\r' ? ' ' : payload[i];
        put(writer, piece, part);
        payload += part;
        bytes -= part;
    }
    put(writer, "\n", 1);
}

void list_writer_drop(struct list_writer *writer)
{
    const struct td_disk *disk = writer->disk;
    if (writer->file < 0)
        return;
    disk->close(disk->ctx, writer->file);
    disk->unlink(disk->ctx, writer->part);
    writer->file = -1;
}

static td_err load_file(const char *path, struct catalogue *catalogue, int64_t *written_ns);

td_err list_writer_end(struct list_writer *writer, struct catalogue *catalogue)
{
    const struct td_disk *disk = writer->disk;
    int64_t written_ns;
    TD_FAIL_IF(writer->file < 0, TD_E_IO);
    td_err err = writer->err;
    if (err == 0)
        err = load_file(writer->part, catalogue, &written_ns);
    if (err == 0)
        err = disk->sync_data(disk->ctx, writer->file);
    if (err < 0) {
        list_writer_drop(writer);
        return err;
    }
    disk->close(disk->ctx, writer->file);
    writer->file = -1;
    return disk->rename(disk->ctx, writer->part, writer->path);
}

/* ---- reading ------------------------------------------------------------------------------------ */

/* time TAB h TAB payload */
static td_err take_line(const char *line, size_t bytes, struct catalogue *catalogue,
                        int64_t *written_ns)
{
    const char *tab = memchr(line, '\t', bytes);
    TD_FAIL_IF(tab == NULL || line + bytes - tab < 4 || tab[1] != 'h' || tab[2] != '\t',
               TD_E_SYNTAX);
    TD_FAIL_IF(td_integer_parse(line, (size_t)(tab - line), written_ns) < 0, TD_E_SYNTAX);
    return catalogue_take(catalogue, tab + 3, (size_t)(line + bytes - tab - 3));
}

static td_err take_lines(const char *text, size_t bytes, struct catalogue *catalogue,
                         int64_t *written_ns)
{
    while (bytes > 0) {
        const char *end = memchr(text, '\n', bytes);
        TD_FAIL_IF(end == NULL, TD_E_SYNTAX);
        TD_TRY(take_line(text, (size_t)(end - text), catalogue, written_ns));
        bytes -= (size_t)(end + 1 - text);
        text = end + 1;
    }
    catalogue_finish(catalogue);
    return catalogue_count(catalogue) > 0 ? 0 : TD_E_SYNTAX;
}

static td_err load_file(const char *path, struct catalogue *catalogue, int64_t *written_ns)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    TD_FAIL_IF(fd < 0, TD_E_MISSING);
    void *text = MAP_FAILED;
    if (fstat(fd, &about) == 0 && about.st_size > 0)
        text = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    TD_FAIL_IF(text == MAP_FAILED, TD_E_SYNTAX);
    td_err err = take_lines(text, (size_t)about.st_size, catalogue, written_ns);
    munmap(text, (size_t)about.st_size);
    return err;
}

td_err list_cache_load(const char *data_dir, struct catalogue *catalogue, int64_t *written_ns)
{
    char path[LIST_PATH_MAX];
    TD_FAIL_IF(!path_of(path, data_dir, catalogue_venue(catalogue)->name), TD_E_RANGE);
    return load_file(path, catalogue, written_ns);
}

void list_age_text(int64_t age_ns, char out[32])
{
    int64_t minutes = age_ns < 0 ? 0 : age_ns / (60 * TD_NS_PER_S);
    if (minutes < 60)
        snprintf(out, 32, "%lld min", (long long)minutes);
    else if (minutes < 48 * 60)
        snprintf(out, 32, "%lld h", (long long)(minutes / 60));
    else
        snprintf(out, 32, "%lld days", (long long)(minutes / (24 * 60)));
}
