/* Open row groups, filled by the core in memory, one per stream (table, exchange, symbol). All share one pool of pages; a group is cut
   by row state alone (rows, or the pool's open share: then the largest group, the first by table, exchange and symbol on a tie), never by time or by the disk's
   progress, so that replay cuts at the same rows. A cut group goes to the disk thread by a queue and its pages come back when written.
   Thread: core for all but the queue's far end (writer.h). */
#ifndef TD_SEGMENT_GROUPS_H
#define TD_SEGMENT_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/doorbell.h"
#include "base/err.h"
#include "segment/row.h"

struct groups;

struct groups_params {
    uint32_t streams_max;
    uint32_t rows_max; /* of a group; TD_GROUP_ROWS_MAX */
    uint64_t
        pool_bytes; /* all pages; open groups may hold at most half, the rest is being written */
    /* Columns that table features has in memory and in files; NULL: all. Copied. */
    const struct feature_mask *features_on;
};

size_t groups_footprint(const struct groups_params *params);
struct groups *groups_init(void *mem, const struct groups_params *params);

/* Register a stream; texts are copied. Index or TD_E_NO_ROOM. Streams may share a name. Rows of one stream should come in the order of
   their heads: each model of an instrument has a predictions stream of its own, for at the full hour rows of two horizons would else take
   turns between two hours, and each turn is a group and a file. */
int groups_stream(struct groups *groups, enum row_table table, const char *exchange,
                  const char *symbol);
/* The first stream of that name, -1 none. */
int groups_find(const struct groups *groups, enum row_table table, const char *exchange,
                const char *symbol);
/* Scales for the file's metadata; they only become finer. exact: the finer scale gives every digit of all rows so far back. When it
   does not, rows with prices that stand already keep a file of their own. */
void groups_scales(struct groups *groups, int stream, int price_scale, int size_scale, bool exact);

/* The frame that the core is at: what is appended from here on is caused by it, whatever head it carries, and is not written before the
   journal is synced past it. Never less than before. */
void groups_frame(struct groups *groups, uint64_t frame);
/* Head for the rows that follow in this stream; copied. */
void groups_head(struct groups *groups, int stream, const struct row_head *head);
/* Without a disk thread (inline mode): `step` is called instead of sleeping when no page is free; it returns what writer_step() does. */
void groups_inline(struct groups *groups, int (*step)(void *arg), void *arg);
/* Room for one zeroed row of the stream's table (struct row_book ...), its head index set. Never NULL: waits for the disk thread when
   no page is free (that wait changes no output). Valid until the next groups_append, _head, _scales or _seal_all of any stream. A struct
   row_features comes with nothing present; its values are not cleared. */
void *groups_append(struct groups *groups, int stream);
/* Keep a text for the row last appended to this stream; at most TD_TEXT_MAX bytes (longer is cut at a character);
   bytes that are not UTF-8 become '?', for readers refuse a whole file over one of them. */
row_text groups_text(struct groups *groups, int stream, const char *text, size_t bytes);

/* The same of any bytes as they are, at most GROUPS_BYTES_MAX; once a row. */
enum { GROUPS_BYTES_MAX = TD_PAGE_BYTES - 2 };
row_text groups_bytes(struct groups *groups, int stream, const char *data, size_t bytes);

/* The receive hour changed, or the recorder stops: cut every group and tell the writer to seal every file (a batch). Streams go on with
   empty groups. `frame`: number of the frame that caused it. */
enum groups_seal { GROUPS_SEAL_HOUR = 1, GROUPS_SEAL_STOP = 2 };
void groups_seal_all(struct groups *groups, enum groups_seal why, uint64_t frame);

/* What outlives a seal (scales, their epochs), saved or loaded; only when no row is pending. Streams are found by name. */
struct td_state;
void groups_state(struct groups *groups, struct td_state *state);
/* Core thread, queue empty: as after groups_init, streams forgotten. For a deck that starts over from a checkpoint. */
void groups_reset(struct groups *groups);
bool groups_queue_empty(const struct groups *groups); /* everything cut was taken */

uint64_t groups_rows(const struct groups *groups, enum row_table table); /* appended so far */
unsigned groups_pool_percent(const struct groups *groups);               /* pages in use */

#endif
