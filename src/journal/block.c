#include "journal/block.h"

#include "base/crc.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "headers are stored as they stand in memory"
#endif

void journal_file_header_seal(struct journal_file_header *header)
{
    header->magic = JOURNAL_FILE_MAGIC;
    header->version = JOURNAL_VERSION;
    header->reserved = 0;
    header->crc = td_crc32c(0, header, offsetof(struct journal_file_header, crc));
}

bool journal_file_header_valid(const struct journal_file_header *header)
{
    return header->magic == JOURNAL_FILE_MAGIC && header->version == JOURNAL_VERSION &&
           header->crc == td_crc32c(0, header, offsetof(struct journal_file_header, crc));
}

void journal_block_header_seal(struct journal_block_header *header, const void *payload)
{
    header->magic = JOURNAL_BLOCK_MAGIC;
    header->version = JOURNAL_VERSION;
    header->payload_crc = td_crc32c(0, payload, header->packed_bytes);
    header->header_crc = td_crc32c(0, header, offsetof(struct journal_block_header, header_crc));
}

static bool header_whole(const struct journal_block_header *header)
{
    return header->magic == JOURNAL_BLOCK_MAGIC && header->version == JOURNAL_VERSION &&
           header->header_crc ==
               td_crc32c(0, header, offsetof(struct journal_block_header, header_crc));
}

static bool lengths_valid(const struct journal_block_header *header)
{
    return header->raw_bytes > 0 && header->raw_bytes <= JOURNAL_RAW_MAX &&
           header->packed_bytes > 0 && header->packed_bytes <= JOURNAL_PACKED_MAX &&
           header->skip_bytes <= header->raw_bytes &&
           (uint64_t)header->resume_at + header->skip_bytes <= TD_FRAME_BYTES_MAX;
}

/* One flipped bit spoils one field, so a damaged block of ours still shows the others. What an
   earlier use left behind has neither this file's number nor the sequence that is due. */
static bool resembles(const struct journal_block_header *header, uint64_t file_sequence,
                      uint64_t expected)
{
    return header->file_sequence == file_sequence ||
           (header->magic == JOURNAL_BLOCK_MAGIC && header->sequence == expected);
}

enum journal_block_state journal_block_judge(const struct journal_block_header *header,
                                             uint64_t file_sequence, uint64_t expected)
{
    if (!header_whole(header))
        return resembles(header, file_sequence, expected) ? JOURNAL_BLOCK_TORN
                                                          : JOURNAL_BLOCK_STALE;
    if (header->file_sequence != file_sequence)
        return JOURNAL_BLOCK_STALE;
    return lengths_valid(header) ? JOURNAL_BLOCK_OURS : JOURNAL_BLOCK_TORN;
}

bool journal_block_payload_valid(const struct journal_block_header *header, const void *payload)
{
    return header->payload_crc == td_crc32c(0, payload, header->packed_bytes);
}
