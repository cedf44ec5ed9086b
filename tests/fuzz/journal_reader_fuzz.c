/* The journal reader on hostile bytes. The input's first byte says how it is used: as a whole file, as blocks with right
   checksums (so that what lies behind them is reached), or as the raw stream inside such a block. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/journal/memdisk.h"
#include "journal/block.h"
#include "journal/pack.h"
#include "journal/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Megabytes that would cost more than the run itself if each had its own. */
static void *reader_mem, *packer_mem;

static void *kept(void **mem, size_t bytes)
{
    if (!*mem)
        *mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    return *mem;
}

static void put_file_header(struct memdisk *m, int file)
{
    struct journal_file_header header = {
        .epoch = 1, .file_sequence = 1, .first_block = 1, .first_frame = 1};
    journal_file_header_seal(&header);
    memdisk_write_at(m, file, &header, sizeof header, 0);
}

static void put_block(struct memdisk *m, int file, const void *payload, uint32_t packed_bytes,
                      uint32_t raw_bytes, uint32_t skip_bytes)
{
    struct journal_block_header header = {.flags = JOURNAL_BLOCK_RESTART,
                                          .epoch = 1,
                                          .file_sequence = 1,
                                          .sequence = 1,
                                          .first_frame = 1,
                                          .raw_bytes = raw_bytes,
                                          .packed_bytes = packed_bytes,
                                          .skip_bytes = skip_bytes};
    journal_block_header_seal(&header, payload);
    put_file_header(m, file);
    memdisk_write_at(m, file, &header, sizeof header, JOURNAL_PAGE);
    memdisk_write_at(m, file, payload, packed_bytes, JOURNAL_PAGE + (int64_t)sizeof header);
}

/* The input as headers, each with the payload that follows it, all sealed. */
static void put_sealed(struct memdisk *m, int file, const uint8_t *data, size_t bytes)
{
    struct journal_block_header header;
    int64_t at = JOURNAL_PAGE;
    put_file_header(m, file);
    for (uint64_t sequence = 1; bytes >= sizeof header; sequence++) {
        memcpy(&header, data, sizeof header);
        data += sizeof header;
        bytes -= sizeof header;
        size_t payload = header.packed_bytes % 4096;
        payload = payload < bytes ? payload : bytes;
        header.packed_bytes = (uint32_t)payload;
        header.file_sequence = 1;
        header.epoch = 1;
        header.sequence = sequence;
        journal_block_header_seal(&header, data);
        memdisk_write_at(m, file, &header, sizeof header, at);
        memdisk_write_at(m, file, data, payload, at + (int64_t)sizeof header);
        at += journal_block_bytes(header.packed_bytes);
        data += payload;
        bytes -= payload;
    }
}

static void put_raw(struct memdisk *m, int file, const uint8_t *data, size_t bytes)
{
    static uint8_t packed[JOURNAL_PACKED_MAX];
    void *mem = kept(&packer_mem, journal_packer_footprint(1));
    uint32_t skip = data[0];
    bytes = bytes < 100000 ? bytes : 100000;
    size_t packed_bytes =
        journal_packer_block(journal_packer_init(mem, 1), data, bytes, packed, sizeof packed);
    put_block(m, file, packed, (uint32_t)packed_bytes, (uint32_t)bytes, skip);
}

/* Reads to the end; every byte of every frame is touched. */
static void read_all(struct memdisk *m)
{
    void *mem = kept(&reader_mem, journal_reader_footprint());
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame frame;
    uint64_t last = 0;
    volatile uint64_t sum = 0;
    if (journal_reader_open(mem, &m->disk, "j", 0, &reader) == 0) {
        for (int state; (state = journal_reader_next(reader, &frame, &damage)) != 0;) {
            if (state < 0)
                continue;
            if (frame.number <= last || frame.bytes > TD_FRAME_BYTES_MAX)
                abort();
            last = frame.number;
            for (uint32_t i = 0; i < frame.bytes; i++)
                sum += (uint8_t)frame.payload[i];
        }
        journal_reader_close(reader);
    }
    (void)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    struct memdisk *m = memdisk_new();
    int file = memdisk_open(m, "j/000001.tdj", O_CREAT, 0644);
    if (data[0] % 3 == 0)
        memdisk_write_at(m, file, data + 1, bytes - 1, 0);
    else if (data[0] % 3 == 1)
        put_sealed(m, file, data + 1, bytes - 1);
    else
        put_raw(m, file, data + 1, bytes - 1);
    read_all(m);
    memdisk_free(m);
    return 0;
}
