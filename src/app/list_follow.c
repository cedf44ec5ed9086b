#include "app/list_follow.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

enum {
    /* Twice the largest frame, since an answer stands in one piece; only what lists fill is ever resident. */
    BOX_BYTES = 2 * TD_FRAME_BYTES_MAX + (64 << 10),
    PAGE_BYTES = 4096,
    PAGES_MAX = 1024,         /* of one list */
    PART_VOLUMES = PAGES_MAX, /* beside the pages */
    SKIP = UINT32_MAX,        /* in place of `bytes`: the rest of the box is empty */
};

/* Before each answer in the box. */
struct parcel {
    uint32_t bytes; /* of the payload behind it; 0: the venue refused this part */
    uint16_t source, part;
    int64_t recv_ns;
};

/* One venue's list as far as it came. */
struct gathering {
    bool open, spoiled;
    struct list_writer writer;
    uint64_t seen[PAGES_MAX / 64 + 1]; /* bits by part */
};

struct list_follow {
    const struct setup *setup;
    struct instruments *none;
    _Alignas(64) unsigned char none_mem[1024];
    /* Positions count on for ever; a place is position % BOX_BYTES. */
    _Alignas(64) _Atomic uint64_t head; /* the core's */
    _Alignas(64) _Atomic uint64_t tail; /* the main thread's */
    struct gathering gathering[TD_SOURCES_MAX];
    _Alignas(PAGE_BYTES) unsigned char box[BOX_BYTES];
};
_Static_assert(BOX_BYTES % PAGE_BYTES == 0, "the box is given back by pages");
_Static_assert(BOX_BYTES % sizeof(struct parcel) == 0, "a parcel never wraps");

struct list_follow *list_follow_open(const struct setup *setup)
{
    if (!setup->chosen.any)
        return NULL;
    struct list_follow *follow = mmap(NULL, sizeof *follow, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TD_ASSERT(follow != MAP_FAILED, "no memory at start");
    follow->setup = setup;
    TD_ASSERT(instruments_footprint(1) <= sizeof follow->none_mem, "a table of no names");
    follow->none = instruments_init(follow->none_mem, 1);
    return follow;
}

static size_t padded(size_t bytes)
{
    return (bytes + sizeof(struct parcel) - 1) / sizeof(struct parcel) * sizeof(struct parcel);
}

/* ---- which part of a list ------------------------------------------------------------------------ */

static bool answers(const struct td_frame *frame, const char *url, size_t bytes)
{
    return bytes > 0 && frame->bytes > bytes && frame->payload[bytes] == '\t' &&
           memcmp(frame->payload, url, bytes) == 0;
}

/* Of no names: what venues tell of the recorded symbols one by one is for the core, and changes with them. */
static struct venue_subscription of_none(const struct list_follow *follow, uint16_t source)
{
    return (struct venue_subscription){.instruments = follow->none,
                                       .source = source,
                                       .every_shard = true,
                                       .channels = follow->setup->deck.source[source].channels};
}

static size_t page_url(const struct list_follow *follow, uint16_t source, unsigned page, char *out,
                       size_t cap)
{
    const struct core_source_params *params = &follow->setup->deck.source[source];
    struct venue_subscription sub = of_none(follow, source);
    return venue_list_url(params->venue, params->rest_url, &sub, page, out, cap);
}

static size_t volume_url(const struct list_follow *follow, uint16_t source, char *out, size_t cap)
{
    const struct core_source_params *params = &follow->setup->deck.source[source];
    struct venue_subscription sub = of_none(follow, source);
    return venue_volume_url(params->venue, params->rest_url, &sub, out, cap);
}

static unsigned pages_of(const struct list_follow *follow, uint16_t source)
{
    char url[TD_URL_MAX];
    unsigned pages = 0;
    while (pages < PAGES_MAX && page_url(follow, source, pages, url, sizeof url) > 0)
        pages++;
    return pages;
}

/* -1: it is no part of a list. */
static int part_of(const struct list_follow *follow, const struct td_frame *frame)
{
    char url[TD_URL_MAX];
    size_t bytes;
    for (unsigned page = 0; page < PAGES_MAX; page++) {
        bytes = page_url(follow, frame->source, page, url, sizeof url);
        if (answers(frame, url, bytes))
            return (int)page;
        if (bytes == 0)
            break;
    }
    bytes = volume_url(follow, frame->source, url, sizeof url);
    return answers(frame, url, bytes) ? PART_VOLUMES : -1;
}

/* ---- the core thread ----------------------------------------------------------------------------- */

/* Room for so many bytes in one piece, NULL none. *head becomes where they begin. */
static unsigned char *room(struct list_follow *follow, size_t bytes, uint64_t *head)
{
    uint64_t tail = atomic_load_explicit(&follow->tail, memory_order_acquire);
    size_t at = *head % BOX_BYTES, rest = BOX_BYTES - at;
    bool wraps = rest < bytes;
    if (*head - tail + bytes + (wraps ? rest : 0) > BOX_BYTES)
        return NULL;
    if (wraps) {
        memcpy(follow->box + at, &(struct parcel){.bytes = SKIP}, sizeof(struct parcel));
        *head += rest;
        at = 0;
    }
    return follow->box + at;
}

void list_follow_hear(void *arg, const struct td_frame *frame)
{
    struct list_follow *follow = arg;
    if (frame->kind != TD_FRAME_HTTP || frame->source >= follow->setup->deck.source_count)
        return;
    int part = part_of(follow, frame);
    if (part < 0)
        return;
    bool good = frame->status == 200;
    struct parcel parcel = {.bytes = good ? frame->bytes : 0,
                            .source = frame->source,
                            .part = (uint16_t)part,
                            .recv_ns = frame->recv_ns};
    uint64_t head = atomic_load_explicit(&follow->head, memory_order_relaxed);
    size_t bytes = sizeof parcel + padded(parcel.bytes);
    unsigned char *place = room(follow, bytes, &head);
    if (place == NULL) {
        TD_WARN("config", "source=%u event=list_lost reason=\"the box is full\" bytes=%u",
                (unsigned)frame->source, frame->bytes);
        return;
    }
    memcpy(place, &parcel, sizeof parcel);
    memcpy(place + sizeof parcel, frame->payload, parcel.bytes);
    atomic_store_explicit(&follow->head, head + bytes, memory_order_release);
}

/* ---- the main thread ----------------------------------------------------------------------------- */

static bool was_seen(const struct gathering *gathering, unsigned part)
{
    return (gathering->seen[part / 64] >> part % 64 & 1) != 0;
}

static void begin(const struct list_follow *follow, struct gathering *gathering, uint16_t source)
{
    const struct setup *setup = follow->setup;
    if (gathering->open)
        list_writer_drop(&gathering->writer);
    memset(gathering->seen, 0, sizeof gathering->seen);
    gathering->spoiled = false;
    td_err err = list_writer_open(&gathering->writer, &setup->deck.os->disk,
                                  setup->config.deck.data_dir, setup->config.venue[source].name);
    gathering->open = err == 0;
    if (err < 0)
        TD_WARN("config", "exchange=%s event=list_not_kept error=%s",
                setup->config.venue[source].name, td_err_name(err));
}

static bool is_whole(const struct list_follow *follow, const struct gathering *gathering,
                     uint16_t source)
{
    char url[TD_URL_MAX];
    bool volumes = (follow->setup->deck.ask_volumes >> source & 1) != 0 &&
                   volume_url(follow, source, url, sizeof url) > 0;
    if (volumes && !was_seen(gathering, PART_VOLUMES))
        return false;
    for (unsigned page = pages_of(follow, source); page-- > 0;)
        if (!was_seen(gathering, page))
            return false;
    return true;
}

/* True: the list stands in its file. */
static bool end(const struct list_follow *follow, struct gathering *gathering, uint16_t source)
{
    const struct setup *setup = follow->setup;
    const char *name = setup->config.venue[source].name;
    td_err err = TD_E_NET_REFUSED;
    gathering->open = false;
    if (gathering->spoiled) {
        list_writer_drop(&gathering->writer);
    } else {
        struct catalogue *catalogue =
            catalogue_init(setup->chosen.catalogue_mem, setup->deck.source[source].venue);
        err = list_writer_end(&gathering->writer, catalogue);
        madvise(setup->chosen.catalogue_mem, catalogue_footprint(), MADV_DONTNEED);
    }
    if (err < 0)
        TD_WARN("config", "exchange=%s event=list_not_kept error=%s", name, td_err_name(err));
    else
        TD_INFO("config", "exchange=%s event=list_kept", name);
    return err == 0;
}

static bool take(struct list_follow *follow, const struct parcel *parcel, const char *payload)
{
    struct gathering *gathering = &follow->gathering[parcel->source];
    if (!gathering->open || was_seen(gathering, parcel->part))
        begin(follow, gathering, parcel->source); /* a part again: the venue is asked anew */
    if (!gathering->open)
        return false;
    gathering->seen[parcel->part / 64] |= UINT64_C(1) << parcel->part % 64;
    gathering->spoiled |= parcel->bytes == 0;
    if (parcel->bytes > 0)
        list_writer_add(&gathering->writer, parcel->recv_ns, payload, parcel->bytes);
    return is_whole(follow, gathering, parcel->source) && end(follow, gathering, parcel->source);
}

/* Pages that lie wholly in what was taken. */
static void give_back(struct list_follow *follow, size_t at, size_t bytes)
{
    size_t first = (at + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    size_t last = (at + bytes) / PAGE_BYTES * PAGE_BYTES;
    if (last > first)
        madvise(follow->box + first, last - first, MADV_DONTNEED);
}

bool list_follow_turn(struct list_follow *follow)
{
    bool whole = false;
    uint64_t tail = atomic_load_explicit(&follow->tail, memory_order_relaxed);
    while (tail != atomic_load_explicit(&follow->head, memory_order_acquire)) {
        struct parcel parcel;
        size_t at = tail % BOX_BYTES, bytes = BOX_BYTES - at;
        memcpy(&parcel, follow->box + at, sizeof parcel);
        if (parcel.bytes != SKIP) {
            bytes = sizeof parcel + padded(parcel.bytes);
            whole |= take(follow, &parcel, (const char *)follow->box + at + sizeof parcel);
        }
        give_back(follow, at, bytes);
        tail += bytes;
        atomic_store_explicit(&follow->tail, tail, memory_order_release);
    }
    return whole;
}
