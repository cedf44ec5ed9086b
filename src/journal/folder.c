#include "journal/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".tdj"

enum { NAME_DIGITS_MIN = 6, NAME_DIGITS_MAX = 18 };

void journal_file_name(char out[JOURNAL_FILE_NAME_MAX], uint64_t name)
{
    snprintf(out, JOURNAL_FILE_NAME_MAX, "%06llu" SUFFIX, (unsigned long long)name);
}

td_err journal_file_path(char out[JOURNAL_PATH_MAX], const struct journal_folder *folder,
                         uint64_t name)
{
    char file[JOURNAL_FILE_NAME_MAX];
    journal_file_name(file, name);
    int bytes = folder->single ? snprintf(out, JOURNAL_PATH_MAX, "%s", folder->path)
                               : snprintf(out, JOURNAL_PATH_MAX, "%s/%s", folder->path, file);
    return bytes < JOURNAL_PATH_MAX ? 0 : TD_E_RANGE;
}

static bool parse_name(const char *text, uint64_t *name)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < NAME_DIGITS_MIN || digits > NAME_DIGITS_MAX || strcmp(text + digits, SUFFIX) != 0)
        return false;
    *name = strtoull(text, NULL, 10);
    return true;
}

static void know_by_block(struct journal_file *file, const struct journal_block_header *block)
{
    file->sequence = block->file_sequence;
    file->epoch = block->epoch;
    file->first_block = block->sequence;
    file->first_frame = block->first_frame;
}

/* A file whose first page is spoilt is still known by its first block, or by any whole one that carries the number of its name. To
   take a file that cannot be read for an empty one would give its numbers away again: that is an error. */
static td_err identify(struct journal_file *file, const struct td_disk *disk, int handle)
{
    struct journal_file_header header;
    struct journal_block_header block;
    int64_t got = disk->read_at(disk->ctx, handle, &header, sizeof header, 0);
    if (got == (int64_t)sizeof header && journal_file_header_valid(&header)) {
        file->sequence = header.file_sequence;
        file->epoch = header.epoch;
        file->first_block = header.first_block;
        file->first_frame = header.first_frame;
        file->flags = header.flags;
        return 0;
    }
    int64_t got_block = disk->read_at(disk->ctx, handle, &block, sizeof block, JOURNAL_PAGE);
    struct journal_place place = {disk, handle, file->name, JOURNAL_PAGE};
    int found =
        got_block == (int64_t)sizeof block &&
        journal_block_judge(&block, block.file_sequence, block.sequence) == JOURNAL_BLOCK_OURS;
    if (!found)
        found = journal_place_search(&place, 0, 0, &block);
    if (found > 0)
        know_by_block(file, &block);
    return found < 0 ? found : found == 0 && got < 0 ? (td_err)got : 0;
}

static td_err read_file(struct journal_folder *folder, struct journal_file *file)
{
    char path[JOURNAL_PATH_MAX];
    TD_TRY(journal_file_path(path, folder, file->name));
    int handle = folder->disk->open(folder->disk->ctx, path, O_RDONLY, 0);
    if (handle == TD_E_MISSING && !folder->single)
        return 0; /* the writer has renamed it since: nothing that is still needed */
    TD_FAIL_IF(handle < 0, handle);
    td_err err = identify(file, folder->disk, handle);
    folder->disk->close(folder->disk->ctx, handle);
    return err;
}

static int visit(void *arg, const char *name, bool is_dir)
{
    struct journal_folder *folder = arg;
    uint64_t number;
    if (is_dir || !parse_name(name, &number))
        return 0;
    if (folder->count < JOURNAL_FILES_MAX)
        folder->file[folder->count] = (struct journal_file){.name = number};
    folder->count++;
    return 0;
}

static void sort(struct journal_folder *folder)
{
    for (uint32_t i = 1; i < folder->count; i++) {
        struct journal_file file = folder->file[i];
        uint32_t at = i;
        for (; at > 0 && folder->file[at - 1].sequence > file.sequence; at--)
            folder->file[at] = folder->file[at - 1];
        folder->file[at] = file;
    }
}

static bool names_one_file(const char *path)
{
    size_t bytes = strlen(path), suffix = strlen(SUFFIX);
    return bytes > suffix && strcmp(path + bytes - suffix, SUFFIX) == 0;
}

td_err journal_folder_scan(struct journal_folder *folder, const struct td_disk *disk,
                           const char *path)
{
    memset(folder, 0, sizeof *folder);
    folder->disk = disk;
    folder->path = path;
    folder->single = names_one_file(path);
    if (folder->single)
        folder->count = 1;
    else
        TD_TRY(disk->list(disk->ctx, path, visit, folder));
    TD_FAIL_IF(folder->count > JOURNAL_FILES_MAX, TD_E_NO_ROOM);
    for (uint32_t i = 0; i < folder->count; i++)
        TD_TRY(read_file(folder, &folder->file[i]));
    sort(folder);
    return 0;
}

int journal_place_judge(const struct journal_place *place, uint64_t expected,
                        struct journal_block_header *header)
{
    memset(header, 0, sizeof *header);
    int64_t got = place->disk->read_at(place->disk->ctx, place->handle, header, sizeof *header,
                                       place->offset);
    TD_FAIL_IF(got < 0, (td_err)got);
    return (int)journal_block_judge(header, place->file_sequence, expected);
}

int journal_place_search(struct journal_place *place, uint64_t sequence, uint64_t epoch,
                         struct journal_block_header *header)
{
    struct journal_place at = *place;
    int64_t size = place->disk->size(place->disk->ctx, place->handle);
    TD_FAIL_IF(size < 0, (td_err)size);
    int64_t end = place->offset + JOURNAL_SEARCH_BYTES;
    td_err failed = 0;
    for (end = end < size ? end : size; at.offset < end; at.offset += JOURNAL_PAGE) {
        int state = journal_place_judge(&at, sequence, header);
        if (state < 0)
            failed = state;
        if (state != JOURNAL_BLOCK_OURS || header->sequence < sequence || header->epoch < epoch)
            continue;
        *place = at;
        return 1;
    }
    return failed;
}
