#include "lake/window_columns.h"

#include <string.h>

#include "base/text.h"

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

unsigned window_seconds(const struct verb_args *args, int window_s[ROW_WINDOWS])
{
    unsigned count = derive_numbers("rolling-windows", verb_value(args, "rolling-windows"),
                                    "60,300,900", WINDOW_S_MAX, ROW_WINDOWS, window_s);
    for (unsigned i = count; count && i < ROW_WINDOWS; i++)
        window_s[i] = window_s[count - 1];
    return count;
}
