#include "lake/window_columns.h"

#include <string.h>

#include "base/text.h"
#include "base/utc.h"

/* Windows everybody has keep small ids; a new one follows from its length. */
static int16_t first_id(int window_s)
{
    enum { KNOWN = 101, APART = 20, OTHER = 2000, EACH = 8 };
    for (int i = 0; i < ROW_WINDOWS; i++)
        if (row_windows_s[i] == window_s)
            return (int16_t)(KNOWN + APART * i);
    return (int16_t)(OTHER + EACH * window_s);
}

void window_columns_set(struct window_columns *out, const struct table *table,
                        const struct window_column *each, unsigned each_count, const int *window_s,
                        unsigned windows)
{
    unsigned count = table->column_count;
    TD_ASSERT(count + each_count * windows <= WINDOW_COLUMNS_MAX, "room for the windows");
    memcpy(out->column, table->column, count * sizeof *out->column);
    for (unsigned w = 0; w < windows; w++)
        for (unsigned i = 0; i < each_count; i++, count++) {
            struct td_str name = td_str_on(out->name[count], WINDOW_NAME_MAX);
            td_str_add_format(&name, "%s%ds", each[i].name, window_s[w]);
            out->column[count] = (struct column){.field_id = (int16_t)(first_id(window_s[w]) + i),
                                                 .name = out->name[count],
                                                 .physical = (uint8_t)each[i].physical,
                                                 .optional = true,
                                                 .from = FROM_ROW_I64};
        }
    out->table = (struct table){table->name, 0, count, out->column};
}

/* --rolling-windows: up to three, the rest of window_s repeats the last. Count; 0: complaint printed. */
static unsigned window_seconds(const struct verb_args *args, int window_s[ROW_WINDOWS])
{
    unsigned count = derive_numbers("rolling-windows", verb_value(args, "rolling-windows"),
                                    "60,300,900", WINDOW_S_MAX, ROW_WINDOWS, window_s);
    for (unsigned i = count; count && i < ROW_WINDOWS; i++)
        window_s[i] = window_s[count - 1];
    return count;
}

void window_calendar(struct table_writer *w, unsigned at, int64_t ns)
{
    struct td_utc utc = td_utc_from_ns(ns);
    table_put_whole(w, at, utc.minute);
    table_put_whole(w, at + 1, utc.weekday);
    table_put_whole(w, at + 2, utc.weekday >= 5);
}

int window_run(const struct verb_args *args, const struct window_verb *verb)
{
    static struct window_work work;
    static struct derive derive;
    work.derive = &derive;
    work.windows = window_seconds(args, work.window_s);
    if (!work.windows)
        return EXIT_USAGE;
    window_columns_set(&work.columns, verb->table, verb->each, verb->each_count, work.window_s,
                       work.windows);
    int code = derive_begin(&derive, args, 1u << verb->stream);
    if (code)
        return code;
    derive.note = verb->note;
    for (uint32_t i = 0; i < derive.streams.count && !code; i++) {
        derive_next_stream(&derive);
        code = verb->run_stream(&work, &derive.streams.stream[i]);
    }
    lake_buffer_free(&work.memory);
    return derive_end(&derive, code);
}
