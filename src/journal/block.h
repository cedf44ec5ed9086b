/* Bytes of the journal's files: the file's first page, and the blocks behind it. Little-endian, every page of 4 KiB belongs to
   one block alone. Pure functions over the caller's memory, any thread. Drawn in docs/FORMAT.md. */
#ifndef TD_JOURNAL_BLOCK_H
#define TD_JOURNAL_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

enum {
    JOURNAL_VERSION = 1,
    JOURNAL_PAGE = 4096, /* pages of the card's file system: a synced one is never written again */
    /* Raw bytes of one block: large enough that padding is ~1 % on a busy deck, small enough to be held twice. */
    JOURNAL_RAW_MAX = 1 << 20,
    /* What zstd may need for that in the worst case, its block headers included. */
    JOURNAL_PACKED_MAX = JOURNAL_RAW_MAX + (JOURNAL_RAW_MAX >> 8) + 1024,
    JOURNAL_FILES_MAX = 256,
    JOURNAL_FILE_BYTES_MIN = 256 << 10,
};

#define JOURNAL_FILE_MAGIC UINT32_C(0x464A4454)  /* "TDJF" */
#define JOURNAL_BLOCK_MAGIC UINT32_C(0x424A4454) /* "TDJB" */

/* Flags of a file: all its pages were written before; frames from first_frame on stand here anew, whatever files before it hold of them. */
enum { JOURNAL_FILE_REUSED = 1, JOURNAL_FILE_REWOUND = 2 };
enum { JOURNAL_BLOCK_RESTART = 1 }; /* flag of a block: a new zstd frame starts here */

struct journal_file_header {
    uint32_t magic;
    uint16_t version;
    uint16_t flags;
    uint64_t epoch;
    uint64_t file_sequence; /* order of the files; their names may lag behind it after a crash */
    uint64_t first_block;   /* sequence of the first block */
    uint64_t first_frame;   /* frame that the first byte belongs to */
    char deck[TD_DECK_NAME_MAX];
    uint32_t reserved;
    uint32_t crc; /* CRC32C of all before */
};
_Static_assert(sizeof(struct journal_file_header) == 72, "part of the format");

struct journal_block_header {
    uint32_t magic;
    uint16_t version;
    uint16_t flags;
    uint64_t epoch;         /* one more at each opening of the journal */
    uint64_t file_sequence; /* the file it was written for */
    uint64_t sequence;      /* one more at each block, over all files and epochs */
    uint64_t
        synced_sequence;   /* all blocks up to this one were on the device when this one was made */
    uint64_t first_frame;  /* first frame that begins in this block, 0: none does */
    uint64_t last_frame;   /* last frame that was whole at the end of this block */
    uint64_t resume_frame; /* frame begun earlier whose payload goes on here, 0: none; if so ... */
    uint32_t resume_at;    /* ... from this byte of it on ... */
    uint32_t skip_bytes;   /* ... for so many raw bytes */
    uint32_t raw_bytes;
    uint32_t packed_bytes;
    uint32_t payload_crc;
    uint32_t
        header_crc; /* CRC32C of all before, payload_crc included: it vouches for header and payload */
};
_Static_assert(sizeof(struct journal_block_header) == 88, "part of the format");

/* Bytes of a block on disk: header and payload, up to the next page. */
static inline int64_t journal_block_bytes(uint32_t packed_bytes)
{
    int64_t bytes = (int64_t)sizeof(struct journal_block_header) + packed_bytes;
    return (bytes + JOURNAL_PAGE - 1) / JOURNAL_PAGE * JOURNAL_PAGE;
}

/* Fills in magic, version and checksum. */
void journal_file_header_seal(struct journal_file_header *header);
bool journal_file_header_valid(const struct journal_file_header *header);

/* Fills in magic, version and both checksums; payload: header->packed_bytes. */
void journal_block_header_seal(struct journal_block_header *header, const void *payload);

/* What stands at a place where block `expected` of file `file_sequence` may be. */
enum journal_block_state {
    JOURNAL_BLOCK_STALE, /* nothing of this file: zeros, or what an earlier use left behind */
    JOURNAL_BLOCK_TORN,  /* was meant to be one of this file, but is damaged */
    JOURNAL_BLOCK_OURS /* header is whole and its lengths are within the limits; the payload is still to be checked */
};
enum journal_block_state journal_block_judge(const struct journal_block_header *header,
                                             uint64_t file_sequence, uint64_t expected);
bool journal_block_payload_valid(const struct journal_block_header *header, const void *payload);

#endif
