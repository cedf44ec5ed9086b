/* Files of one derived table of one stream: <root>/<table>/exchange=X/symbol=Y/date=YYYY-MM-DD/<deck>_<stem>.parquet, one a day of event
   time. A file that stands already is left alone unless forced; a new one replaces it in one step. One thread. */
#ifndef TD_LAKE_DAYS_H
#define TD_LAKE_DAYS_H

#include "lake/feed.h"
#include "lake/table_writer.h"
#include "segment/column_from.h"

/* What was done, over all of a run's files. */
struct days_sums {
    uint64_t rows, files, skipped; /* skipped: files that stood already */
    int64_t bytes;
};

struct days_params {
    const char *root,
        *stem; /* stem: what else of the table stands in files of their own, "book-60s" */
    const struct table *table; /* begins with the head's 14 columns */
    const struct lake_stream *stream;
    uint64_t memory;
    bool force, dry_run;
    struct days_sums *sums;
};

struct days {
    struct days_params params;
    struct table_writer *writer; /* NULL: the day's file stands, or dry_run */
    bool open;                   /* a day is open */
    int64_t day;                 /* days since 1970 */
    char name[PATH_MAX_BYTES];   /* of the file that is open */
    int code;                    /* exit code, sticky; the complaint is made */
};

void days_open(struct days *days, const struct days_params *params);
/* Begins a row of that time and lineage: event_ns decides the day and becomes ts_event. True: put its values into days->writer, then
   days_end_row. False: nothing is to be put (days->code tells an error). */
bool days_row(struct days *days, const struct feed_head *head, int64_t event_ns);
void days_end_row(struct days *days, const struct feed_head *head);
/* The last day's file stands. code: how it went so far; on any but EXIT_FINE the file that is open is dropped, for it may lack rows. The worse
   of it and days->code. */
int days_close(struct days *days, int code);

/* The head's columns as lake tables have them: as recorded, but ts_event may be the row's own. For the start of a table's list. */
enum { DAYS_HEAD_COLUMNS = 14 };
#define DAYS_HEAD_(id, name, physical, logical, from, aux)                                         \
    {                                                                                              \
        id, name, COLUMN_##physical, COLUMN_##logical, false, 0, FROM_##from, 0, aux               \
    }
#define DAYS_HEAD                                                                                  \
    DAYS_HEAD_(1, "deck", BYTE_ARRAY, STRING, DECK, 0),                                            \
        DAYS_HEAD_(2, "exchange", BYTE_ARRAY, STRING, EXCHANGE, 0),                                \
        DAYS_HEAD_(3, "symbol", BYTE_ARRAY, STRING, SYMBOL, 0),                                    \
        DAYS_HEAD_(4, "year", INT32, PLAIN, ROW_I32, 0),                                           \
        DAYS_HEAD_(5, "month", INT32, PLAIN, ROW_I32, 0),                                          \
        DAYS_HEAD_(6, "day", INT32, PLAIN, ROW_I32, 0),                                            \
        DAYS_HEAD_(7, "hour", INT32, PLAIN, ROW_I32, 0),                                           \
        DAYS_HEAD_(8, "ts_recv", INT64, TIMESTAMP_US, HEAD_US, 0),                                 \
        DAYS_HEAD_(9, "ts_event", INT64, TIMESTAMP_US, HEAD_US, 0),                                \
        DAYS_HEAD_(10, "event_ns_rem", INT32, INT16, HEAD_REM, 0),                                 \
        DAYS_HEAD_(11, "frame", INT64, PLAIN, HEAD_I64, 0),                                        \
        DAYS_HEAD_(12, "conn", INT32, PLAIN, HEAD_U32, 0),                                         \
        DAYS_HEAD_(13, "schema_version", INT32, UINT16, SCHEMA_VERSION, 0),                        \
        DAYS_HEAD_(14, "source", BYTE_ARRAY, STRING, ROW_ENUM, LIST_SOURCE)
extern const struct column days_head[DAYS_HEAD_COLUMNS];
/* Copies a recorded table's columns: year to hour are values of the row then. */
void days_columns(struct column *out, const struct column *from, unsigned count);

#endif
