#include "sim/columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

bool columns_load(struct columns *columns, struct world *world, const char *path)
{
    for (unsigned i = 0; i < columns->count; i++) {
        int at = footer_column(reader_meta(columns->reader), columns->name[i]);
        if (at < 0 ||
            reader_column(columns->reader, columns->group, (uint32_t)at, &columns->values[i]) < 0) {
            world_fail(world, "%s: column %s cannot be read: %s", path, columns->name[i],
                       reader_why(columns->reader));
            return false;
        }
        columns->rows = columns->values[i].rows;
    }
    return true;
}

int64_t columns_number(const struct columns *columns, unsigned column, size_t row)
{
    return columns->values[column].cell[row].i;
}

bool columns_text_is(const struct columns *columns, unsigned column, size_t row, const char *word)
{
    const struct pq_values *values = &columns->values[column];
    struct pq_text text = values->cell[row].text;
    return text.bytes == strlen(word) && memcmp(values->heap + text.at, word, text.bytes) == 0;
}

int64_t columns_steps(const struct columns *columns, unsigned column, unsigned text_column,
                      size_t row, int scale)
{
    const struct pq_values *texts = &columns->values[text_column];
    if (texts->valid[row]) {
        int64_t value = 0;
        struct pq_text text = texts->cell[row].text;
        char copy[96];
        snprintf(copy, sizeof copy, "%.*s", (int)(text.bytes < 95 ? text.bytes : 95),
                 (const char *)texts->heap + text.at);
        long double exact = strtold(copy, NULL) * (long double)td_pow10(scale);
        value = (int64_t)roundl(exact);
        return value;
    }
    return llround(columns->values[column].cell[row].f * (double)td_pow10(scale));
}
