/* Table bars (docs/FORMAT.md): a file a kind and duration. One thread. */
#ifndef TD_LAKE_BARS_FILE_H
#define TD_LAKE_BARS_FILE_H

#include "features/bars.h"
#include "features/candles.h"
#include "features/volume_bars.h"
#include "lake/derive.h"

struct bars_file {
    struct days days;
    const char *kind; /* "book", "trades", "volume", "ticks" */
    int64_t duration_ns;
    char stem[64];
};

/* duration_ns 0: bars that are not of time; `kind` outlives the file. */
void bars_file_open(struct bars_file *file, struct derive *derive, const struct lake_stream *stream,
                    const char *kind, int64_t duration_ns);
/* head: of the bar's last record. */
void bars_file_book(struct bars_file *file, const struct feed_head *head,
                    const struct book_bar *bar);
void bars_file_trade(struct bars_file *file, const struct feed_head *head,
                     const struct trade_bar *bar);
void bars_file_volume(struct bars_file *file, const struct feed_head *head,
                      const struct volume_bar *bar);
void bars_file_candle(struct bars_file *file, const struct feed_head *head,
                      const struct candle *candle);
int bars_file_close(struct bars_file *file, int code); /* as days_close */

/* Volume bars and their file. */
struct volume_file {
    struct bars_file file;
    struct volume_bars bars;
    struct feed_head head;
};
/* threshold: its text, a part of the file's name. */
void volume_file_open(struct volume_file *volume, struct derive *derive,
                      const struct lake_stream *stream, const char *threshold, int64_t steps);
void volume_file_add(struct volume_file *volume, const struct bar_trade *trade,
                     const struct feed_head *head);

extern const struct table bars_table;

#endif
