#include "lake/segment_info.h"

#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "base/text.h"

void segment_info_path(struct segment_info *info, const char *path)
{
    static const char *const key[] = {"year", "month", "day", "hour"};
    static const char *const before[] = {"", "-", "-", "T"};
    struct td_str hour = td_str_on(info->hour, sizeof info->hour);
    *info = (struct segment_info){.rows = -1};
    files_table(path, info->table, sizeof info->table);
    files_part(path, "exchange", info->exchange, sizeof info->exchange);
    files_part(path, "symbol", info->symbol, sizeof info->symbol);
    for (int i = 0; i < 4; i++) {
        char value[16];
        if (!files_part(path, key[i], value, sizeof value))
            break;
        td_str_add(&hour, before[i]);
        td_str_add(&hour, value);
    }
}

static bool group_times(const struct pq_stats *stats, int64_t *min, int64_t *max)
{
    if (stats->min.bytes != 8 || stats->max.bytes != 8)
        return false;
    memcpy(min, stats->min.at, 8);
    memcpy(max, stats->max.at, 8);
    return true;
}

void segment_info_footer(struct segment_info *info, const struct pq_meta *meta)
{
    int column = footer_column(meta, "ts_recv");
    info->rows = meta->rows;
    info->has_times = column >= 0 && meta->group_count > 0;
    for (uint32_t i = 0; i < meta->group_count && info->has_times; i++) {
        int64_t min, max;
        info->has_times = group_times(&meta->group[i].chunk[column].stats, &min, &max);
        if (!info->has_times)
            return;
        info->from_us = i == 0 || min < info->from_us ? min : info->from_us;
        info->to_us = i == 0 || max > info->to_us ? max : info->to_us;
    }
}

static int scale_of(const struct pq_meta *meta, const char *key)
{
    int64_t scale;
    const char *text = footer_key(meta, key);
    if (!text || td_integer_parse(text, strlen(text), &scale) < 0 || scale < 0 ||
        scale > TD_SCALE_MAX)
        return -1;
    return (int)scale;
}

int segment_price_scale(const struct pq_meta *meta)
{
    return scale_of(meta, "price_scale");
}

int segment_size_scale(const struct pq_meta *meta)
{
    return scale_of(meta, "size_scale");
}
