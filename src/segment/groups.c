#include "segment/groups.h"

#include <string.h>

#include "base/ring.h"
#include "base/text.h"
#include "segment/column_from.h"
#include "segment/groups_parts.h"
#include "segment/schema.h"
#include "segment/utf8_text.h"

enum { HEADS_PER_PAGE = TD_PAGE_BYTES / sizeof(struct row_head) };

/* A group holds two pages at least, so no more than half as many groups as pages can be under way; seal orders come on
   top and simply wait for room. */
static uint32_t ring_depth(const struct groups_params *params)
{
    uint32_t depth = 64;
    while (depth < params->pool_bytes / TD_PAGE_BYTES)
        depth *= 2;
    return depth;
}

static size_t round_up(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

size_t groups_footprint(const struct groups_params *params)
{
    uint32_t depth = ring_depth(params);
    return round_up(sizeof(struct groups)) +
           round_up((size_t)params->streams_max * sizeof(struct stream)) +
           round_up(td_ring_footprint(depth, sizeof(struct cut))) +
           round_up(td_ring_footprint(depth, sizeof(struct returned))) +
           pages_footprint(params->pool_bytes);
}

struct groups *groups_init(void *mem, const struct groups_params *params)
{
    struct groups *groups = mem;
    unsigned char *at = mem;
    uint32_t depth = ring_depth(params);
    memset(groups, 0, sizeof *groups);
    groups->params = *params;
    packed_layout_init(&groups->layout, params->features_on);
    groups->features_on = groups->layout.on;
    groups->params.features_on = &groups->features_on;
    at += round_up(sizeof(struct groups));
    groups->stream = (void *)at;
    at += round_up((size_t)params->streams_max * sizeof(struct stream));
    groups->cuts = td_ring_init(at, depth, sizeof(struct cut));
    at += round_up(td_ring_footprint(depth, sizeof(struct cut)));
    groups->returned = td_ring_init(at, depth, sizeof(struct returned));
    at += round_up(td_ring_footprint(depth, sizeof(struct returned)));
    pages_init(&groups->pages, at, params->pool_bytes);
    groups->open_pages_max = groups->pages.count / 2;
    TD_ASSERT(groups->open_pages_max >= 4, "the page pool must hold an open group");
    TD_ASSERT(params->rows_max > 0 && params->rows_max <= TD_GROUP_ROWS_MAX, "rows of a group");
    return groups;
}

void groups_inline(struct groups *groups, int (*step)(void *arg), void *arg)
{
    groups->inline_step = step;
    groups->inline_arg = arg;
}

/* ---- streams ---------------------------------------------------------------------------------- */

int stream_name_compare(struct stream_name a, struct stream_name b)
{
    if (a.table != b.table)
        return a.table < b.table ? -1 : 1;
    int exchange = strcmp(a.exchange, b.exchange);
    return exchange != 0 ? exchange : strcmp(a.symbol, b.symbol);
}

struct stream_name stream_name_of(const struct stream *stream)
{
    return (struct stream_name){stream->table, stream->exchange, stream->symbol};
}

/* Behind those of the same name, which keep their order. */
static void link_by_name(struct groups *groups, struct stream *stream)
{
    struct stream **link = &groups->first_by_name;
    for (; *link != NULL; link = &(*link)->next_by_name) {
        int order = stream_name_compare(stream_name_of(*link), stream_name_of(stream));
        if (order > 0)
            break;
        stream->namesakes += order == 0;
    }
    stream->next_by_name = *link;
    *link = stream;
}

int groups_stream(struct groups *groups, enum row_table table, const char *exchange,
                  const char *symbol)
{
    TD_FAIL_IF(groups->stream_count == groups->params.streams_max, TD_E_NO_ROOM);
    struct stream *stream = &groups->stream[groups->stream_count];
    uint32_t row_bytes =
        table == ROW_FEATURES ? groups->layout.row_bytes : schema_table(table)->row_bytes;
    *stream = (struct stream){.table = table,
                              .row_bytes = row_bytes,
                              .head_offset = schema_head_offset(table),
                              .page_rows = TD_PAGE_BYTES / row_bytes,
                              .row_pages = PAGE_CHAIN_EMPTY,
                              .head_pages = PAGE_CHAIN_EMPTY,
                              .text_pages = PAGE_CHAIN_EMPTY};
    td_text_copy(stream->exchange, sizeof stream->exchange, exchange, strlen(exchange));
    td_text_copy(stream->symbol, sizeof stream->symbol, symbol, strlen(symbol));
    link_by_name(groups, stream);
    return (int)groups->stream_count++;
}

static struct stream *stream_at(struct groups *groups, int stream)
{
    TD_ASSERT((uint32_t)stream < groups->stream_count, "no such stream");
    return &groups->stream[stream];
}

/* ---- pages ------------------------------------------------------------------------------------ */

static void take_back(struct groups *groups)
{
    struct returned *back;
    while ((back = td_ring_peek(groups->returned)) != NULL) {
        for (unsigned i = 0; i < 3; i++)
            pages_free(&groups->pages, &back->chain[i]);
        td_ring_release(groups->returned);
    }
}

/* Let the disk thread get on: run it here in inline mode, else sleep until it gave something back after `seen`. */
static void wait_for_disk(struct groups *groups, uint32_t seen)
{
    if (groups->inline_step) {
        int did = groups->inline_step(groups->inline_arg);
        TD_ASSERT(did != 0, "the inline writer has nothing to do but all pages are in use");
        return;
    }
    td_doorbell_wait(&groups->free_bell, seen, -1);
}

static unsigned char *extend(struct groups *groups, struct page_chain *chain)
{
    for (;;) {
        uint32_t seen = td_doorbell_seen(&groups->free_bell);
        take_back(groups);
        unsigned char *page = pages_extend(&groups->pages, chain);
        if (page) {
            groups->open_pages++;
            return page;
        }
        wait_for_disk(groups, seen);
    }
}

static struct cut *claim_cut(struct groups *groups)
{
    for (;;) {
        uint32_t seen = td_doorbell_seen(&groups->free_bell);
        struct cut *cut = td_ring_claim(groups->cuts);
        if (cut)
            return cut;
        take_back(groups);
        wait_for_disk(groups, seen);
    }
}

/* ---- cutting ---------------------------------------------------------------------------------- */

static uint32_t stream_pages(const struct stream *stream)
{
    return stream->row_pages.count + stream->head_pages.count + stream->text_pages.count;
}

/* The row of features that was given out last is whole by now. */
static void settle(struct groups *groups)
{
    if (groups->staged_at != NULL)
        packed_put(&groups->layout, &groups->staged, groups->staged_at);
    groups->staged_at = NULL;
}

static void stream_cut(struct groups *groups, struct stream *stream)
{
    if (!stream->rows)
        return;
    settle(groups);
    struct cut *cut = claim_cut(groups);
    *cut = (struct cut){.stream = (int32_t)(stream - groups->stream),
                        .price_scale = stream->price_scale,
                        .size_scale = stream->size_scale,
                        .rows = stream->rows,
                        .heads = stream->heads,
                        .scale_epoch = stream->scale_epoch,
                        .hour_ns = stream->hour_ns,
                        .frame_first = stream->frame_first,
                        .frame_last = stream->frame_last,
                        .frame_cause = stream->frame_cause,
                        .row_pages = stream->row_pages,
                        .head_pages = stream->head_pages,
                        .text_pages = stream->text_pages};
    groups->open_pages -= stream_pages(stream);
    stream->rows = stream->heads = stream->rows_left = 0;
    stream->row_pages = stream->head_pages = stream->text_pages = PAGE_CHAIN_EMPTY;
    stream->head_stored = false;
    td_ring_publish(groups->cuts);
    td_doorbell_ring(&groups->cut_bell);
}

/* By name on a tie: a process that was configured otherwise numbers its streams otherwise, and must cut the same rows. */
static bool goes_first(const struct stream *stream, const struct stream *than)
{
    uint32_t pages = stream_pages(stream), other = stream_pages(than);
    return pages > other || (pages == other &&
                             stream_name_compare(stream_name_of(stream), stream_name_of(than)) < 0);
}

static void cut_largest(struct groups *groups)
{
    struct stream *largest = &groups->stream[0];
    for (uint32_t i = 1; i < groups->stream_count; i++)
        if (goes_first(&groups->stream[i], largest))
            largest = &groups->stream[i];
    TD_ASSERT(largest->rows > 0, "pages are in use but no group holds rows");
    stream_cut(groups, largest);
}

/* Tables whose rows are read back by the file's scales. */
static bool has_prices(enum row_table table)
{
    return table == ROW_BOOK || table == ROW_TRADES || table == ROW_TICKER;
}

void groups_scales(struct groups *groups, int index, int price_scale, int size_scale, bool exact)
{
    struct stream *stream = stream_at(groups, index);
    if (price_scale <= stream->price_scale && size_scale <= stream->size_scale)
        return;
    if (!exact && has_prices(stream->table)) {
        stream_cut(groups, stream);
        stream->scale_epoch++;
    }
    if (price_scale > stream->price_scale)
        stream->price_scale = (int8_t)price_scale;
    if (size_scale > stream->size_scale)
        stream->size_scale = (int8_t)size_scale;
}

/* ---- filling ---------------------------------------------------------------------------------- */

static int64_t hour_of(int64_t ns)
{
    int64_t rest = ns % TD_NS_PER_HOUR;
    return ns - (rest < 0 ? rest + TD_NS_PER_HOUR : rest);
}

void groups_frame(struct groups *groups, uint64_t frame)
{
    groups->frame = frame;
}

void groups_head(struct groups *groups, int index, const struct row_head *head)
{
    struct stream *stream = stream_at(groups, index);
    /* A stepped clock may bring rows of another hour without a seal between: a group never spans two partitions. */
    if (stream->rows && hour_of(head->recv_ns) != stream->hour_ns)
        stream_cut(groups, stream);
    stream->head = *head;
    stream->head_given = true;
    stream->head_stored = false;
}

/* Pages that one more row takes. */
static uint32_t pages_needed(const struct stream *stream)
{
    bool row_page = stream->rows_left == 0;
    bool head_page = !stream->head_stored && stream->heads % HEADS_PER_PAGE == 0;
    return (uint32_t)row_page + (uint32_t)head_page;
}

/* Cuts whatever must go before this row: by this group's own bounds, then by the pool's open share. Only rows decide. */
static void make_room(struct groups *groups, struct stream *stream)
{
    if (stream->rows == groups->params.rows_max || stream->text_pages.count >= GROUP_TEXT_PAGES)
        stream_cut(groups, stream);
    while (groups->open_pages + pages_needed(stream) > groups->open_pages_max)
        cut_largest(groups);
}

static void store_head(struct groups *groups, struct stream *stream)
{
    uint32_t slot = stream->heads % HEADS_PER_PAGE;
    if (slot == 0)
        stream->head_at = extend(groups, &stream->head_pages);
    memcpy(stream->head_at + slot * sizeof(struct row_head), &stream->head,
           sizeof(struct row_head));
    if (stream->heads++ == 0) {
        stream->frame_first = stream->frame_last = stream->frame_cause = stream->head.frame;
        stream->hour_ns = hour_of(stream->head.recv_ns);
    }
    if (stream->head.frame < stream->frame_first)
        stream->frame_first = stream->head.frame;
    if (stream->head.frame > stream->frame_last)
        stream->frame_last = stream->head.frame;
    if (stream->frame_cause < stream->frame_last)
        stream->frame_cause = stream->frame_last;
    stream->head_stored = true;
}

/* One writer: a plain add would do, were it not for the readers. */
static void count_row(_Atomic uint64_t *rows)
{
    uint64_t before = atomic_load_explicit(rows, memory_order_relaxed);
    atomic_store_explicit(rows, before + 1, memory_order_relaxed);
}

static struct row_features *stage(struct groups *groups, unsigned char *at, uint32_t head)
{
    struct row_features *row = &groups->staged;
    feature_row_clear(&row->feature);
    row->interval_ms = row->events = 0;
    row->head = head;
    row->flags = 0;
    groups->staged_at = at;
    return row;
}

void *groups_append(struct groups *groups, int index)
{
    struct stream *stream = stream_at(groups, index);
    TD_ASSERT(stream->head_given, "a row needs its frame's head first");
    settle(groups);
    make_room(groups, stream);
    if (!stream->head_stored)
        store_head(groups, stream);
    if (stream->rows_left == 0) {
        stream->row_next = memset(extend(groups, &stream->row_pages), 0, TD_PAGE_BYTES);
        stream->rows_left = stream->page_rows;
    }
    unsigned char *row = stream->row_next;
    uint32_t head = stream->heads - 1;
    memcpy(row + stream->head_offset, &head, sizeof head);
    stream->row_next += stream->row_bytes;
    stream->rows_left--;
    stream->rows++;
    if (stream->frame_cause < groups->frame)
        stream->frame_cause = groups->frame;
    count_row(&groups->rows[stream->table]);
    return stream->table == ROW_FEATURES ? (void *)stage(groups, row, head) : row;
}

/* A text never crosses a page, and never cuts the group its row stands in: one row's texts fit one page, so the open
   share is passed by a page at most, and the next row puts it right. */
_Static_assert(8 * (TD_TEXT_MAX + 2) <= TD_PAGE_BYTES, "the texts of a row fit a page");

static row_text keep(struct groups *groups, struct stream *stream, const char *data,
                     uint16_t length)
{
    TD_ASSERT(stream->rows > 0, "a text belongs to a row");
    if (!stream->text_pages.count || stream->text_used + 2u + length > TD_PAGE_BYTES) {
        stream->text_at = extend(groups, &stream->text_pages);
        stream->text_used = 0;
    }
    unsigned char *at = stream->text_at + stream->text_used;
    memcpy(at, &length, 2);
    memcpy(at + 2, data, length);
    row_text place = (stream->text_pages.count - 1) * TD_PAGE_BYTES + stream->text_used + 1;
    stream->text_used += 2u + length;
    return place;
}

row_text groups_text(struct groups *groups, int index, const char *text, size_t bytes)
{
    char clean[TD_TEXT_MAX];
    uint16_t length = (uint16_t)utf8_text_clean(text, bytes, clean, sizeof clean);
    return keep(groups, stream_at(groups, index), clean, length);
}

row_text groups_bytes(struct groups *groups, int index, const char *data, size_t bytes)
{
    TD_ASSERT(bytes <= GROUPS_BYTES_MAX, "one row's bytes fit a page");
    return keep(groups, stream_at(groups, index), data, (uint16_t)bytes);
}

/* By name, so that files of one folder get their numbers in an order that no configuration decides. Heads are forgotten: none is saved, so
   none may live on either. */
void groups_seal_all(struct groups *groups, enum groups_seal why, uint64_t frame)
{
    for (struct stream *stream = groups->first_by_name; stream; stream = stream->next_by_name) {
        stream_cut(groups, stream);
        stream->head_given = false;
    }
    struct cut *cut = claim_cut(groups);
    *cut = (struct cut){.stream = -1,
                        .seal = (uint8_t)why,
                        .frame_first = frame,
                        .frame_last = frame,
                        .frame_cause = frame};
    td_ring_publish(groups->cuts);
    td_doorbell_ring(&groups->cut_bell);
}

/* ---- starting over ----------------------------------------------------------------------------- */

bool groups_queue_empty(const struct groups *groups)
{
    return td_ring_used(groups->cuts) == 0;
}

/* Pages of open groups and those on their way back are all free again. Bells and rings stay: the disk thread sleeps on them. */
void groups_reset(struct groups *groups)
{
    TD_ASSERT(groups_queue_empty(groups), "groups wait for the disk thread");
    take_back(groups);
    pages_init(&groups->pages, groups->pages.next, groups->params.pool_bytes);
    groups->open_pages = 0;
    groups->stream_count = 0;
    groups->first_by_name = NULL;
    groups->staged_at = NULL;
    groups->frame = 0;
    for (unsigned t = 0; t < ROW_TABLES; t++)
        atomic_store_explicit(&groups->rows[t], 0, memory_order_relaxed);
}

/* ---- looking at it ---------------------------------------------------------------------------- */

uint64_t groups_rows(const struct groups *groups, enum row_table table)
{
    return atomic_load_explicit(&groups->rows[table], memory_order_relaxed);
}

unsigned groups_pool_percent(const struct groups *groups)
{
    return 100 - (unsigned)((uint64_t)groups->pages.free.count * 100 / groups->pages.count);
}

/* ---- the disk thread's end -------------------------------------------------------------------- */

const struct cut *cut_peek(struct groups *groups)
{
    return td_ring_peek(groups->cuts);
}

void cut_done(struct groups *groups)
{
    const struct cut *cut = td_ring_peek(groups->cuts);
    if (cut->stream >= 0) {
        struct returned *back = td_ring_claim(groups->returned);
        TD_ASSERT(back, "more groups came back than pages exist");
        *back = (struct returned){{cut->row_pages, cut->head_pages, cut->text_pages}};
        td_ring_publish(groups->returned);
    }
    td_ring_release(groups->cuts);
    td_doorbell_ring(&groups->free_bell);
}

struct td_doorbell *cut_bell(struct groups *groups)
{
    return &groups->cut_bell;
}

struct stream_name cut_stream(const struct groups *groups, int stream)
{
    return stream_name_of(&groups->stream[stream]);
}

const struct pages *cut_pages(const struct groups *groups)
{
    return &groups->pages;
}

const struct packed_layout *cut_layout(const struct groups *groups)
{
    return &groups->layout;
}

const struct groups_params *cut_params(const struct groups *groups)
{
    return &groups->params;
}
