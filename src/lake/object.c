#include "lake/object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "lake/alloc.h"
#include "lake/stores.h"

enum { PATH_BYTES = 4096 };

/* Bytes of the object that are here. */
struct piece {
    int64_t at, bytes;
    size_t from; /* in `here` */
};

struct object {
    char path[PATH_BYTES];
    struct stores_object is;
    struct piece piece[STORES_TOGETHER]; /* by place; of the end one */
    unsigned pieces;
    struct lake_buffer here;
    struct lake_buffer expected; /* struct object_range, by place */
    size_t fetch_bytes;
};

/* ---- one answer --------------------------------------------------------------------------------------------------------- */

/* To memory, or to a file at `at`. */
struct take {
    uint8_t *to;
    int file;
    int64_t at, room, got;
};

static void take_begin(void *arg)
{
    ((struct take *)arg)->got = 0;
}

static td_err write_all(int file, const uint8_t *data, size_t bytes, int64_t at)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t put = pwrite(file, data + done, bytes - done, at + (int64_t)done);
        if (put < 0 && errno == EINTR)
            continue;
        TD_FAIL_IF(put <= 0,
                   stores_fail(TD_E_IO, "a copy beside cannot be written: %s", strerror(errno)));
        done += (size_t)put;
    }
    return 0;
}

static td_err take(void *arg, const void *data, size_t bytes)
{
    struct take *t = arg;
    if ((int64_t)bytes > t->room - t->got)
        return stores_fail(TD_E_NET_PROTOCOL, "the store sends more than the range asked for");
    if (t->to)
        memcpy(t->to + t->got, data, bytes);
    else
        TD_TRY(write_all(t->file, data, bytes, t->at + t->got));
    t->got += (int64_t)bytes;
    return 0;
}

/* Of two answers the objects differ: rows of both would be mixed. */
static td_err check_same(const struct object *o, const struct stores_object *is)
{
    bool other = (is->bytes >= 0 && is->bytes != o->is.bytes) ||
                 (is->etag[0] && o->is.etag[0] && strcmp(is->etag, o->is.etag) != 0);
    return other ? stores_fail(TD_E_NET_PROTOCOL, "the object was replaced while it was read") : 0;
}

static td_err get(struct object *o, struct take *t, int64_t at, int64_t bytes)
{
    struct store_sink sink = {.take = take, .begin = take_begin, .arg = t};
    struct stores_object is;
    t->room = bytes;
    TD_TRY(stores_get(o->path, at, bytes, sink, &is));
    TD_TRY(check_same(o, &is));
    return t->got == bytes ? 0
                           : stores_fail(TD_E_NET_PROTOCOL, "the store sends %lld of %lld bytes",
                                         (long long)t->got, (long long)bytes);
}

/* One piece is asked for with patience; several at once, and those that fail once more each. */
static td_err get_pieces(struct object *o, const struct piece *piece, unsigned count)
{
    struct stores_fetch fetch[STORES_TOGETHER];
    struct take each[STORES_TOGETHER];
    size_t bytes = 0;
    o->pieces = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += (size_t)piece[i].bytes;
    if (lake_reserve(&o->here, bytes + 1) < 0)
        return stores_fail(TD_E_NO_MEMORY, "out of memory");
    bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        o->piece[i] = (struct piece){piece[i].at, piece[i].bytes, bytes};
        each[i] = (struct take){.to = o->here.data + bytes, .room = piece[i].bytes};
        fetch[i] = (struct stores_fetch){.path = o->path, .at = piece[i].at};
        fetch[i].bytes = piece[i].bytes;
        fetch[i].sink = (struct store_sink){.take = take, .begin = take_begin, .arg = &each[i]};
        fetch[i].err = TD_E_AGAIN;
        bytes += (size_t)piece[i].bytes;
    }
    if (count > 1)
        stores_get_together(fetch, count);
    for (unsigned i = 0; i < count; i++)
        if (fetch[i].err || each[i].got != piece[i].bytes || check_same(o, &fetch[i].object) < 0)
            TD_TRY(get(o, &each[i], piece[i].at, piece[i].bytes));
    o->pieces = count;
    return 0;
}

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static struct object *new_object(const char *path)
{
    struct object *o = calloc(1, sizeof *o);
    if (o && td_text_copy(o->path, sizeof o->path, path, strlen(path)) &&
        lake_reserve(&o->here, OBJECT_TAIL_BYTES) == 0) {
        o->fetch_bytes = OBJECT_FETCH_FIRST;
        return o;
    }
    object_close(o);
    return NULL;
}

/* Of the answer to "the last bytes". False: it does not hold together; the store may know no such range. */
static bool take_end(struct object *o, const struct take *t)
{
    int64_t want = o->is.bytes < OBJECT_TAIL_BYTES ? o->is.bytes : OBJECT_TAIL_BYTES;
    if (o->is.bytes < 0 || t->got != want)
        return false;
    o->piece[0] = (struct piece){o->is.bytes - t->got, t->got, 0};
    o->pieces = 1;
    return true;
}

/* Size and last bytes by one request. False: the store knows no such range, or the object is empty. */
static bool open_by_end(struct object *o, td_err *err)
{
    struct take t = {.to = o->here.data, .room = OBJECT_TAIL_BYTES};
    struct store_sink sink = {.take = take, .begin = take_begin, .arg = &t};
    *err = stores_get(o->path, -1, OBJECT_TAIL_BYTES, sink, &o->is);
    if (*err == TD_E_NET_REFUSED || *err == TD_E_NET_PROTOCOL)
        return false;
    return *err || take_end(o, &t);
}

static td_err open_by_size(struct object *o)
{
    TD_TRY(stores_head(o->path, &o->is));
    if (o->is.bytes < 0)
        return stores_fail(TD_E_NET_PROTOCOL, "the store does not say how large it is");
    int64_t bytes = o->is.bytes < OBJECT_TAIL_BYTES ? o->is.bytes : OBJECT_TAIL_BYTES;
    struct piece end = {.at = o->is.bytes - bytes, .bytes = bytes};
    return bytes ? get_pieces(o, &end, 1) : 0;
}

/* ---- ahead ---- */

static struct object *ahead[STORES_TOGETHER];

void object_ahead(const char *const *path, unsigned count)
{
    struct stores_fetch fetch[STORES_TOGETHER];
    struct take end[STORES_TOGETHER];
    unsigned asked = 0;
    for (unsigned i = 0; i < STORES_TOGETHER; i++) {
        object_close(ahead[i]);
        ahead[i] = NULL;
    }
    for (unsigned i = 0; i < count && i < STORES_TOGETHER; i++) {
        struct object *o = place_is_remote(path[i]) ? new_object(path[i]) : NULL;
        if (!o)
            continue;
        end[asked] = (struct take){.to = o->here.data, .room = OBJECT_TAIL_BYTES};
        fetch[asked] = (struct stores_fetch){.path = o->path, .at = -1, .bytes = OBJECT_TAIL_BYTES};
        fetch[asked].sink =
            (struct store_sink){.take = take, .begin = take_begin, .arg = &end[asked]};
        ahead[asked++] = o;
    }
    stores_get_together(fetch, asked);
    for (unsigned i = 0; i < asked; i++) {
        ahead[i]->is = fetch[i].object;
        if (fetch[i].err == 0 && take_end(ahead[i], &end[i]))
            continue;
        object_close(ahead[i]);
        ahead[i] = NULL;
    }
}

static struct object *from_ahead(const char *path)
{
    for (unsigned i = 0; i < STORES_TOGETHER; i++) {
        struct object *o = ahead[i];
        if (o && strcmp(o->path, path) == 0) {
            ahead[i] = NULL;
            return o;
        }
    }
    return NULL;
}

td_err object_open(const char *path, struct object **out)
{
    td_err err = 0;
    *out = from_ahead(path);
    if (*out)
        return 0;
    struct object *o = new_object(path);
    if (!o)
        return stores_fail(TD_E_NO_MEMORY, "no memory, or its name is too long");
    if (!open_by_end(o, &err))
        err = open_by_size(o);
    if (err)
        object_close(o);
    else
        *out = o;
    return err;
}

int64_t object_bytes(const struct object *object)
{
    return object->is.bytes;
}

void object_close(struct object *object)
{
    if (!object)
        return;
    lake_buffer_free(&object->here);
    lake_buffer_free(&object->expected);
    free(object);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

/* NULL: not here, or not all of it. */
static const uint8_t *find(const struct object *o, int64_t at, size_t bytes)
{
    for (unsigned i = 0; i < o->pieces; i++) {
        const struct piece *p = &o->piece[i];
        if (at >= p->at && at - p->at <= p->bytes && (int64_t)bytes <= p->bytes - (at - p->at))
            return o->here.data + p->from + (at - p->at);
    }
    return NULL;
}

bool object_has(const struct object *o, int64_t at, size_t bytes)
{
    return find(o, at, bytes) != NULL;
}

static int by_place(const void *a, const void *b)
{
    int64_t x = ((const struct object_range *)a)->at, y = ((const struct object_range *)b)->at;
    return x < y ? -1 : x > y;
}

void object_expect(struct object *o, const struct object_range *range, size_t count)
{
    o->expected.bytes = 0;
    if (lake_append(&o->expected, range, count * sizeof *range) == 0 && count)
        qsort(o->expected.data, count, sizeof *range, by_place);
}

/* What to fetch when these bytes are wanted: they, and of the expected ranges behind them as many as are not too much together. Ranges that
   lie close are one piece. */
static unsigned choose(const struct object *o, int64_t at, int64_t bytes,
                       struct piece piece[STORES_TOGETHER])
{
    const struct object_range *range = (const struct object_range *)(void *)o->expected.data;
    unsigned count = 1;
    int64_t all = bytes;
    piece[0] = (struct piece){.at = at, .bytes = bytes};
    for (size_t i = 0; i < o->expected.bytes / sizeof *range; i++) {
        struct piece *last = &piece[count - 1];
        int64_t end = last->at + last->bytes, until = range[i].at + range[i].bytes;
        if (range[i].at < at || until <= end)
            continue;
        bool close = range[i].at - end <= OBJECT_GAP_BYTES;
        all += close ? until - end : range[i].bytes;
        if (all > (int64_t)o->fetch_bytes || (!close && count == STORES_TOGETHER))
            break;
        if (close)
            last->bytes = until - last->at;
        else
            piece[count++] = (struct piece){.at = range[i].at, .bytes = range[i].bytes};
    }
    return count;
}

/* A long footer, of which the last part came with opening. */
static bool front_of_end(const struct object *o, int64_t at, size_t bytes)
{
    return o->pieces == 1 && at < o->piece[0].at && at + (int64_t)bytes > o->piece[0].at &&
           find(o, o->piece[0].at, bytes - (size_t)(o->piece[0].at - at));
}

td_err object_read(struct object *o, int64_t at, void *out, size_t bytes)
{
    struct piece piece[STORES_TOGETHER];
    const uint8_t *found = find(o, at, bytes);
    if (bytes == 0)
        return 0;
    if (!found && front_of_end(o, at, bytes)) {
        struct take t = {.to = out};
        size_t front = (size_t)(o->piece[0].at - at);
        TD_TRY(get(o, &t, at, (int64_t)front));
        memcpy((uint8_t *)out + front, o->here.data, bytes - front);
        return 0;
    }
    if (!found) {
        unsigned count = choose(o, at, (int64_t)bytes, piece);
        /* What stands alone, or is more than is kept, goes at once where it is wanted. */
        if (count == 1 && piece[0].bytes == (int64_t)bytes) {
            struct take t = {.to = out};
            return get(o, &t, at, (int64_t)bytes);
        }
        TD_TRY(get_pieces(o, piece, count));
        found = o->here.data;
        if (o->fetch_bytes < OBJECT_FETCH_BYTES)
            o->fetch_bytes *= 2;
    }
    memcpy(out, found, bytes);
    return 0;
}

td_err object_save(struct object *o, int file)
{
    int64_t at = 0, end = o->pieces ? o->piece[0].at : o->is.bytes;
    while (at < end) {
        int64_t bytes = end - at < OBJECT_WHOLE_BYTES ? end - at : OBJECT_WHOLE_BYTES;
        struct take t = {.file = file, .at = at};
        TD_TRY(get(o, &t, at, bytes));
        at += bytes;
    }
    return o->pieces ? write_all(file, o->here.data, (size_t)o->piece[0].bytes, end) : 0;
}
