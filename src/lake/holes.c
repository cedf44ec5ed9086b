#include "lake/holes.h"

#include <string.h>

#include "base/text.h"
#include "lake/reader.h"
#include "lake/segment_info.h"
#include "lake/verb.h"
#include "segment/column_from.h"

enum { NOTES_BYTES_MAX = 256 << 20 };
enum { RECV, ID, PHASE, CHANNEL, KIND, FROM, TO, MISSED, ACTION, NOTE, COLUMNS };

static const struct {
    const char *name;
    uint8_t type;
} columns[COLUMNS] = {
    [RECV] = {"ts_recv", PQ_INT64},       [ID] = {"gap_id", PQ_INT64},
    [PHASE] = {"phase", PQ_BYTE_ARRAY},   [CHANNEL] = {"channel", PQ_BYTE_ARRAY},
    [KIND] = {"kind", PQ_BYTE_ARRAY},     [FROM] = {"ts_from", PQ_INT64},
    [TO] = {"ts_to", PQ_INT64},           [MISSED] = {"missed", PQ_INT64},
    [ACTION] = {"action", PQ_BYTE_ARRAY}, [NOTE] = {"note", PQ_BYTE_ARRAY},
};

static const char *word_of(enum column_list list, unsigned index)
{
    unsigned count;
    const char *const *words = schema_words(list, &count);
    return index < count ? words[index] : "?";
}

const char *hole_kind_word(unsigned kind)
{
    return word_of(LIST_GAP_KIND, kind);
}

const char *hole_channel_word(unsigned channel)
{
    return word_of(LIST_CHANNEL, channel);
}

const struct hole *holes_at(const struct holes *holes, size_t index)
{
    return (const struct hole *)(void *)holes->holes.data + index;
}

static struct hole *at(struct holes *holes, size_t index)
{
    return (struct hole *)(void *)holes->holes.data + index;
}

const struct hole_stream *holes_stream(const struct holes *holes, uint32_t stream)
{
    return (const struct hole_stream *)(void *)holes->streams.data + stream;
}

bool holes_of_device(const struct hole_stream *stream)
{
    return strcmp(stream->exchange, "_all") == 0;
}

bool holes_concern(const struct hole_stream *of, const struct hole_stream *stream)
{
    if (strcmp(of->deck, stream->deck) != 0)
        return false;
    if (holes_of_device(of))
        return true;
    return strcmp(of->exchange, stream->exchange) == 0 &&
           (strcmp(of->symbol, "_all") == 0 || strcmp(of->symbol, stream->symbol) == 0);
}

bool segment_deck(const char *name, char out[TD_DECK_NAME_MAX])
{
    const char *end = strrchr(name, '_'); /* before the counter */
    size_t bytes = end ? (size_t)(end - name) : 0;
    /* "_20260609T041500Z" stands before it */
    enum { TIME_BYTES = 17 };
    if (bytes <= TIME_BYTES || name[bytes - TIME_BYTES] != '_' || name[bytes - 1] != 'Z')
        return false;
    return td_text_copy(out, TD_DECK_NAME_MAX, name, bytes - TIME_BYTES);
}

/* ---- holes ---- */

static bool touches(const struct holes_query *query, const struct hole *hole)
{
    return hole->from_us < query->to_us &&
           (hole->to_us > query->from_us || hole->from_us >= query->from_us);
}

static td_err add(struct holes *holes, const struct hole *hole)
{
    TD_FAIL_IF(holes->count == HOLES_MAX, TD_E_NO_ROOM);
    TD_TRY(lake_append(&holes->holes, hole, sizeof *hole));
    holes->count++;
    return 0;
}

static void drop(struct holes *holes, size_t index)
{
    *at(holes, index) = *at(holes, --holes->count);
    holes->holes.bytes -= sizeof(struct hole);
}

static void drop_if_outside(struct holes *holes, size_t index)
{
    if (!touches(&holes->query, at(holes, index)))
        drop(holes, index);
}

/* Gap ids rise for ever in one journal. One that does not shows that the journal was begun anew, and that what was open then will
   not be closed under its number. It was good again before the new hole began. */
static void abandon(struct holes *holes, int64_t until_us)
{
    for (size_t i = holes->count; i-- > holes->stream_first;) {
        struct hole *hole = at(holes, i);
        if (hole->to_us != HOLE_OPEN)
            continue;
        hole->abandoned = true;
        hole->to_us = until_us > hole->from_us ? until_us : hole->from_us;
        drop_if_outside(holes, i);
    }
}

/* A symbol that is configured again is recorded from here on, whatever place in the recorder it had before. */
static void end_planned(struct holes *holes, const struct hole *begun)
{
    for (size_t i = holes->count; i-- > holes->stream_first;) {
        struct hole *hole = at(holes, i);
        if (hole->kind == TD_GAP_PLANNED && hole->channel == begun->channel &&
            hole->to_us == HOLE_OPEN) {
            hole->to_us = begun->from_us;
            drop_if_outside(holes, i);
        }
    }
}

static td_err open_hole(struct holes *holes, const struct hole *hole)
{
    if (hole->kind == TD_GAP_START)
        end_planned(holes, hole);
    if (hole->gap_id <= holes->opened_last)
        abandon(holes, hole->from_us);
    holes->opened_last = hole->gap_id;
    return touches(&holes->query, hole) ? add(holes, hole) : 0;
}

/* A closed hole is closed once more when trades of it came from the venue's history: the row says how many are missing still. */
static td_err fill_hole(struct hole *hole, const struct hole *closing)
{
    hole->filled = hole->missed - (closing->missed > 0 ? closing->missed : 0);
    hole->action = closing->missed > 0 ? hole->action : closing->action;
    hole->note = closing->note[0] ? closing->note : hole->note;
    return 0;
}

static td_err close_hole(struct holes *holes, const struct hole *closing)
{
    for (size_t i = holes->count; i-- > holes->stream_first;) {
        struct hole *hole = at(holes, i);
        if (hole->gap_id != closing->gap_id)
            continue;
        if (hole->to_us != HOLE_OPEN && closing->action != TD_GAP_ACT_BACKFILLED)
            continue;
        if (hole->to_us != HOLE_OPEN)
            return fill_hole(hole, closing);
        hole->to_us = closing->to_us;
        hole->action = closing->action;
        hole->missed = closing->missed > hole->missed ? closing->missed : hole->missed;
        if (!hole->note[0])
            hole->note = closing->note;
        drop_if_outside(holes, i);
        return 0;
    }
    /* Its opening stands in a file that is not here; the row alone says it all. */
    return touches(&holes->query, closing) ? add(holes, closing) : 0;
}

static bool begins_a_run(unsigned kind)
{
    return kind == TD_GAP_START || kind == TD_GAP_CRASH || kind == TD_GAP_POWER_LOSS;
}

/* The device's stop ends where the next run begins, whatever that one's number. A start by itself is no hole. */
static bool ends_stop(struct holes *holes, const struct hole *row)
{
    if (!begins_a_run(row->kind))
        return false;
    int64_t run_us = row->to_us == HOLE_OPEN ? row->from_us : row->to_us;
    for (size_t i = holes->count; i-- > holes->stream_first;)
        if (at(holes, i)->kind == TD_GAP_STOP && at(holes, i)->to_us == HOLE_OPEN) {
            at(holes, i)->to_us = run_us;
            drop_if_outside(holes, i);
        }
    return row->kind == TD_GAP_START && (row->to_us == HOLE_OPEN || row->to_us <= row->from_us);
}

/* ---- rows ---- */

struct gap_rows {
    struct holes *holes;
    struct reader *reader;
    struct pq_values value[COLUMNS];
    uint32_t column[COLUMNS];
    const char *why; /* a row is not ours */
};

/* Number of the word in its list, -1: none of them. */
static int word_at(const struct gap_rows *rows, int column, enum column_list list, size_t row)
{
    const struct pq_values *v = &rows->value[column];
    unsigned count;
    const char *const *words = schema_words(list, &count);
    for (unsigned i = 0; i < count && v->valid[row]; i++)
        if (strlen(words[i]) == v->cell[row].text.bytes &&
            memcmp(words[i], v->heap + v->cell[row].text.at, v->cell[row].text.bytes) == 0)
            return (int)i;
    return -1;
}

static int64_t number_at(const struct gap_rows *rows, int column, size_t row, int64_t absent)
{
    return rows->value[column].valid[row] ? rows->value[column].cell[row].i : absent;
}

static const char *note_at(struct gap_rows *rows, size_t row)
{
    const struct pq_values *v = &rows->value[NOTE];
    if (!v->valid[row] || v->cell[row].text.bytes == 0)
        return "";
    return lake_text(&rows->holes->arena, v->heap + v->cell[row].text.at, v->cell[row].text.bytes);
}

static td_err take_row(struct gap_rows *rows, size_t row)
{
    struct holes *holes = rows->holes;
    int phase = word_at(rows, PHASE, LIST_GAP_PHASE, row);
    int channel = word_at(rows, CHANNEL, LIST_CHANNEL, row);
    int kind = word_at(rows, KIND, LIST_GAP_KIND, row);
    int action = word_at(rows, ACTION, LIST_GAP_ACTION, row);
    rows->why = "a row has a word that this version does not know";
    TD_FAIL_IF(phase < 0 || channel < 0 || kind < 0 || action < 0, TD_E_PARQUET);
    int64_t recv_us = number_at(rows, RECV, row, 0);
    if (recv_us >= holes->query.until_us)
        return 0;
    struct hole hole = {.stream = holes->stream,
                        .channel = (uint8_t)channel,
                        .kind = (uint8_t)kind,
                        .action = (uint8_t)action,
                        .gap_id = number_at(rows, ID, row, 0),
                        .from_us = number_at(rows, FROM, row, recv_us),
                        .to_us = HOLE_OPEN,
                        .missed = number_at(rows, MISSED, row, -1),
                        .note = note_at(rows, row)};
    TD_FAIL_IF(!hole.note, TD_E_NO_MEMORY);
    if (phase == TD_GAP_CLOSE)
        hole.to_us = number_at(rows, TO, row, recv_us);
    holes->rows++;
    if (holes_of_device(holes_stream(holes, holes->stream)) && ends_stop(holes, &hole))
        return 0;
    return phase == TD_GAP_OPEN ? open_hole(holes, &hole) : close_hole(holes, &hole);
}

static td_err find_columns(struct gap_rows *rows)
{
    const struct pq_meta *meta = reader_meta(rows->reader);
    rows->why = "it lacks a column of table gaps";
    for (int i = 0; i < COLUMNS; i++) {
        int column = footer_column(meta, columns[i].name);
        TD_FAIL_IF(column < 0 || meta->column[column].type != columns[i].type, TD_E_PARQUET);
        rows->column[i] = (uint32_t)column;
    }
    rows->why = NULL;
    return 0;
}

static td_err take_rows(struct gap_rows *rows)
{
    struct reader_batch batch = {.reader = rows->reader,
                                 .column_count = COLUMNS,
                                 .column = rows->column,
                                 .values = rows->value,
                                 .range_column = -1};
    int got;
    TD_TRY(find_columns(rows));
    while ((got = reader_batch_next(&batch)) > 0)
        for (size_t row = 0; row < batch.rows; row++)
            TD_TRY(take_row(rows, row));
    rows->why = NULL;
    return got;
}

/* ---- files ---- */

static td_err enter_stream(struct holes *holes, const struct segment_info *info, const char *deck)
{
    struct hole_stream stream = {0};
    td_text_copy(stream.deck, sizeof stream.deck, deck, strlen(deck));
    memcpy(stream.exchange, info->partition.exchange, sizeof stream.exchange);
    memcpy(stream.symbol, info->partition.symbol, sizeof stream.symbol);
    const struct hole_stream *now = holes->stream_count ? holes_stream(holes, holes->stream) : NULL;
    if (now && memcmp(now, &stream, sizeof stream) == 0)
        return 0;
    TD_FAIL_IF(holes->stream_count == HOLE_STREAMS_MAX, TD_E_NO_ROOM);
    TD_TRY(lake_append(&holes->streams, &stream, sizeof stream));
    holes->stream = (uint32_t)holes->stream_count++;
    holes->stream_first = holes->count;
    holes->opened_last = 0;
    return 0;
}

static int complain(const struct gap_rows *rows, const char *path, td_err err)
{
    if (err == TD_E_NO_ROOM || err == TD_E_NO_MEMORY) {
        verb_complain("Ask for one day with --day.", "%s: more gaps than can be shown at once",
                      path);
        return EXIT_DISK;
    }
    verb_complain("`tape verify` tells more; gaps of other files are counted.", "%s: %s", path,
                  rows->why ? rows->why : reader_why(rows->reader));
    return EXIT_CORRUPT;
}

static int read_file(struct holes *holes, const struct file_entry *file,
                     const struct segment_info *info, const char *deck)
{
    struct gap_rows rows = {.holes = holes};
    td_err err = reader_open(file->path, NULL, &rows.reader);
    if (err == 0)
        err = enter_stream(holes, info, deck);
    if (err == 0)
        err = take_rows(&rows);
    int code = err < 0 ? complain(&rows, file->path, err) : EXIT_FINE;
    for (int i = 0; i < COLUMNS; i++)
        values_free(&rows.value[i]);
    reader_close(rows.reader);
    return code;
}

int holes_read(struct holes *holes, const struct file_list *list, const struct holes_query *query)
{
    int code = EXIT_FINE;
    holes->query = *query;
    holes->arena.limit = NOTES_BYTES_MAX;
    for (size_t i = 0; i < list->count; i++) {
        const struct file_entry *file = files_at(list, i);
        struct segment_info info;
        char deck[TD_DECK_NAME_MAX];
        segment_info_path(&info, file->path);
        if (file->is_receipt || file->is_open || strcmp(info.partition.table, "gaps") != 0 ||
            !segment_deck(file->name, deck) || (query->deck && strcmp(deck, query->deck) != 0))
            continue;
        code = verb_worse(code, read_file(holes, file, &info, deck));
    }
    return code;
}

void holes_free(struct holes *holes)
{
    lake_buffer_free(&holes->holes);
    lake_buffer_free(&holes->streams);
    lake_arena_free(&holes->arena);
    *holes = (struct holes){0};
}
