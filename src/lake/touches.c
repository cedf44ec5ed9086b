#include "lake/touches.h"

#include <string.h>

#include "base/text.h"

enum {
    LABELS = 15,
    OWN = 4,
    MECHANICS_MAX = 100,
    NAME_BYTES = 32,
    LABEL_ID = 601,
    LABEL_APART = 20
};
enum { EVENT_ID = DAYS_HEAD_COLUMNS, DATE, COMPLETE, IN_SESSION, FIRST };
_Static_assert(FIRST == DAYS_HEAD_COLUMNS + OWN, "columns before the mechanics");

struct waiting {
    struct touch touch;
    struct feed_head head;
    struct outcome outcome;
};

/* Names of one window's labels, in the order of put_labels. */
static const struct {
    const char *name;
    uint8_t physical, logical;
} label[LABELS] = {
    {"outcome", COLUMN_BYTE_ARRAY, COLUMN_STRING},
    {"confirm_ts_ns", COLUMN_INT64, COLUMN_PLAIN},
    {"anchor_spot", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"future_price", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"excursion_max", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"excursion_min", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"strength_signed", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"strength_abs", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"time_to_break_1", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"time_to_break_2", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"time_to_bounce_1", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"time_to_bounce_2", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"time_to_threshold_1", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"time_to_threshold_2", COLUMN_DOUBLE, COLUMN_PLAIN},
    {"tradeable", COLUMN_INT32, COLUMN_PLAIN},
};

/* ---- the table ------------------------------------------------------------------------------- */

static struct column columns[FIRST + MECHANICS_MAX + 3 * (LABELS + 1)];
static char names[3 * (LABELS + 1)][NAME_BYTES];
static struct table table;
static unsigned mechanics_end; /* column behind the last of the mechanics */

static void add_mechanics(void)
{
    static struct column from[512];
    struct feature_mask mask = {{0}};
    struct table on;
    for (unsigned i = 0; i < FEATURES; i++)
        if (feature_at(i)->set == FEATURE_SET_MECHANICS)
            feature_mask_add(&mask, i);
    schema_features_on(&mask, from, &on);
    for (unsigned i = 0; i < on.column_count; i++)
        if (from[i].field_id >= 401 && table.column_count < FIRST + MECHANICS_MAX)
            columns[table.column_count++] = from[i];
    mechanics_end = table.column_count;
}

static void add_label(unsigned window, unsigned place, const char *name, uint8_t physical,
                      uint8_t logical)
{
    char *text = names[window * (LABELS + 1) + place];
    struct td_str str = td_str_on(text, NAME_BYTES);
    td_str_add_format(&str, "%s%s", name, outcome_suffix((enum outcome_window)window));
    columns[table.column_count++] =
        (struct column){.field_id = (int16_t)(LABEL_ID + LABEL_APART * window + place),
                        .name = text,
                        .physical = physical,
                        .logical = logical,
                        .optional = true,
                        .from = FROM_ROW_I64};
}

/* tradeable has one column a threshold; it stands last. */
static void set_table(void)
{
    static const struct column own[OWN] = {
        {21, "event_id", COLUMN_BYTE_ARRAY, COLUMN_STRING, false, 0, FROM_ROW_I64, 0, 0},
        {22, "date", COLUMN_INT32, COLUMN_PLAIN, false, 0, FROM_ROW_I64, 0, 0},
        {23, "label_complete", COLUMN_BOOLEAN, COLUMN_PLAIN, false, 0, FROM_ROW_I64, 0, 0},
        {24, "label_in_session", COLUMN_BOOLEAN, COLUMN_PLAIN, false, 0, FROM_ROW_I64, 0, 0},
    };
    table = (struct table){"touches", 0, FIRST, columns};
    memcpy(columns, days_head, sizeof days_head);
    memcpy(columns + DAYS_HEAD_COLUMNS, own, sizeof own);
    add_mechanics();
    for (unsigned w = 0; w < OUTCOME_WINDOWS; w++) {
        for (unsigned i = 0; i + 1 < LABELS; i++)
            add_label(w, i, label[i].name, label[i].physical, label[i].logical);
        add_label(w, LABELS - 1, "tradeable_1", COLUMN_INT32, COLUMN_PLAIN);
        add_label(w, LABELS, "tradeable_2", COLUMN_INT32, COLUMN_PLAIN);
    }
}

void touches_open(struct touches *touches, struct derive *derive, const struct lake_stream *stream,
                  const struct mechanics_params *params)
{
    memset(touches, 0, sizeof *touches);
    if (!table.column)
        set_table();
    touches->stream = stream;
    touches->params = *params;
    touches->session = (enum session_kind)params->session;
    touches->now_ns = INT64_MIN;
    struct days_params where = derive_days(derive, stream, &table, "");
    days_open(&touches->days, &where);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void put_mechanics(struct table_writer *w, const struct feature_row *row)
{
    for (unsigned i = FIRST; i < mechanics_end; i++) {
        unsigned feature = columns[i].offset;
        if (!feature_has(row, feature))
            continue;
        if (columns[i].physical == COLUMN_DOUBLE || columns[i].physical == COLUMN_FLOAT)
            table_put_real(w, i, row->value[feature]);
        else
            table_put_whole(w, i, (int64_t)row->value[feature]);
    }
}

static void put_seconds(struct table_writer *w, unsigned at, const double seconds[2])
{
    for (unsigned i = 0; i < 2; i++)
        if (seconds[i] >= 0)
            table_put_real(w, at + i, seconds[i]);
}

static void put_labels(struct table_writer *w, unsigned at, const struct outcome_labels *labels)
{
    const char *word = outcome_word(labels->outcome);
    table_put_text(w, at, word, strlen(word));
    table_put_whole(w, at + 1, labels->confirm_ts_ns);
    table_put_real(w, at + 2, labels->anchor_spot);
    if (!labels->any)
        return;
    table_put_real(w, at + 3, labels->future_price);
    table_put_real(w, at + 4, labels->excursion_max);
    table_put_real(w, at + 5, labels->excursion_min);
    table_put_real(w, at + 6, labels->strength_signed);
    table_put_real(w, at + 7, labels->strength_abs);
    put_seconds(w, at + 8, labels->time_to_break);
    put_seconds(w, at + 10, labels->time_to_bounce);
    put_seconds(w, at + 12, labels->time_to_threshold);
    table_put_whole(w, at + 14, labels->tradeable[0]);
    table_put_whole(w, at + 15, labels->tradeable[1]);
}

/* A label that trades to come could still change is none. */
static void write_touch(struct touches *touches, const struct waiting *waiting)
{
    char id[24];
    struct td_str text = td_str_on(id, sizeof id);
    const struct touch *touch = &waiting->touch;
    int64_t end_ns = outcome_end_ns(&waiting->outcome);
    bool complete = touches->now_ns >= end_ns;
    struct session session = session_of(touches->session, touch->ts_ns - 1);
    if (!days_row(&touches->days, &waiting->head, touch->ts_ns))
        return;
    struct table_writer *w = touches->days.writer;
    td_str_add_format(&text, "%016llx", (unsigned long long)touch->event_id);
    table_put_text(w, EVENT_ID, id, text.bytes);
    table_put_whole(w, DATE, session.date);
    table_put_whole(w, COMPLETE, complete);
    table_put_whole(w, IN_SESSION, end_ns <= session.close_ns);
    put_mechanics(w, &touch->row);
    for (unsigned i = 0; complete && i < OUTCOME_WINDOWS; i++) {
        struct outcome_labels labels = outcome_labels(&waiting->outcome, (enum outcome_window)i);
        put_labels(w, mechanics_end + i * (LABELS + 1), &labels);
    }
    days_end_row(&touches->days, &waiting->head);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static struct waiting *waiting_at(const struct touches *touches, size_t index)
{
    return (struct waiting *)(void *)touches->waiting.data + index;
}

static size_t waiting_count(const struct touches *touches)
{
    return touches->waiting.bytes / sizeof(struct waiting);
}

/* Windows are as long as each other, so the oldest touch is done first. */
static void write_done(struct touches *touches)
{
    size_t count = waiting_count(touches);
    while (touches->first < count &&
           touches->now_ns >= outcome_end_ns(&waiting_at(touches, touches->first)->outcome))
        write_touch(touches, waiting_at(touches, touches->first++));
    if (touches->first < count / 2 || !touches->first)
        return;
    size_t left = (count - touches->first) * sizeof(struct waiting);
    memmove(touches->waiting.data, waiting_at(touches, touches->first), left);
    touches->waiting.bytes = left;
    touches->first = 0;
}

static struct outcome_touch outcome_of(const struct touches *touches, const struct touch *touch)
{
    double level = touch->row.value[FEATURE_level_price];
    return (struct outcome_touch){.ts_ns = touch->ts_ns,
                                  .up = touch->row.value[FEATURE_direction] == 0,
                                  .level = level,
                                  .spot = level - touch->row.value[FEATURE_distance_signed],
                                  .threshold = {level * touches->params.outcome1_bps / 10000,
                                                level * touches->params.outcome2_bps / 10000}};
}

void touches_found(void *arg, const struct touch *touch)
{
    struct touches *touches = arg;
    struct waiting waiting = {.touch = *touch, .head = touches->head};
    struct outcome_touch of = outcome_of(touches, touch);
    outcome_init(&waiting.outcome, &of);
    uint64_t from = touches->trades > TOUCHES_RECENT ? touches->trades - TOUCHES_RECENT : 0;
    for (uint64_t i = from; i < touches->trades; i++)
        if (touches->recent[i % TOUCHES_RECENT].ts_ns >= touch->ts_ns)
            outcome_trade(&waiting.outcome, touches->recent[i % TOUCHES_RECENT].ts_ns,
                          touches->recent[i % TOUCHES_RECENT].price);
    if (lake_append(&touches->waiting, &waiting, sizeof waiting) < 0 && !touches->code) {
        verb_complain(NULL, "no memory for the touches that wait for their outcome");
        touches->code = verb_exit(TD_E_NO_MEMORY);
    }
}

void touches_trade(struct touches *touches, int64_t ts_ns, double price)
{
    int64_t now = ts_ns > touches->now_ns ? ts_ns : touches->now_ns;
    touches->now_ns = now;
    touches->recent[touches->trades % TOUCHES_RECENT].ts_ns = now;
    touches->recent[touches->trades++ % TOUCHES_RECENT].price = price;
    for (size_t i = touches->first; i < waiting_count(touches); i++)
        outcome_trade(&waiting_at(touches, i)->outcome, now, price);
    write_done(touches);
}

int touches_close(struct touches *touches, int code)
{
    for (size_t i = touches->first; i < waiting_count(touches); i++)
        write_touch(touches, waiting_at(touches, i));
    lake_buffer_free(&touches->waiting);
    return days_close(&touches->days, verb_worse(touches->code, code));
}
