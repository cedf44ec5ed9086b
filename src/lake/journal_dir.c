#include "lake/journal_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

enum { ALIGN = 64 };

static const struct td_disk *disk_of_host(void)
{
    return &td_os_linux()->disk;
}

/* ---- opening ---- */

static td_err resolve(struct journal_dir *dir, const char *path)
{
    struct stat st;
    int bytes = snprintf(dir->path, sizeof dir->path, "%s/journal", path);
    TD_FAIL_IF(bytes >= (int)sizeof dir->path, TD_E_RANGE);
    if (stat(dir->path, &st) != 0 || !S_ISDIR(st.st_mode))
        snprintf(dir->path, sizeof dir->path, "%s", path);
    return 0;
}

td_err journal_dir_open(struct journal_dir *dir, const char *path)
{
    dir->arena.limit = SIZE_MAX / 2;
    TD_TRY(resolve(dir, path));
    dir->folder = lake_take(&dir->arena, 1, sizeof *dir->folder);
    TD_FAIL_IF(!dir->folder, TD_E_NO_MEMORY);
    return journal_folder_scan(dir->folder, disk_of_host(), dir->path);
}

td_err journal_dir_read(struct journal_dir *dir, uint64_t from_frame)
{
    char *mem = lake_take(&dir->arena, journal_reader_footprint() + ALIGN, 1);
    TD_FAIL_IF(!mem, TD_E_NO_MEMORY);
    mem += (ALIGN - (uintptr_t)mem % ALIGN) % ALIGN;
    return journal_reader_open(mem, disk_of_host(), dir->path, from_frame, &dir->reader);
}

void journal_dir_close(struct journal_dir *dir)
{
    if (dir->reader)
        journal_reader_close(dir->reader);
    lake_arena_free(&dir->arena);
    *dir = (struct journal_dir){0};
}

/* ---- headers ---- */

static bool all_zero(const void *data, size_t bytes)
{
    const unsigned char *at = data;
    while (bytes > 0 && at[bytes - 1] == 0)
        bytes--;
    return bytes == 0;
}

static td_err survey_header(struct journal_dir_file *file, const struct journal_place *place)
{
    struct journal_file_header header = {0};
    const struct td_disk *disk = place->disk;
    int64_t got = disk->read_at(disk->ctx, place->handle, &header, sizeof header, 0);
    TD_FAIL_IF(got < 0, (td_err)got);
    file->header_whole = journal_file_header_valid(&header);
    file->unused = file->sequence == 0 && all_zero(&header, sizeof header);
    file->file_bytes = disk->size(disk->ctx, place->handle);
    return file->file_bytes < 0 ? (td_err)file->file_bytes : 0;
}

static void add_block(struct journal_dir_file *file, const struct journal_block_header *header)
{
    if (file->blocks++ == 0) {
        file->block_first = header->sequence;
        file->epoch_first = header->epoch;
    }
    file->block_last = header->sequence;
    file->epoch_last = header->epoch;
    if (file->last_frame < header->last_frame)
        file->last_frame = header->last_frame;
}

/* The search begins where it stands, so on a sound file each step is one read of one header. */
static td_err survey_blocks(struct journal_dir_file *file, struct journal_place *place,
                            const struct journal_file *known)
{
    struct journal_block_header header;
    uint64_t sequence = known->first_block, epoch = known->epoch;
    int found;
    while ((found = journal_place_search(place, sequence, epoch, &header)) == 1) {
        add_block(file, &header);
        place->offset += journal_block_bytes(header.packed_bytes);
        sequence = header.sequence + 1;
        epoch = header.epoch;
    }
    file->used_bytes = place->offset;
    return found;
}

static td_err survey_file(const struct journal_dir *dir, const struct journal_file *known,
                          struct journal_dir_file *file)
{
    char path[JOURNAL_PATH_MAX], name[JOURNAL_FILE_NAME_MAX];
    const struct td_disk *disk = dir->folder->disk;
    const char *slash = strrchr(dir->path, '/');
    journal_file_name(name, known->name);
    const char *shown = !dir->folder->single ? name : slash ? slash + 1 : dir->path;
    td_text_copy(file->name, sizeof file->name, shown, strlen(shown));
    TD_TRY(journal_file_path(path, dir->folder, known->name));
    int handle = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_FAIL_IF(handle < 0, handle);
    struct journal_place place = {disk, handle, known->sequence, JOURNAL_PAGE};
    file->sequence = known->sequence;
    td_err err = survey_header(file, &place);
    if (err == 0 && file->sequence)
        err = survey_blocks(file, &place, known);
    disk->close(disk->ctx, handle);
    return err;
}

td_err journal_dir_survey(struct journal_dir *dir)
{
    dir->file = lake_take(&dir->arena, dir->folder->count, sizeof *dir->file);
    TD_FAIL_IF(!dir->file, TD_E_NO_MEMORY);
    for (uint32_t i = 0; i < dir->folder->count; i++)
        TD_TRY(survey_file(dir, &dir->folder->file[i], &dir->file[i]));
    return 0;
}

/* ---- frames ---- */

/* A frame belongs to the first file whose blocks know it to be whole. */
static void count_frame(struct journal_dir *dir, const struct td_frame *frame)
{
    while (dir->at + 1 < dir->folder->count && dir->file[dir->at].last_frame < frame->number)
        dir->at++;
    struct journal_dir_file *file = &dir->file[dir->at];
    if (file->frames++ == 0) {
        file->frame_first = frame->number;
        file->from_ns = file->to_ns = frame->recv_ns;
    }
    file->frame_last = frame->number;
    if (file->from_ns > frame->recv_ns)
        file->from_ns = frame->recv_ns;
    if (file->to_ns < frame->recv_ns)
        file->to_ns = frame->recv_ns;
}

static void count_hole(struct journal_dir *dir, const struct journal_damage *damage)
{
    for (uint32_t i = 0; i < dir->folder->count; i++)
        if (strcmp(dir->file[i].name, damage->file) == 0)
            dir->file[i].holes++;
}

int journal_dir_next(struct journal_dir *dir, struct td_frame *frame, struct journal_damage *damage)
{
    int got = journal_reader_next(dir->reader, frame, damage);
    if (got == 0 && !dir->tail_told && journal_reader_tail(dir->reader, damage)) {
        dir->tail_told = true;
        got = TD_E_JOURNAL_CORRUPT;
    }
    if (dir->file && got == 1)
        count_frame(dir, frame);
    else if (dir->file && got < 0)
        count_hole(dir, damage);
    return got;
}
