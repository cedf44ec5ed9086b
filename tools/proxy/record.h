/* Where a stream of TLS records stands: five bytes of head (type, version, length), then the body. Told byte by byte, so that it does
   not matter how the stream was cut. Pure. */
#ifndef TD_PROXY_RECORD_H
#define TD_PROXY_RECORD_H

#include <stdbool.h>
#include <stdint.h>

enum { RECORD_HEAD = 5, RECORD_DATA = 23 }; /* RECORD_DATA: the type that carries what is told */

struct record {
    uint8_t head[RECORD_HEAD];
    uint32_t at; /* bytes of this record that have passed */
};

static inline uint32_t record_bytes(const struct record *record)
{
    return RECORD_HEAD + ((uint32_t)record->head[3] << 8 | record->head[4]);
}

/* Takes the next byte; true when it lies in the middle of a data record's body. */
static inline bool record_take(struct record *record, uint8_t byte)
{
    if (record->at < RECORD_HEAD) {
        record->head[record->at++] = byte;
        if (record->at == RECORD_HEAD && record_bytes(record) == RECORD_HEAD)
            record->at = 0;
        return false;
    }
    uint32_t bytes = record_bytes(record), place = ++record->at;
    if (place == bytes)
        record->at = 0;
    return record->head[0] == RECORD_DATA && place == RECORD_HEAD + (bytes - RECORD_HEAD + 1) / 2;
}

#endif
