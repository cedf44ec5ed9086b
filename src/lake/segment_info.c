#include "lake/segment_info.h"

#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "base/text.h"

void segment_info_path(struct segment_info *info, const char *path)
{
    *info = (struct segment_info){.rows = -1};
    info->has_partition = path_parse(path, &info->partition) == 0;
    if (!info->has_partition)
        info->partition = (struct path_partition){.table = ""};
}

static void copy_key(const struct pq_meta *meta, const char *key, char *out, size_t cap)
{
    const char *value = footer_key(meta, key);
    if (value)
        td_text_copy(out, cap, value, strlen(value));
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
    struct path_partition *partition = &info->partition;
    info->rows = meta->rows;
    if (!info->has_partition) {
        copy_key(meta, "table", partition->table, sizeof partition->table);
        copy_key(meta, "exchange", partition->exchange, sizeof partition->exchange);
        copy_key(meta, "symbol", partition->symbol, sizeof partition->symbol);
    }
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

bool segment_number(const struct pq_meta *meta, const char *key, int64_t *value)
{
    const char *text = footer_key(meta, key);
    return text && td_integer_parse(text, strlen(text), value) == 0;
}

static int scale_of(const struct pq_meta *meta, const char *key)
{
    int64_t scale;
    bool fits = segment_number(meta, key, &scale) && scale >= 0 && scale <= TD_SCALE_MAX;
    return fits ? (int)scale : -1;
}

int segment_price_scale(const struct pq_meta *meta)
{
    return scale_of(meta, "price_scale");
}

int segment_size_scale(const struct pq_meta *meta)
{
    return scale_of(meta, "size_scale");
}
