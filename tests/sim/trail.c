#include "sim/trail.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"

void trails_init(struct trails *trails, struct world *world)
{
    memset(trails, 0, sizeof *trails);
    trails->world = world;
    trails->next_frame = 1;
}

struct trail *trails_begin(struct trails *trails, const struct link *link)
{
    for (unsigned i = 0; i < TRAILS; i++) {
        struct trail *trail = &trails->trail[i];
        if (trail->used)
            continue;
        *trail = (struct trail){.used = true,
                                .link = link->id,
                                .host = link->host,
                                .told = trail->told,
                                .cap = trail->cap};
        return trail;
    }
    TD_ASSERT(false, "too many connections between two checks");
    return NULL;
}

void trail_tell(struct trails *trails, struct trail *trail, struct told told)
{
    if (trail->first > 256 && 2 * trail->first > trail->count) {
        memmove(trail->told, trail->told + trail->first,
                (trail->count - trail->first) * sizeof *trail->told);
        trail->count -= trail->first, trail->read -= trail->first, trail->first = 0;
    }
    if (trail->count == trail->cap) {
        trail->cap = trail->cap ? 2 * trail->cap : 256;
        trail->told = realloc(trail->told, trail->cap * sizeof *trail->told);
        TD_ASSERT(trail->told != NULL, "no memory for what was told");
    }
    told.bound = UINT64_MAX;
    trail->told[trail->count++] = told;
    trails->messages++;
}

void trail_read(struct trails *trails, struct trail *trail, uint64_t got, int64_t mono_ns)
{
    while (trail->read < trail->count && trail->told[trail->read].end <= got) {
        trail->told[trail->read++].mono_ns = mono_ns;
        trails->read++;
        trails->unsettled = true;
    }
}

static void free_when_done(struct trail *trail)
{
    if (trail->gone && trail->first == trail->read)
        trail->used = false;
}

void trail_gone(struct trail *trail)
{
    trail->gone = true;
    trail->count = trail->read;
    free_when_done(trail);
}

void trails_served(struct trails *trails, const char *body, size_t bytes)
{
    trails->answer[trails->answers++ % 512] = td_hash64(body, bytes, 7);
}

void trails_settle(struct trails *trails, uint64_t frame)
{
    if (!trails->unsettled)
        return;
    trails->unsettled = false;
    for (unsigned i = 0; i < TRAILS; i++) {
        struct trail *trail = &trails->trail[i];
        for (uint32_t t = trail->read; trail->used && t-- > trail->first;) {
            if (trail->told[t].bound != UINT64_MAX)
                break;
            trail->told[t].bound = frame;
        }
    }
}

/* ---- frames ----------------------------------------------------------------------------------------------------------- */

static struct trail *trail_of(struct trails *trails, const struct td_frame *frame)
{
    struct trail *fresh = NULL;
    for (unsigned i = 0; i < TRAILS; i++) {
        struct trail *trail = &trails->trail[i];
        if (!trail->used || trail->first == trail->read)
            continue;
        if (trail->conn == frame->conn)
            return trail;
        if (trail->conn == 0 && trail->told[trail->first].mono_ns == frame->mono_ns)
            fresh = trail;
    }
    if (fresh)
        fresh->conn = frame->conn;
    return fresh;
}

void trails_may_skip(struct trails *trails)
{
    trails->may_skip = true;
    for (unsigned i = 0; i < TRAILS; i++)
        trails->trail[i].may_skip = trails->trail[i].used;
}

/* To the first one that was read when the frame was, or to the first with its text. */
static void skip_lost(struct trails *trails, const struct td_frame *frame)
{
    for (unsigned i = 0; i < TRAILS; i++) {
        struct trail *trail = &trails->trail[i];
        if (!trail->used || !trail->may_skip || (trail->conn != 0 && trail->conn != frame->conn))
            continue;
        uint64_t hash = td_hash64(frame->payload, frame->bytes, 7);
        for (uint32_t t = trail->first; t < trail->read; t++)
            if (trail->told[t].mono_ns == frame->mono_ns && trail->told[t].hash == hash) {
                trails->lost += t - trail->first;
                trail->first = t;
                trail->may_skip = false;
                return;
            }
    }
}

static void check_message(struct trails *trails, const struct td_frame *frame)
{
    struct world *world = trails->world;
    if (trails->may_skip)
        skip_lost(trails, frame);
    struct trail *trail = trail_of(trails, frame);
    if (trail == NULL) {
        world_fail(world, "frame %llu (conn %u, %u bytes) was never told: \"%.*s\"",
                   (unsigned long long)frame->number, frame->conn, frame->bytes,
                   frame->bytes < 100 ? (int)frame->bytes : 100, frame->payload);
        return;
    }
    const struct told *told = &trail->told[trail->first];
    if (told->bytes != frame->bytes || told->kind != frame->kind ||
        told->hash != td_hash64(frame->payload, frame->bytes, 7))
        world_fail(world, "frame %llu (conn %u) is not what was told: %u bytes, %u told: \"%.*s\"",
                   (unsigned long long)frame->number, frame->conn, frame->bytes, told->bytes,
                   frame->bytes < 100 ? (int)frame->bytes : 100, frame->payload);
    else if (told->mono_ns != frame->mono_ns)
        world_fail(world, "frame %llu (conn %u) is stamped %lld, but was read at %lld",
                   (unsigned long long)frame->number, frame->conn, (long long)frame->mono_ns,
                   (long long)told->mono_ns);
    struct mark mark = {frame->number, told->position, told->trade,
                        told->market,  told->say,      told->spoils};
    if (mark.market >= 0 && trails->marked)
        trails->marked(trails->marked_arg, &mark);
    trails->last_message = frame->number;
    trail->first++;
    trails->checked++;
    free_when_done(trail);
}

static void check_answer(struct trails *trails, const struct td_frame *frame)
{
    const char *tab = memchr(frame->payload, '\t', frame->bytes);
    if (frame->status == 0 || tab == NULL)
        return;
    uint64_t hash = td_hash64(tab + 1, (size_t)(frame->payload + frame->bytes - tab - 1), 7);
    for (unsigned i = 0; i < 512; i++)
        if (trails->answer[i] == hash)
            return;
    world_fail(trails->world, "frame %llu: an HTTP answer that nobody gave: %.*s",
               (unsigned long long)frame->number, (int)(tab - frame->payload), frame->payload);
}

void trails_set_aside(struct trails *trails, uint64_t frame)
{
    if (trails->set_aside)
        trails->set_aside(trails->marked_arg, frame);
}

static void follow_open(struct trails *trails, const struct td_frame *frame)
{
    unsigned line = frame->status >> TD_OPEN_LINE_SHIFT;
    TD_ASSERT(line < TD_LINES_MAX, "a line of the recorder");
    uint32_t *open = &trails->open_conn[frame->source][line];
    uint32_t *second = &trails->second_conn[frame->source][line];
    bool overlaps = frame->status & TD_OPEN_OVERLAP && *open != 0;
    *(overlaps ? second : open) = frame->conn;
    *second = overlaps ? *second : 0;
}

static void follow_close(struct trails *trails, const struct td_frame *frame, unsigned line)
{
    struct closed closed = {.frame = frame->number, .host = frame->source};
    uint32_t *open = &trails->open_conn[frame->source][line];
    uint32_t *second = &trails->second_conn[frame->source][line];
    if (frame->conn == *second) {
        *second = 0;
    } else if (frame->conn == *open) {
        bool heard = *second == 0 && frame->status != TD_CLOSE_BY_STOP;
        *open = *second;
        *second = 0;
        if (heard && trails->closed)
            trails->closed(trails->marked_arg, &closed);
    }
}

/* The sources stand in the order of the venues. */
static void follow_connection(struct trails *trails, const struct td_frame *frame)
{
    if (frame->source >= NET_HOSTS)
        return;
    if (frame->kind == TD_FRAME_CONN_OPEN)
        follow_open(trails, frame);
    for (unsigned line = 0; frame->kind == TD_FRAME_CONN_CLOSE && line < TD_LINES_MAX; line++)
        follow_close(trails, frame, line);
}

void trails_check(struct trails *trails, const struct td_frame *frame)
{
    if (frame->number != trails->next_frame && !trails->may_skip)
        world_fail(trails->world, "frame %llu follows frame %llu",
                   (unsigned long long)frame->number, (unsigned long long)trails->next_frame - 1);
    trails->next_frame = frame->number + 1;
    trails->frames[frame->kind]++;
    follow_connection(trails, frame);
    trails->hash = td_hash64(frame->payload, frame->bytes, trails->hash ^ frame->number);
    trails->hash ^= (uint64_t)frame->recv_ns * 31 + frame->conn;
    if (frame->kind == TD_FRAME_WS_TEXT || frame->kind == TD_FRAME_WS_BINARY)
        check_message(trails, frame);
    else if (frame->kind == TD_FRAME_HTTP)
        check_answer(trails, frame);
}

void trails_end_life(struct trails *trails, uint64_t promised)
{
    trails->may_skip = false;
    for (unsigned i = 0; i < TRAILS; i++) {
        struct trail *trail = &trails->trail[i];
        for (uint32_t t = trail->first; trail->used && t < trail->read; t++) {
            trails->lost++;
            if (trail->told[t].bound <= promised)
                world_fail(trails->world,
                           "a message of conn %u (link %llu to %s, %u of %u that miss, say %u, "
                           "kind %u, %u bytes) was read at %lld and promised with frame "
                           "%llu, and is not in the journal (that ends at frame %llu)",
                           trail->conn, (unsigned long long)trail->link, net_hosts[trail->host],
                           t - trail->first + 1, trail->read - trail->first, trail->told[t].say,
                           trail->told[t].kind, trail->told[t].bytes,
                           (long long)trail->told[t].mono_ns, (unsigned long long)promised,
                           (unsigned long long)trails->next_frame - 1);
        }
        trail->used = false;
    }
}
