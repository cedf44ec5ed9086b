/* Frame log: the wire thread appends numbered frames, the journal and the core read them. Fixed term buffers plus one jumbo
   slot in a shared mapping on tmpfs, so that a killed process loses nothing. One producer, two consumers.
   A term is reused when both consumers have released everything in it; when none is free the producer is told so and stops
   reading its sockets (TD_E_AGAIN): nothing is ever overwritten. */
#ifndef TD_JOURNAL_FRAMELOG_H
#define TD_JOURNAL_FRAMELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/doorbell.h"
#include "base/err.h"
#include "base/event.h"

enum framelog_reader { FRAMELOG_JOURNAL = 0, FRAMELOG_CORE = 1, FRAMELOG_READERS };

struct framelog; /* the process-local handle; the log itself lives in the mapping */

struct framelog_params {
    const char *path;    /* file on tmpfs; NULL: anonymous mapping (replay, tests) */
    uint32_t term_bytes; /* power of two, at least 64 KiB */
    uint32_t terms;      /* at least 3 */
};

/* Bytes of the mapping, jumbo slot included (that is only resident while a jumbo frame is in flight). */
size_t framelog_bytes(const struct framelog_params *params);

/* Create (an existing file is replaced: what a killed process left in it is read before, framelog_left_open). mem: framelog_footprint
   bytes, aligned to 64. TD_E_IO, TD_E_DISK_FULL, TD_E_RANGE, TD_E_BUSY (a living process has the file). */
size_t framelog_footprint(void);
td_err framelog_open(void *mem, const struct framelog_params *params, struct framelog **log);
void framelog_close(struct framelog *log, bool remove_file);

/* ---- producer (wire thread) ---- */

/* Append one frame; `frame->number` is set by the log and returned there. The payload is copied (unless it stands in the jumbo
   slot already: framelog_jumbo_lend). TD_E_AGAIN: no room now. TD_E_NET_OVERSIZE: above TD_FRAME_BYTES_MAX. Payloads larger than half
   a term go by the jumbo slot by themselves; TD_E_AGAIN while that is in use. */
td_err framelog_append(struct framelog *log, struct td_frame *frame);

/* Borrow the jumbo slot (TD_FRAME_BYTES_MAX bytes) to assemble a large frame in place; NULL while it is in use. Append with
   frame->payload == the slot hands it to the readers; framelog_jumbo_return gives it back unused. Its pages are released to the
   system after both readers are past it. */
char *framelog_jumbo_lend(struct framelog *log);
void framelog_jumbo_return(struct framelog *log);

/* First number to be given to the next frame; settable only before the first append (restart). */
void framelog_set_next(struct framelog *log, uint64_t next_number);
uint64_t framelog_next(const struct framelog *log);

/* ---- readers ---- */

/* Next frame of this reader: 1 and *frame filled (payload points into the mapping), 0 when there is none now. */
int framelog_read(struct framelog *log, enum framelog_reader who, struct td_frame *frame);
/* Everything read so far may be reused. */
void framelog_release(struct framelog *log, enum framelog_reader who);

/* Rung by the producer at each append, and by readers at each release (own bell). */
struct td_doorbell *framelog_bell_appended(struct framelog *log);
struct td_doorbell *framelog_bell_released(struct framelog *log);

/* Producer: no more frames will come (readers see it when they have read all). */
void framelog_finish(struct framelog *log);
bool framelog_finished(const struct framelog *log, enum framelog_reader who);

/* Where a reader is, so that it can release up to there later, when it has read on. */
struct framelog_mark {
    uint64_t at, number; /* number: of the frame read last */
};
struct framelog_mark framelog_mark(const struct framelog *log, enum framelog_reader who);
void framelog_release_to(struct framelog *log, enum framelog_reader who, struct framelog_mark mark);
/* Back to what was released last: the frames behind it are read again. */
void framelog_rewind(struct framelog *log, enum framelog_reader who);

/* ---- a reader that is late ---- */

/* The reader holds nothing any more: the producer goes on without it. (The core, which then reads the journal's files.) */
void framelog_let_go(struct framelog *log, enum framelog_reader who);
/* Come back: 1 when the frame after `after_frame` is in the log (the next framelog_read gives it) or `after_frame` is the newest there
   is; 0 when it is not: read on elsewhere and try again. What the journal has not released is always there. The reader's thread;
   not for the journal itself. */
int framelog_rejoin(struct framelog *log, enum framelog_reader who, uint64_t after_frame);
/* True when `who` alone keeps the log more than `percent` full: each of the others by itself would leave it at `percent` or below.
   Any thread. */
bool framelog_held_up_by(const struct framelog *log, enum framelog_reader who, unsigned percent);

/* The core says which frame it is stepping, 0 between frames, so that a crash can be laid to it. */
void framelog_core_at(struct framelog *log, uint64_t frame);
/* The journal's epoch (journal_epoch), so that a log and a journal that belong together are known. Before the first append. */
void framelog_set_epoch(struct framelog *log, uint64_t journal_epoch);

/* ---- what a killed process left behind ---- */

struct framelog_left; /* footprint below */
size_t framelog_left_footprint(void);
/* Maps the log at path to look only. TD_E_MISSING: there is none. TD_E_BUSY: its process lives. TD_E_UNSUPPORTED: of another
   version, or so damaged that nothing in it can be believed. TD_E_IO: it cannot be opened or mapped. Hostile input: any bytes. The
   file may be replaced while it is open here (the mapping stays). Any one thread. */
td_err framelog_left_open(void *mem, const char *path, struct framelog_left **left);
uint64_t framelog_left_epoch(const struct framelog_left *left);
/* Frame that the core was stepping, 0: none. */
uint64_t framelog_left_core_at(const struct framelog_left *left);
/* Frames that the journal had not released, in order, up to the first that is damaged: 1 and *frame (payload in the mapping), 0 at
   the end. */
int framelog_left_next(struct framelog_left *left, struct td_frame *frame);
void framelog_left_close(struct framelog_left *left);

/* Share of the terms in use, 0..100 (metrics). */
unsigned framelog_fill_percent(const struct framelog *log);

#endif
