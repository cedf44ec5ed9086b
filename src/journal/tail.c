#include "journal/tail.h"

#include "base/crc.h"

static bool payload_valid(const struct journal_place *place,
                          const struct journal_block_header *header)
{
    uint8_t piece[16 << 10];
    int64_t at = place->offset + (int64_t)sizeof *header;
    uint32_t crc = 0;
    for (uint32_t done = 0; done < header->packed_bytes;) {
        uint32_t bytes = header->packed_bytes - done;
        bytes = bytes < sizeof piece ? bytes : (uint32_t)sizeof piece;
        if (place->disk->read_at(place->disk->ctx, place->handle, piece, bytes, at + done) != bytes)
            return false;
        crc = td_crc32c(crc, piece, bytes);
        done += bytes;
    }
    return crc == header->payload_crc;
}

/* One pass over the headers; a place that cannot be read is one that is damaged. `synced` is what is known before it; what it learns comes back through
 * *learned. */
static void walk(struct journal_tail *tail, struct journal_place place, uint64_t synced,
                 uint64_t *learned)
{
    struct journal_block_header header;
    uint64_t expected = tail->last_block + 1;
    for (;;) {
        int state = journal_place_judge(&place, expected, &header);
        if (state != JOURNAL_BLOCK_OURS || header.sequence < expected ||
            header.epoch < tail->epoch) {
            if (journal_place_search(&place, expected, tail->epoch, &header) <= 0)
                return;
        }
        if (header.synced_sequence > *learned)
            *learned = header.synced_sequence;
        bool whole = header.sequence <= synced || payload_valid(&place, &header);
        place.offset += whole ? journal_block_bytes(header.packed_bytes) : JOURNAL_PAGE;
        expected = header.sequence + 1;
        if (!whole)
            continue;
        tail->epoch = header.epoch;
        tail->last_block = header.sequence;
        tail->last_frame = header.last_frame;
        tail->offset = place.offset;
        if (header.sequence <= synced)
            tail->synced_frame = header.last_frame;
    }
}

void journal_tail_find(struct journal_tail *tail, const struct td_disk *disk, int handle,
                       const struct journal_file *file)
{
    struct journal_tail start = {.last_block = file->first_block - 1,
                                 .last_frame = file->first_frame ? file->first_frame - 1 : 0,
                                 .epoch = file->epoch,
                                 .offset = JOURNAL_PAGE};
    struct journal_place place = {disk, handle, file->sequence, JOURNAL_PAGE};
    uint64_t synced = 0, nothing = 0;
    *tail = start;
    walk(tail, place, UINT64_MAX, &synced);
    *tail = start;
    tail->synced_block = synced;
    tail->synced_frame = start.last_frame;
    walk(tail, place, synced, &nothing);
}
