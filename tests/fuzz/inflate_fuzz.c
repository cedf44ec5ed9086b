/* Unpacking of any bytes. The first byte picks the form (low bit) and the room (the rest, in pieces of 4 KiB): what is taken stays within
   its room, is the same every time, and is taken by a larger room too; what lies behind an end is never taken. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "venue/inflate.h"

enum { PIECE = 4096, ROOM_MAX = 129 * PIECE };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct outcome {
    td_err err;
    uint32_t bytes;
    uint64_t hash;
};

static struct outcome run(size_t room, enum venue_compression form, struct td_text packed)
{
    struct td_text text = {NULL, 0};
    struct inflate *inflate = inflate_init(malloc(inflate_footprint(room)), room);
    struct outcome outcome = {.err = inflate_frame(inflate, form, packed, &text)};
    if (outcome.err == 0) {
        TD_ASSERT(text.bytes <= room, "a text stays within its room");
        outcome.bytes = text.bytes;
        outcome.hash = td_hash64(text.at, text.bytes, 0);
    } else {
        TD_ASSERT(outcome.err == TD_E_NO_ROOM || outcome.err == TD_E_SYNTAX, "two errors");
    }
    free(inflate);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1 || bytes > 1 << 16)
        return 0;
    enum venue_compression form = data[0] & 1 ? VENUE_GZIP : VENUE_DEFLATE;
    size_t room = (size_t)(data[0] >> 1) * PIECE + PIECE;
    struct td_text packed = {(const char *)data + 1, (uint32_t)(bytes - 1)};
    struct outcome first = run(room, form, packed), again = run(room, form, packed);
    TD_ASSERT(first.err == again.err && first.hash == again.hash, "the same every time");
    struct outcome wide = run(ROOM_MAX, form, packed);
    if (first.err == 0)
        TD_ASSERT(wide.err == 0 && wide.hash == first.hash, "more room changes nothing");
    if (wide.err == 0 && wide.bytes <= room)
        TD_ASSERT(first.err == 0, "what fits is taken");
    if (first.err == 0 && packed.bytes > 0) {
        packed.bytes--;
        TD_ASSERT(run(room, form, packed).err != 0, "the last byte was needed");
    }
    return 0;
}
