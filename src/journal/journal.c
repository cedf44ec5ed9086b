#include "journal/journal.h"

#include <stdatomic.h>
#include <string.h>

#include "journal/block.h"
#include "journal/pack.h"
#include "journal/record.h"
#include "journal/shelf.h"

enum {
    ALIGN = 64,
    PAGES_BYTES = (JOURNAL_PACKED_MAX + 2 * JOURNAL_PAGE) / JOURNAL_PAGE * JOURNAL_PAGE,
    /* Zeros written ahead with one block: as much as the card takes in a fraction of a second. */
    ZERO_STEP_BYTES = 1 << 20,
    /* A block must leave room in the smallest file for others. */
    BLOCKS_A_FILE_MIN = 4,
    /* From here on a block gains less than 1 % from those before it, and is a zstd frame of its own. */
    ALONE_RAW_MIN = JOURNAL_RAW_MAX / 2,
};

/* The block that is being gathered. */
struct open_block {
    uint32_t used;
    uint64_t touches;     /* frame that its first byte belongs to */
    uint64_t first_frame; /* first that begins in it */
    uint64_t resume_frame;
    uint32_t resume_at, skip_bytes;
    struct td_frame before; /* the head coded last */
};

/* The frame whose payload is not wholly in yet; number 0: none. */
struct open_frame {
    uint64_t number;
    uint32_t done;
};

struct journal {
    struct journal_params params;
    struct shelf shelf;
    struct journal_packer *packer;
    uint8_t *raw, *pages;
    uint32_t raw_room;
    struct open_block block;
    struct open_frame frame;
    uint64_t begun, whole; /* highest frame begun; last one complete */
    uint64_t next_block;
    uint32_t blocks_in_zstd_frame;
    bool restart_due;
    uint64_t first_found, last_found;
    _Atomic uint64_t news; /* frames other than ticks, ever */
    struct journal_stats stats;
};

/* ---- memory ---- */

static size_t up(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

size_t journal_footprint(const struct journal_params *params)
{
    return up(sizeof(struct journal)) + up(JOURNAL_RAW_MAX) + up(PAGES_BYTES) +
           up(journal_packer_footprint(params->level));
}

static struct journal *lay_out(void *mem, const struct journal_params *params)
{
    TD_ASSERT((uintptr_t)mem % ALIGN == 0, "the journal's memory is aligned");
    struct journal *j = mem;
    memset(j, 0, sizeof *j);
    j->params = *params;
    j->raw = (uint8_t *)mem + up(sizeof *j);
    j->pages = j->raw + up(JOURNAL_RAW_MAX);
    j->packer = journal_packer_init(j->pages + up(PAGES_BYTES), params->level);
    int64_t room = params->file_bytes / BLOCKS_A_FILE_MIN;
    j->raw_room = room < JOURNAL_RAW_MAX ? (uint32_t)room : JOURNAL_RAW_MAX;
    j->restart_due = true;
    return j;
}

td_err journal_open(void *mem, const struct journal_params *params, struct journal **journal)
{
    TD_FAIL_IF(params->zstd_frame_blocks == 0 || params->file_bytes < JOURNAL_FILE_BYTES_MIN,
               TD_E_RANGE);
    struct journal *j = lay_out(mem, params);
    struct shelf_params shelf = {params->disk, params->folder, params->deck, params->file_bytes,
                                 params->max_bytes};
    struct shelf_end end;
    TD_TRY(shelf_open(&j->shelf, &shelf, &end));
    j->next_block = end.last_block + 1;
    j->first_found = end.first_frame;
    j->last_found = j->begun = j->whole = end.last_frame;
    *journal = j;
    return 0;
}

/* ---- blocks ---- */

static uint32_t packed_most(uint32_t raw_bytes)
{
    return raw_bytes + (raw_bytes >> 8) +
           (JOURNAL_PACKED_MAX - JOURNAL_RAW_MAX - (JOURNAL_RAW_MAX >> 8));
}

static bool packs_alone(const struct journal *j)
{
    return j->block.used >= ALONE_RAW_MIN;
}

/* Packs the open block into j->pages and returns its length in whole pages. */
static int64_t build_block(struct journal *j)
{
    struct journal_block_header header = {
        .flags = j->restart_due ? JOURNAL_BLOCK_RESTART : 0,
        .epoch = j->shelf.epoch,
        .file_sequence = shelf_file_sequence(&j->shelf),
        .sequence = j->next_block,
        .synced_sequence = shelf_synced_block(&j->shelf),
        .first_frame = j->block.first_frame,
        .last_frame = j->whole,
        .resume_frame = j->block.resume_frame,
        .resume_at = j->block.resume_at,
        .skip_bytes = j->block.skip_bytes,
        .raw_bytes = j->block.used,
    };
    uint8_t *payload = j->pages + sizeof header;
    if (j->restart_due)
        journal_packer_restart(j->packer);
    size_t packed =
        packs_alone(j)
            ? journal_packer_alone(j->packer, j->raw, j->block.used, payload, JOURNAL_PACKED_MAX)
            : journal_packer_block(j->packer, j->raw, j->block.used, payload, JOURNAL_PACKED_MAX);
    header.packed_bytes = (uint32_t)packed;
    journal_block_header_seal(&header, payload);
    memcpy(j->pages, &header, sizeof header);
    int64_t bytes = journal_block_bytes(header.packed_bytes);
    size_t filled = sizeof header + header.packed_bytes;
    memset(j->pages + filled, 0, (size_t)bytes - filled);
    j->stats.padding_bytes += (uint64_t)bytes - filled;
    return bytes;
}

static void begin_block(struct journal *j)
{
    j->block = (struct open_block){
        .touches = j->frame.number, .resume_frame = j->frame.number, .resume_at = j->frame.done};
}

/* An error leaves the open block as it is. If zstd has seen it by then, its window no longer
   matches the file, so the next try starts a new zstd frame; it goes to a new file anyway. */
static td_err write_block(struct journal *j)
{
    int64_t most = journal_block_bytes(packed_most(j->block.used));
    int fresh = shelf_room(&j->shelf, most, j->next_block, j->block.touches);
    TD_FAIL_IF(fresh < 0, fresh);
    bool alone = packs_alone(j);
    if (fresh || alone || j->blocks_in_zstd_frame >= j->params.zstd_frame_blocks)
        j->restart_due = true;
    bool restarted = j->restart_due;
    int64_t bytes = build_block(j);
    j->restart_due = true;
    TD_TRY(shelf_write(&j->shelf, j->pages, bytes));
    j->restart_due = alone;
    j->blocks_in_zstd_frame = restarted ? 1 : j->blocks_in_zstd_frame + 1;
    shelf_written(&j->shelf, j->next_block, j->begun, j->whole,
                  atomic_load_explicit(&j->news, memory_order_relaxed));
    j->next_block++;
    j->stats.blocks++;
    j->stats.written_bytes += (uint64_t)bytes;
    begin_block(j);
    return 0;
}

/* Its failure shows in the file being dead, which the next block sees; this block is not touched by
 * it. */
static void zero_ahead(struct journal *j)
{
    if (!shelf_wants_zeros(&j->shelf))
        return;
    memset(j->pages, 0, ZERO_STEP_BYTES);
    shelf_zero_ahead(&j->shelf, j->pages, ZERO_STEP_BYTES);
}

td_err journal_flush(struct journal *journal)
{
    if (journal->block.used == 0)
        return 0;
    TD_TRY(write_block(journal));
    zero_ahead(journal);
    return 0;
}

/* ---- frames ---- */

static void begin_frame(struct journal *j, const struct td_frame *frame)
{
    if (j->block.used == 0)
        j->block.touches = frame->number;
    if (j->block.first_frame == 0)
        j->block.first_frame = frame->number;
    j->block.used += (uint32_t)journal_record_put(j->raw + j->block.used, frame, &j->block.before);
    j->frame = (struct open_frame){frame->number, 0};
    j->begun = frame->number;
}

static void end_frame(struct journal *j, const struct td_frame *frame)
{
    j->frame = (struct open_frame){0, 0};
    j->whole = frame->number;
    j->stats.frames++;
    j->stats.payload_bytes += frame->bytes;
    if (frame->kind != TD_FRAME_TICK)
        atomic_fetch_add_explicit(&j->news, 1, memory_order_relaxed);
}

/* As much of the payload as the block holds. */
static void take_payload(struct journal *j, const struct td_frame *frame)
{
    uint32_t room = j->raw_room - j->block.used, left = frame->bytes - j->frame.done;
    uint32_t bytes = left < room ? left : room;
    if (bytes)
        memcpy(j->raw + j->block.used, frame->payload + j->frame.done, bytes);
    j->block.used += bytes;
    j->frame.done += bytes;
    if (j->block.first_frame == 0)
        j->block.skip_bytes += bytes;
}

/* A frame that fits into a block is never split: what a damaged block costs ends at its own frames.
 */
td_err journal_append(struct journal *journal, const struct td_frame *frame)
{
    struct journal *j = journal;
    TD_FAIL_IF(frame->bytes > TD_FRAME_BYTES_MAX, TD_E_RANGE);
    if (j->frame.number == 0) {
        TD_FAIL_IF(frame->number <= j->begun, TD_E_RANGE);
        if ((uint64_t)j->block.used + JOURNAL_RECORD_HEAD_MAX + frame->bytes > j->raw_room)
            TD_TRY(journal_flush(j));
        begin_frame(j, frame);
    }
    TD_FAIL_IF(frame->number != j->frame.number, TD_E_RANGE);
    for (;;) {
        take_payload(j, frame);
        if (j->frame.done == frame->bytes)
            break;
        TD_TRY(journal_flush(j));
    }
    end_frame(j, frame);
    return 0;
}

/* ---- the rest ---- */

td_err journal_sync(struct journal *journal, uint64_t *frame)
{
    return shelf_sync(&journal->shelf, frame);
}

bool journal_rewind_due(const struct journal *journal)
{
    return shelf_rewind_due((struct shelf *)&journal->shelf);
}

uint64_t journal_rewind(struct journal *journal)
{
    struct journal *j = journal;
    uint64_t safe = shelf_rewind(&j->shelf);
    j->begun = j->whole = safe;
    j->frame = (struct open_frame){0, 0};
    begin_block(j);
    j->restart_due = true;
    return safe;
}

bool journal_wants_sync(const struct journal *journal)
{
    uint64_t news = atomic_load_explicit(&journal->news, memory_order_relaxed);
    return news != shelf_synced_mark((struct shelf *)&journal->shelf);
}

uint64_t journal_last_frame(const struct journal *journal)
{
    return journal->last_found;
}

uint64_t journal_epoch(const struct journal *journal)
{
    return journal->shelf.epoch;
}

uint64_t journal_first_frame(const struct journal *journal)
{
    return journal->first_found;
}

int64_t journal_held_bytes(const struct journal *journal)
{
    return shelf_held_bytes((struct shelf *)&journal->shelf);
}

uint64_t journal_doubt(const struct journal *journal, uint64_t *last)
{
    return shelf_doubt((struct shelf *)&journal->shelf, last);
}

void journal_keep_from(struct journal *journal, uint64_t frame)
{
    atomic_store_explicit(&journal->shelf.keep_from, frame, memory_order_release);
}

struct journal_stats journal_stats(const struct journal *journal)
{
    struct journal_stats stats = journal->stats;
    stats.syncs = shelf_syncs((struct shelf *)&journal->shelf);
    return stats;
}

td_err journal_close(struct journal *journal)
{
    uint64_t frame;
    td_err flushed = journal_flush(journal);
    td_err synced = shelf_sync(&journal->shelf, &frame);
    shelf_close(&journal->shelf);
    return flushed < 0 ? flushed : synced;
}
