#include "journal/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "journal/block.h"
#include "journal/folder.h"
#include "journal/pack.h"
#include "journal/record.h"

enum { ALIGN = 64 };

/* What is missing and not yet told: from where on, behind which frame. */
struct hole {
    bool open;
    bool proven;   /* not only the end of what has been written so far */
    uint32_t file; /* index in the folder */
    int64_t offset;
    td_err err;
    uint64_t sequence, before;
};

/* Where the block behind the last whole one was looked for first. A writer at work may have finished it by the time that a later one
   is found; so it is looked at once more before anything is said to be missing. */
struct doubt {
    int64_t offset;
    uint64_t expected;
    bool window, hole, settled;
};

/* A frame whose payload goes over several blocks. */
struct assembly {
    bool active;
    struct td_frame frame;
    uint32_t done;
    char *payload;
};

struct journal_reader {
    struct journal_folder folder;
    uint32_t next_file;
    bool file_open, file_start;
    struct journal_place place;
    int64_t searched;                 /* bytes passed since the last block of this file */
    uint64_t expected, epoch, synced; /* synced: highest block known to have been on the device */
    struct doubt doubt;
    bool started;         /* expected is known */
    bool window;          /* the unpacker has what the next block refers to */
    uint64_t block_first; /* first frame that begins in the loaded block */
    uint64_t due;         /* the frame that comes next when none is missing, 0: not known */
    struct journal_unpacker *unpacker;
    uint8_t *packed, *raw;
    uint32_t raw_bytes, raw_at;
    struct td_frame before;
    struct assembly assembly;
    struct hole hole;
    uint64_t from_frame, last_number;
    uint64_t bound; /* frames from here on stand anew in a later file */
};

/* ---- memory, opening ---- */

static size_t up(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

size_t journal_reader_footprint(void)
{
    return up(sizeof(struct journal_reader)) + up(JOURNAL_PACKED_MAX) + up(JOURNAL_RAW_MAX) +
           TD_FRAME_BYTES_MAX + up(journal_unpacker_footprint());
}

static struct journal_reader *lay_out(void *mem)
{
    TD_ASSERT((uintptr_t)mem % ALIGN == 0, "the reader's memory is aligned");
    struct journal_reader *r = mem;
    memset(r, 0, sizeof *r);
    r->packed = (uint8_t *)mem + up(sizeof *r);
    r->raw = r->packed + up(JOURNAL_PACKED_MAX);
    r->assembly.payload = (char *)r->raw + up(JOURNAL_RAW_MAX);
    r->unpacker = journal_unpacker_init(r->assembly.payload + TD_FRAME_BYTES_MAX);
    return r;
}

static void open_hole(struct journal_reader *r, td_err err)
{
    r->window = false;
    if (r->hole.open)
        return;
    bool proven = err != TD_E_JOURNAL_CORRUPT || r->expected <= r->synced;
    r->hole = (struct hole){true, proven,      r->next_file - 1, r->place.offset,
                            err,  r->expected, r->last_number};
}

static void mark_place(struct journal_reader *r)
{
    r->doubt = (struct doubt){r->place.offset, r->expected, r->window, r->hole.open, false};
}

/* True: back at the place in doubt. Nothing was unpacked since, so the window is what it was. */
static bool look_again(struct journal_reader *r)
{
    if (r->doubt.settled || r->place.offset == r->doubt.offset)
        return false;
    r->place.offset = r->doubt.offset;
    r->expected = r->doubt.expected;
    r->window = r->doubt.window;
    r->searched = 0;
    r->hole.open = r->doubt.hole;
    r->doubt.settled = true;
    return true;
}

static void close_file(struct journal_reader *r)
{
    if (r->file_open)
        r->place.disk->close(r->place.disk->ctx, r->place.handle);
    r->file_open = false;
}

/* Later files that begin with frames written again after a failed sync take them from the files before. */
static uint64_t bound_of(const struct journal_folder *folder, uint32_t at)
{
    uint64_t bound = UINT64_MAX;
    for (uint32_t i = at + 1; i < folder->count; i++)
        if (folder->file[i].flags & JOURNAL_FILE_REWOUND && folder->file[i].first_frame < bound)
            bound = folder->file[i].first_frame;
    return bound;
}

/* 1: the next readable file is open; 0: there is none. */
static int open_file(struct journal_reader *r)
{
    const struct td_disk *disk = r->folder.disk;
    char path[JOURNAL_PATH_MAX];
    while (r->next_file < r->folder.count) {
        const struct journal_file *file = &r->folder.file[r->next_file++];
        r->bound = bound_of(&r->folder, r->next_file - 1);
        if (file->sequence == 0 || journal_file_path(path, &r->folder, file->name) < 0)
            continue;
        int handle = disk->open(disk->ctx, path, O_RDONLY, 0);
        r->place = (struct journal_place){disk, handle, file->sequence, JOURNAL_PAGE};
        if (handle < 0) {
            open_hole(r, handle);
            continue;
        }
        r->file_open = r->file_start = true;
        r->searched = 0;
        if (!r->started) {
            r->expected = file->first_block;
            r->due = file->first_frame;
        }
        if (r->epoch < file->epoch)
            r->epoch = file->epoch;
        r->started = true;
        r->hole.proven |= file->first_block > r->hole.sequence;
        mark_place(r);
        return 1;
    }
    return 0;
}

/* The last file that begins before the wanted frame; a frame may begin in the file before the one
 * that names it first. */
static uint32_t file_for(const struct journal_folder *folder, uint64_t frame)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < folder->count; i++)
        if (folder->file[i].sequence && folder->file[i].first_frame &&
            folder->file[i].first_frame < frame)
            best = i;
    return best;
}

/* Hops over headers to the last place before the wanted frame where unpacking can start. */
static void seek(struct journal_reader *r)
{
    struct journal_place at = r->place;
    struct journal_block_header header;
    uint64_t expected = r->expected, epoch = r->epoch;
    for (;;) {
        int state = journal_place_judge(&at, expected, &header);
        bool next =
            state == JOURNAL_BLOCK_OURS && header.sequence >= expected && header.epoch >= epoch;
        if (!next && journal_place_search(&at, expected, epoch, &header) <= 0)
            break;
        if (header.first_frame > r->from_frame)
            break;
        epoch = header.epoch;
        if (header.flags & JOURNAL_BLOCK_RESTART && header.first_frame) {
            r->place = at;
            r->expected = header.sequence;
            r->epoch = epoch;
            r->file_start = false;
        }
        at.offset += journal_block_bytes(header.packed_bytes);
        expected = header.sequence + 1;
    }
    mark_place(r);
}

td_err journal_reader_open(void *mem, const struct td_disk *disk, const char *folder,
                           uint64_t from_frame, struct journal_reader **reader)
{
    struct journal_reader *r = lay_out(mem);
    TD_TRY(journal_folder_scan(&r->folder, disk, folder));
    r->from_frame = from_frame;
    if (from_frame) {
        r->next_file = file_for(&r->folder, from_frame);
        if (open_file(r))
            seek(r);
    }
    *reader = r;
    return 0;
}

void journal_reader_close(struct journal_reader *reader)
{
    close_file(reader);
}

/* ---- blocks ---- */

static td_err load_payload(struct journal_reader *r, const struct journal_block_header *header)
{
    const struct td_disk *disk = r->place.disk;
    int64_t got = disk->read_at(disk->ctx, r->place.handle, r->packed, header->packed_bytes,
                                r->place.offset + (int64_t)sizeof *header);
    TD_FAIL_IF(got < 0, (td_err)got);
    TD_FAIL_IF(got != header->packed_bytes || !journal_block_payload_valid(header, r->packed),
               TD_E_JOURNAL_CORRUPT);
    r->doubt.settled = true; /* from here on the window changes */
    if (header->flags & JOURNAL_BLOCK_RESTART)
        journal_unpacker_restart(r->unpacker);
    return journal_unpacker_block(r->unpacker, r->packed, header->packed_bytes, r->raw,
                                  header->raw_bytes);
}

/* Joins what continues a frame to what is there of it; if the two do not meet, that frame is lost.
   Returns whether the block follows on without a wanted frame missing. */
static bool join(struct journal_reader *r, const struct journal_block_header *header)
{
    struct assembly *a = &r->assembly;
    r->raw_at = header->skip_bytes;
    bool meets = a->active && header->resume_frame == a->frame.number &&
                 a->done == header->resume_at && header->skip_bytes <= a->frame.bytes - a->done;
    if (!meets) {
        a->active = false;
        return header->first_frame &&
               header->first_frame <= (r->due > r->from_frame ? r->due : r->from_frame);
    }
    memcpy(a->payload + a->done, r->raw, header->skip_bytes);
    a->done += header->skip_bytes;
    return true;
}

/* The block at hand is the next one wanted: 1 when its frames can be taken now, 0 when it is
 * damaged. */
static int load_block(struct journal_reader *r, const struct journal_block_header *header)
{
    td_err err = load_payload(r, header);
    if (err < 0)
        open_hole(r, err);
    r->expected = header->sequence + 1;
    r->file_start = false;
    r->searched = 0;
    if (err < 0) {
        r->place.offset += JOURNAL_PAGE;
        return 0;
    }
    r->epoch = header->epoch;
    r->window = true;
    r->raw_bytes = header->raw_bytes;
    r->block_first = header->first_frame;
    memset(&r->before, 0, sizeof r->before);
    r->place.offset += journal_block_bytes(header->packed_bytes);
    if (join(r, header))
        r->hole.open = false;
    mark_place(r);
    return 1;
}

/* Nothing wanted stands here: one page on. 0 when this file has no more. */
static int pass_page(struct journal_reader *r)
{
    int64_t size = r->place.disk->size(r->place.disk->ctx, r->place.handle);
    r->place.offset += JOURNAL_PAGE;
    r->searched += JOURNAL_PAGE;
    return r->place.offset < size && r->searched < JOURNAL_SEARCH_BYTES;
}

/* A block that could not be stored is stored again as the first of the next file, under the same
 * sequence. */
static bool is_repeat(const struct journal_reader *r, const struct journal_block_header *header)
{
    return r->file_start && header->flags & JOURNAL_BLOCK_RESTART &&
           header->sequence + 1 == r->expected;
}

/* Looks at one place: 1 a block is loaded, 0 look on, -1 the file has no more. */
static int step(struct journal_reader *r)
{
    struct journal_block_header header;
    int state = journal_place_judge(&r->place, r->expected, &header);
    bool ours = state == JOURNAL_BLOCK_OURS && header.epoch >= r->epoch &&
                (header.sequence >= r->expected || is_repeat(r, &header));
    if (!ours) {
        if (state < 0 || state == JOURNAL_BLOCK_TORN)
            open_hole(r, state < 0 ? state : TD_E_JOURNAL_CORRUPT);
        return pass_page(r) ? 0 : -1;
    }
    if (look_again(r))
        return 0;
    if (header.synced_sequence > r->synced)
        r->synced = header.synced_sequence;
    if (header.sequence > r->expected)
        open_hole(r, TD_E_JOURNAL_CORRUPT);
    bool loadable = r->window || header.flags & JOURNAL_BLOCK_RESTART;
    if (!loadable)
        open_hole(r, TD_E_JOURNAL_CORRUPT);
    r->hole.proven = true; /* whole blocks stand behind it */
    if (loadable)
        return load_block(r, &header);
    r->expected = header.sequence + 1;
    r->searched = 0;
    r->place.offset += JOURNAL_PAGE;
    return 0;
}

/* True: a block is loaded; false: the end. */
static bool next_block(struct journal_reader *r)
{
    for (;;) {
        if (!r->file_open && !open_file(r))
            return false;
        int found = step(r);
        if (found > 0)
            return true;
        if (found < 0)
            close_file(r);
    }
}

/* ---- frames ---- */

static void describe_hole(const struct journal_reader *r, uint64_t frame_after,
                          struct journal_damage *damage)
{
    char name[JOURNAL_FILE_NAME_MAX];
    const char *slash = strrchr(r->folder.path, '/');
    journal_file_name(name, r->folder.file[r->hole.file].name);
    *damage = (struct journal_damage){.offset = r->hole.offset,
                                      .err = r->hole.err,
                                      .frame_before = r->hole.before,
                                      .frame_after = frame_after};
    snprintf(damage->file, sizeof damage->file, "%s",
             !r->folder.single ? name
             : slash           ? slash + 1
                               : r->folder.path);
}

int journal_reader_tail(const struct journal_reader *reader, struct journal_damage *damage)
{
    if (reader->hole.open)
        describe_hole(reader, 0, damage);
    return reader->hole.open;
}

static int finish_assembly(struct journal_reader *r, struct td_frame *frame)
{
    struct assembly *a = &r->assembly;
    if (a->done < a->frame.bytes)
        return 0;
    *frame = a->frame;
    frame->payload = a->payload;
    a->active = false;
    return 1;
}

/* The next frame of the loaded block: 1; 0 when it holds no further whole one. */
static int take_frame(struct journal_reader *r, struct td_frame *frame)
{
    struct assembly *a = &r->assembly;
    if (a->active && finish_assembly(r, frame))
        return 1;
    uint32_t left = r->raw_bytes - r->raw_at;
    if (left == 0)
        return 0;
    int head = journal_record_get(r->raw + r->raw_at, left, &r->before, frame);
    if (head < 0) {
        open_hole(r, head);
        r->raw_at = r->raw_bytes;
        return 0;
    }
    const char *payload = (const char *)r->raw + r->raw_at + head;
    left -= (uint32_t)head;
    if (frame->bytes <= left) {
        frame->payload = payload;
        r->raw_at += (uint32_t)head + frame->bytes;
        return 1;
    }
    a->active = true;
    a->frame = *frame;
    a->done = left;
    memcpy(a->payload, payload, left);
    r->raw_at = r->raw_bytes;
    return 0;
}

/* A hole is told when the block behind it is at hand, whose frames then wait for the next call. */
int journal_reader_next(struct journal_reader *reader, struct td_frame *frame,
                        struct journal_damage *damage)
{
    for (;;) {
        while (take_frame(reader, frame)) {
            if (frame->number <= reader->last_number || frame->number >= reader->bound)
                continue;
            reader->last_number = frame->number;
            reader->due = frame->number + 1;
            if (frame->number >= reader->from_frame)
                return 1;
        }
        bool more = next_block(reader);
        if (more && reader->block_first != 0 && reader->block_first <= reader->due)
            reader->hole.open =
                false; /* what it held stands here too: a failed sync was written again */
        if (reader->hole.open && (more || reader->hole.proven)) {
            describe_hole(reader, more ? reader->block_first : 0, damage);
            reader->hole.open = false;
            return TD_E_JOURNAL_CORRUPT;
        }
        if (!more)
            return 0;
    }
}
