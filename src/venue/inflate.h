/* Frames of venues that compress: one gzip member or one raw deflate stream a frame, unpacked as a whole. Memory is the caller's and
   nothing else is taken. One thread at a time. */
#ifndef TD_VENUE_INFLATE_H
#define TD_VENUE_INFLATE_H

#include <stddef.h>

#include "base/err.h"
#include "base/event.h"
#include "venue/venue.h"

struct inflate;

/* text_max: the longest text that a frame may hold, at least 1. */
size_t inflate_footprint(size_t text_max);
struct inflate *inflate_init(void *mem, size_t text_max);

/* `text` stands in the inflate's memory until the next call. 0; TD_E_NO_ROOM: the text is longer than text_max; TD_E_SYNTAX: damaged,
   cut short, followed by anything, or nothing at all. */
td_err inflate_frame(struct inflate *inflate, enum venue_compression form, struct td_text packed,
                     struct td_text *text);

#endif
