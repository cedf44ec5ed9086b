#include "lake/inventory.h"

#include <string.h>

#include "base/limits.h"
#include "lake/receipt.h"

static const int64_t hour_us = TD_NS_PER_HOUR / TD_NS_PER_US;

const struct inventory_segment *inventory_at(const struct inventory *inventory, size_t index)
{
    return (const struct inventory_segment *)(void *)inventory->segments.data + index;
}

const struct inventory_stream *inventory_stream(const struct inventory *inventory, size_t index)
{
    return (const struct inventory_stream *)(void *)inventory->streams.data + index;
}

static td_err add_segment(struct inventory *inventory, const struct inventory_segment *segment)
{
    TD_TRY(lake_append(&inventory->segments, segment, sizeof *segment));
    bool first = inventory->count++ == 0;
    if (first || segment->hour_us < inventory->first_hour_us)
        inventory->first_hour_us = segment->hour_us;
    if (first || segment->hour_us > inventory->last_hour_us)
        inventory->last_hour_us = segment->hour_us;
    return 0;
}

td_err inventory_of(struct inventory *inventory, const struct file_list *list, const char *deck)
{
    for (size_t i = 0; i < list->count; i++) {
        struct inventory_segment segment = {.file = files_at(list, i)};
        if (segment.file->is_receipt || segment.file->is_open ||
            path_parse(segment.file->path, &segment.partition) < 0 ||
            !segment_deck(segment.file->name, segment.deck) ||
            (deck && strcmp(deck, segment.deck) != 0))
            continue;
        segment.hour_us = path_hour_ns(&segment.partition) / TD_NS_PER_US;
        TD_TRY(add_segment(inventory, &segment));
    }
    return 0;
}

static uint32_t channel_bit(const char *table)
{
    static const char *const words[] = {
        [TD_CHANNEL_BOOK] = "book", [TD_CHANNEL_TRADES] = "trades", [TD_CHANNEL_TICKER] = "ticker"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(table, words[i]) == 0)
            return 1u << i;
    return 0;
}

static td_err add_stream(struct inventory *inventory, const struct inventory_segment *segment,
                         uint32_t channel)
{
    struct inventory_stream stream = {.channels = channel};
    memcpy(stream.id.deck, segment->deck, sizeof stream.id.deck);
    memcpy(stream.id.exchange, segment->partition.exchange, sizeof stream.id.exchange);
    memcpy(stream.id.symbol, segment->partition.symbol, sizeof stream.id.symbol);
    struct inventory_stream *known = (struct inventory_stream *)(void *)inventory->streams.data;
    for (size_t i = inventory->stream_count; i-- > 0;)
        if (memcmp(&known[i].id, &stream.id, sizeof stream.id) == 0) {
            known[i].channels |= channel;
            return 0;
        }
    TD_FAIL_IF(inventory->stream_count == HOLE_STREAMS_MAX, TD_E_NO_ROOM);
    inventory->stream_count++;
    return lake_append(&inventory->streams, &stream, sizeof stream);
}

td_err inventory_add_streams(struct inventory *inventory, int64_t from_us, int64_t to_us)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_segment *segment = inventory_at(inventory, i);
        uint32_t channel = channel_bit(segment->partition.table);
        if (channel && segment->hour_us >= from_us && segment->hour_us < to_us)
            TD_TRY(add_stream(inventory, segment, channel));
    }
    return 0;
}

void inventory_extent(const struct inventory *inventory, int64_t *from_us, int64_t *to_us)
{
    *from_us = inventory->first_hour_us + hour_us;
    *to_us = inventory->last_hour_us;
    bool from_known = false, to_known = false;
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_segment *segment = inventory_at(inventory, i);
        struct receipt receipt;
        if ((segment->hour_us != inventory->first_hour_us &&
             segment->hour_us != inventory->last_hour_us) ||
            receipt_load(segment->file->path, &receipt) < 0)
            continue;
        int64_t min = receipt.number[RECEIPT_RECV_MIN_US],
                max = receipt.number[RECEIPT_RECV_MAX_US];
        if (receipt.has[RECEIPT_RECV_MIN_US] && min < *from_us)
            *from_us = min, from_known = true;
        if (receipt.has[RECEIPT_RECV_MAX_US] && max >= *to_us)
            *to_us = max, to_known = true;
    }
    if (!from_known)
        *from_us = inventory->first_hour_us;
    if (!to_known)
        *to_us = inventory->last_hour_us + hour_us;
}

const char *inventory_deck(const struct inventory *inventory)
{
    for (size_t i = 1; i < inventory->count; i++)
        if (strcmp(inventory_at(inventory, i)->deck, inventory_at(inventory, 0)->deck) != 0)
            return NULL;
    return inventory->count ? inventory_at(inventory, 0)->deck : NULL;
}

void inventory_free(struct inventory *inventory)
{
    lake_buffer_free(&inventory->segments);
    lake_buffer_free(&inventory->streams);
    *inventory = (struct inventory){0};
}
