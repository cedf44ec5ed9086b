/* A frame's head in the raw stream of a block: a tag that says what differs from the frame before, then varints. The payload
   follows. The first head of a block is coded against zeros, so that each block can be read by itself.

     tag        bits below
     [number]   varint   difference to the number before     (absent: 1)
     recv_ns    zigzag   difference to recv_ns before
     [mono_ns]  zigzag   how its difference differs from recv_ns's (absent: not at all)
     [conn] [source] [status]  varints  (absent: as before)
     [kind] [origin]           a byte each (absent: as before)
     bytes      varint   of the payload
   Caller's memory, any thread. */
#ifndef TD_JOURNAL_RECORD_H
#define TD_JOURNAL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"

enum { JOURNAL_RECORD_HEAD_MAX = 64 };

/* Puts the head of `frame` at `out` (JOURNAL_RECORD_HEAD_MAX bytes) and returns its length. `before` is the frame coded before
   (zeros at a block's start) and becomes this one. Numbers must rise. */
size_t journal_record_put(uint8_t *out, const struct td_frame *frame, struct td_frame *before);

/* Reads a head from at[0..bytes): its length, *frame filled but for the payload. TD_E_JOURNAL_CORRUPT when it is cut short or
   holds what cannot be. */
int journal_record_get(const uint8_t *at, size_t bytes, struct td_frame *before,
                       struct td_frame *frame);

#endif
