#include "lake/frame_rows.h"

#include <string.h>

#include "base/text.h"
#include "lake/verb.h"

enum {
    EXCHANGE,
    TS_RECV,
    FRAME,
    CONN,
    CHANNEL,
    KIND,
    SENT,
    BUCKET,
    PAYLOAD,
    REM,
    PART,
    PARTS,
    STATUS,
    COLUMNS
};
static const char *const names[COLUMNS] = {
    "exchange", "ts_recv", "frame",       "conn", "channel", "kind",  "sent",
    "bucket",   "payload", "ts_recv_rem", "part", "parts",   "status"};
static const uint8_t types[COLUMNS] = {
    PQ_BYTE_ARRAY, PQ_INT64,      PQ_INT64, PQ_INT32, PQ_BYTE_ARRAY, PQ_BYTE_ARRAY, PQ_BOOLEAN,
    PQ_BYTE_ARRAY, PQ_BYTE_ARRAY, PQ_INT32, PQ_INT32, PQ_INT32,      PQ_INT32};

/* One file being read. */
struct frame_file {
    struct frame_rows *rows;
    struct pq_values values[COLUMNS];
    int64_t next_part, frame; /* 0: none is begun */
    bool enough;
};

static int64_t whole(const struct frame_file *file, unsigned column, size_t row, int64_t absent)
{
    const struct pq_values *values = &file->values[column];
    return values->valid[row] ? values->cell[row].i : absent;
}

static void word(const struct frame_file *file, unsigned column, size_t row, char out[32])
{
    const struct pq_values *values = &file->values[column];
    struct pq_text text = values->cell[row].text;
    td_text_copy(out, 32, (const char *)values->heap + text.at,
                 values->valid[row] ? text.bytes : 0);
}

static void tell(struct frame_file *file, size_t row)
{
    char text[4][32];
    struct frame_rows *rows = file->rows;
    int64_t us = whole(file, TS_RECV, row, 0);
    if (us < rows->from_us || us >= rows->to_us)
        return;
    word(file, EXCHANGE, row, text[0]);
    word(file, CHANNEL, row, text[1]);
    word(file, KIND, row, text[2]);
    word(file, BUCKET, row, text[3]);
    struct frame_message message = {.exchange = text[0],
                                    .channel = text[1],
                                    .kind = text[2],
                                    .bucket = text[3],
                                    .recv_ns = us * 1000 + whole(file, REM, row, 0),
                                    .frame = whole(file, FRAME, row, 0),
                                    .conn = whole(file, CONN, row, 0),
                                    .status = whole(file, STATUS, row, -1),
                                    .sent = whole(file, SENT, row, 0) != 0,
                                    .payload = rows->payload.data,
                                    .bytes = rows->payload.bytes};
    file->enough = !rows->take(rows->arg, &message);
}

/* Parts follow on each other; one that does not begins anew. */
static td_err take_row(struct frame_file *file, size_t row)
{
    struct frame_rows *rows = file->rows;
    int64_t part = whole(file, PART, row, 0), frame = whole(file, FRAME, row, 0);
    const struct pq_values *payload = &file->values[PAYLOAD];
    struct pq_text bytes = payload->cell[row].text;
    bool follows = part == file->next_part && (part == 0 || frame == file->frame);
    if (file->next_part != 0 && !follows)
        rows->torn++;
    if (part == 0)
        rows->payload.bytes = 0;
    else if (!follows) {
        rows->torn += file->next_part == 0;
        file->next_part = 0;
        return 0;
    }
    TD_TRY(lake_append(&rows->payload, payload->heap + bytes.at, bytes.bytes));
    file->frame = frame;
    file->next_part = part + 1;
    if (file->next_part != whole(file, PARTS, row, 1))
        return 0;
    file->next_part = 0;
    tell(file, row);
    return 0;
}

static td_err take_groups(struct frame_file *file, struct reader *reader,
                          const uint32_t column[COLUMNS])
{
    struct reader_batch batch = {.reader = reader,
                                 .column_count = COLUMNS,
                                 .column = column,
                                 .values = file->values,
                                 .range_column = -1};
    int got = 0;
    while (!file->enough && (got = reader_batch_next(&batch)) > 0)
        for (size_t row = 0; row < batch.rows && !file->enough; row++)
            TD_TRY(take_row(file, row));
    file->rows->torn += file->next_part != 0 && !file->enough;
    return got < 0 ? got : 0;
}

static td_err find_columns(const struct pq_meta *meta, uint32_t column[COLUMNS])
{
    for (unsigned i = 0; i < COLUMNS; i++) {
        int found = footer_column(meta, names[i]);
        TD_FAIL_IF(found < 0 || meta->column[found].type != types[i], TD_E_UNSUPPORTED);
        column[i] = (uint32_t)found;
    }
    return 0;
}

int frame_rows_file(struct frame_rows *rows, const char *path)
{
    struct frame_file file = {.rows = rows};
    struct reader *reader = NULL;
    uint32_t column[COLUMNS];
    td_err err = reader_open(path, NULL, &reader);
    bool columns = err < 0 || find_columns(reader_meta(reader), column) == 0;
    if (err == 0 && columns)
        err = take_groups(&file, reader, column);
    if (!columns)
        verb_complain(NULL, "%s: not a file of table frames", path);
    else if (err < 0)
        verb_complain("`tape verify` says more.", "%s: %s", path, reader_why(reader));
    for (unsigned i = 0; i < COLUMNS; i++)
        values_free(&file.values[i]);
    reader_close(reader);
    return !columns ? EXIT_FOUND : err < 0 ? verb_exit(err) : EXIT_FINE;
}

void frame_rows_free(struct frame_rows *rows)
{
    lake_buffer_free(&rows->payload);
}
